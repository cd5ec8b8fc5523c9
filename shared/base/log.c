#include "shared/base/log.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shared/base/time.h"

#define LINE_MAX_BYTES  4096u
#define VALUE_MAX_BYTES 1000u

static const char *const names[] = {"debug", "info", "warn", "error"};
static const char *service_name = "ticketaka";
static enum tk_level least_level = TK_INFO;
static _Thread_local const char *request_id, *trace_id;

_Static_assert(LINE_MAX_BYTES <= PIPE_BUF, "a line is written whole or not at all");

struct line {
    char data[LINE_MAX_BYTES];
    size_t len;
    bool full; /* something did not fit: the field that it belongs to is taken back */
};

void tk_log_init(const char *service, enum tk_level least)
{
    service_name = service;
    least_level = least;
}

bool tk_level_parse(const char *text, enum tk_level *out)
{
    for (int i = TK_DEBUG; i <= TK_ERROR; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (enum tk_level)i;
            return true;
        }
    return false;
}

void tk_log_request(const char *request, const char *trace)
{
    request_id = request;
    trace_id = trace;
}

/* Room for the closing brace and newline is always kept. */
static void put(struct line *line, const char *text, size_t size)
{
    if (size > sizeof line->data - 3 - line->len) {
        line->full = true;
        return;
    }
    memcpy(line->data + line->len, text, size);
    line->len += size;
}

static size_t utf8_size(const unsigned char *p)
{
    size_t n = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : *p >= 0xe0 && *p < 0xf0 ? 3 : 0;

    if (*p >= 0xf0 && *p < 0xf5)
        n = 4;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

static void put_escaped(struct line *line, const char *text)
{
    const unsigned char *p = (const unsigned char *)text, *end = p + strnlen(text, VALUE_MAX_BYTES);
    char hex[7];

    put(line, "\"", 1);
    while (p < end) {
        size_t size = utf8_size(p);

        if (*p == '"' || *p == '\\') {
            put(line, "\\", 1);
            put(line, (const char *)p, 1);
        } else if (*p < 0x20 || *p == 0x7f) {
            snprintf(hex, sizeof hex, "\\u%04x", *p);
            put(line, hex, 6);
        } else if (!size || p + size > end) {
            put(line, "?", 1);
            size = 1;
        } else {
            put(line, (const char *)p, size);
        }
        p += size ? size : 1;
    }
    put(line, "\"", 1);
}

static void keep_or_take_back(struct line *line, size_t before)
{
    if (line->full)
        line->len = before;
    line->full = false;
}

static void put_field(struct line *line, const char *name, const char *value)
{
    size_t before = line->len;

    if (line->len > 1)
        put(line, ",", 1);
    put_escaped(line, name);
    put(line, ":", 1);
    put_escaped(line, value);
    keep_or_take_back(line, before);
}

static void put_number(struct line *line, const char *name, int64_t value)
{
    size_t before = line->len;
    char text[24];

    put(line, ",", 1);
    put_escaped(line, name);
    snprintf(text, sizeof text, ":%lld", (long long)value);
    put(line, text, strlen(text));
    keep_or_take_back(line, before);
}

/*
 * A log that cannot be written must never stop a sale: a pipe whose reader hangs loses lines instead
 * of holding the loop. A pipe that is writable takes PIPE_BUF bytes at once, which no line exceeds.
 */
static void send_line(const struct line *line)
{
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};

    if (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT))
        return;
    if (write(STDERR_FILENO, line->data, line->len) < 0)
        return; /* nowhere left to say it */
}

void tk_log_write(enum tk_level level, const char *event, const struct tk_field *fields)
{
    struct line line = {.len = 0};
    char when[20], stamp[40];
    int64_t now = tk_wall_ms();

    if (level < least_level)
        return;
    tk_seoul_print(now, when);
    snprintf(stamp, sizeof stamp, "%s.%03d+09:00", when, (int)(now % 1000));
    put(&line, "{", 1);
    put_field(&line, "ts", stamp);
    put_field(&line, "level", names[level]);
    put_field(&line, "service", service_name);
    put_field(&line, "event", event);
    if (request_id)
        put_field(&line, "request", request_id);
    if (trace_id)
        put_field(&line, "trace", trace_id);
    for (; fields && fields->name; fields++) {
        if (fields->type == TK_FIELD_STR)
            put_field(&line, fields->name, fields->str ? fields->str : "");
        else if (fields->type == TK_FIELD_INT)
            put_number(&line, fields->name, fields->num);
    }
    memcpy(line.data + line.len, "}\n", 2);
    line.len += 2;
    send_line(&line);
}
