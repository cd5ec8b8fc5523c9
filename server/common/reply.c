#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "server/common/request.h"

static bool printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

void tk_reply_data(struct tk_reply *reply, json_t *data)
{
    json_decref(reply->data);
    reply->data = data;
    reply->no_data = !data;
}

void tk_reply_detail(struct tk_reply *reply, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    reply->detail = tk_vstrf(reply->req->arena, format, args);
    va_end(args);
}

void tk_reply_header(struct tk_reply *reply, const char *name, const char *value)
{
    struct pair *pair = &reply->headers[reply->header_count];

    if (reply->header_count == REPLY_HEADERS || !printable(name) || !printable(value))
        return;
    pair->name = tk_strdup(reply->req->arena, name);
    pair->value = tk_strdup(reply->req->arena, value);
    if (pair->name && pair->value)
        reply->header_count++;
}

void tk_reply_raw(struct tk_reply *reply, int status, const char *type, const void *data,
                  size_t size)
{
    struct tk_buf *out = &reply->req->out;

    out->len = 0;
    tk_buf_add(out, data, size);
    reply->raw = true;
    reply->status = status;
    reply->type = type;
}

static void put_text(struct tk_buf *out, const char *text)
{
    tk_buf_putc(out, '"');
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            tk_buf_printf(out, "\\%c", *p);
        else if (*p < ' ')
            tk_buf_printf(out, "\\u%04x", *p);
        else
            tk_buf_putc(out, (char)*p);
    }
    tk_buf_putc(out, '"');
}

static int put_json(const char *data, size_t size, void *arg)
{
    tk_buf_add(arg, data, size);
    return 0;
}

static void put_envelope(struct tk_req *req, enum tk_err err)
{
    struct tk_buf *out = &req->out;
    struct tk_reply *reply = &req->reply;

    out->len = 0;
    tk_buf_printf(out, "{\"code\":%d,\"description\":\"%s\"", tk_err_http(err), tk_err_text(err));
    if (reply->data) {
        tk_buf_puts(out, ",\"data\":");
        if (json_dump_callback(reply->data, put_json, out, JSON_COMPACT | JSON_ENCODE_ANY) != 0)
            out->failed = true;
    }
    if (err != TK_OK)
        tk_buf_printf(out, ",\"error\":\"%s\"", tk_err_name(err));
    if (err != TK_OK && reply->detail) {
        tk_buf_puts(out, ",\"detail\":");
        put_text(out, reply->detail);
    }
    tk_buf_putc(out, '}');
}

/* 429 and 503 say when to come back, unless the handler has said so already. */
static void put_retry_after(struct tk_reply *reply)
{
    if (reply->status != 429 && reply->status != 503)
        return;
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcasecmp(reply->headers[i].name, "retry-after") == 0)
            return;
    tk_reply_header(reply, "Retry-After", "1");
}

void reply_build(struct tk_req *req, enum tk_err err)
{
    struct tk_reply *reply = &req->reply;

    if (reply->no_data && err == TK_OK)
        err = TK_INTERNAL;
    if (reply->raw && err != TK_OK)
        reply->raw = false;
    reply->err = err;
    if (!reply->raw) {
        reply->status = tk_err_http(err);
        reply->type = "application/json";
        put_envelope(req, err);
    }
    json_decref(reply->data);
    reply->data = NULL;
    if (req->out.failed) { /* the answer is cut: say so in what always fits */
        tk_buf_release(&req->out);
        reply->raw = false;
        reply->err = TK_INTERNAL;
        reply->status = tk_err_http(TK_INTERNAL);
        put_envelope(req, TK_INTERNAL);
    }
    put_retry_after(reply);
}

void reply_short(char *to, size_t size, enum tk_err err, const char *detail)
{
    snprintf(to, size, "{\"code\":%d,\"description\":\"%s\",\"error\":\"%s\",\"detail\":\"%s\"}",
             tk_err_http(err), tk_err_text(err), tk_err_name(err), detail);
}
