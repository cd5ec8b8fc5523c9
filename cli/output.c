#include "cli/output.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/lang.h"
#include "shared/base/utf8.h"

#define COLUMNS_MAX 16
#define LEAST_WIDE  8

json_t *out_reshape(const struct column *columns, json_t *wire)
{
    json_t *object = json_object();

    for (; object && columns->field; columns++) {
        json_t *value = columns->wire ? json_object_get(wire, columns->wire) : NULL;

        if (json_object_set_new(object, columns->field, value ? json_incref(value) : json_null())) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

void out_money(struct tk_buf *to, long long won)
{
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%lld", won);

    for (int i = 0; i < length; i++) {
        if (i > (digits[0] == '-') && (length - i) % 3 == 0)
            tk_buf_putc(to, ',');
        tk_buf_putc(to, digits[i]);
    }
}

void out_tsv_field(struct tk_buf *to, const char *text)
{
    static const char special[] = "\t\n\r\\";
    struct tk_buf piece = {0};

    while (*text) {
        size_t plain = strcspn(text, special);

        tk_buf_add(&piece, text, plain);
        if (piece.data && plain)
            tk_sanitize(to, piece.data);
        piece.len = 0;
        text += plain;
        if (!*text)
            break;
        tk_buf_putc(to, '\\');
        tk_buf_putc(to, *text == '\t' ? 't' : *text == '\n' ? 'n' : *text == '\r' ? 'r' : '\\');
        text++;
    }
    tk_buf_release(&piece);
}

static bool needs_escape(const char *text, size_t length)
{
    struct tk_buf clean = {0};
    char one[8];
    bool changed;

    memcpy(one, text, length);
    one[length] = '\0';
    tk_sanitize(&clean, one);
    changed = clean.len != length || memcmp(clean.data, one, length) != 0;
    tk_buf_release(&clean);
    return changed;
}

static void escape(struct tk_buf *to, uint32_t cp)
{
    if (cp > 0xffff) {
        tk_buf_printf(to, "\\u%04x", (unsigned)(0xd800 + ((cp - 0x10000) >> 10)));
        cp = 0xdc00 + ((cp - 0x10000) & 0x3ff);
    }
    tk_buf_printf(to, "\\u%04x", (unsigned)cp);
}

void out_json_text(struct tk_buf *to, json_t *value, size_t flags)
{
    char *text = json_dumps(value, flags | JSON_ENCODE_ANY);
    size_t size = text ? strlen(text) : 0;

    if (!text)
        to->failed = true;
    /* jansson has escaped what is below a blank; anything special above stands inside a string. */
    for (size_t at = 0; at < size;) {
        uint32_t cp;
        size_t length = tk_utf8_next(text + at, size - at, &cp);

        if (cp < 0x7f || (cp != TK_UTF8_BAD && !needs_escape(text + at, length)))
            tk_buf_add(to, text + at, length);
        else
            escape(to, cp == TK_UTF8_BAD ? 0xfffd : cp);
        at += length;
    }
    free(text);
}

static void join(struct tk_buf *to, json_t *list)
{
    size_t index;
    json_t *item;

    json_array_foreach (list, index, item) {
        if (index)
            tk_buf_putc(to, ',');
        if (json_is_string(item))
            tk_buf_puts(to, json_string_value(item));
        else if (json_is_integer(item))
            tk_buf_printf(to, "%lld", (long long)json_integer_value(item));
        else if (json_is_object(item)) /* a seat with its grade and price */
            tk_buf_puts(to, json_string_value(json_object_get(item, "seat")) ?: "");
    }
}

/* The value as text, not yet made safe. */
static void plain_text(struct tk_buf *to, json_t *value)
{
    if (json_is_string(value))
        tk_buf_puts(to, json_string_value(value));
    else if (json_is_integer(value))
        tk_buf_printf(to, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        tk_buf_printf(to, "%g", json_real_value(value));
    else if (json_is_boolean(value))
        tk_buf_puts(to, json_is_true(value) ? "yes" : "no");
    else if (json_is_array(value))
        join(to, value);
}

static void people_text(struct tk_buf *to, enum cell kind, json_t *value)
{
    const char *text = json_string_value(value);

    if (kind == CELL_MONEY && json_is_integer(value))
        out_money(to, json_integer_value(value));
    else if (kind == CELL_TIME && text && strlen(text) >= 16)
        tk_buf_printf(to, "%.10s %.5s", text, text + 11);
    else
        plain_text(to, value);
    if (!to->len)
        tk_buf_putc(to, '-');
}

static bool in_lines(const struct column *column)
{
    return column->kind != CELL_JSON && column->kind != CELL_LONG;
}

static void put_tsv(struct out *out, const struct column *columns, json_t *object)
{
    bool first = true;

    for (; columns->field; columns++) {
        struct tk_buf text = {0};

        if (!in_lines(columns))
            continue;
        if (!first)
            tk_buf_putc(&out->text, '\t');
        first = false;
        plain_text(&text, json_object_get(object, columns->field));
        if (text.len)
            out_tsv_field(&out->text, text.data);
        tk_buf_release(&text);
    }
    tk_buf_putc(&out->text, '\n');
}

static void put_id(struct out *out, const struct column *columns, json_t *object)
{
    struct tk_buf text = {0};

    plain_text(&text, json_object_get(object, columns[0].field));
    if (text.len) {
        out_tsv_field(&out->text, text.data);
        tk_buf_putc(&out->text, '\n');
    }
    tk_buf_release(&text);
}

struct table {
    const struct column *columns[COLUMNS_MAX];
    size_t widths[COLUMNS_MAX];
    int count;
};

static void widen(struct table *table, int at, const char *text)
{
    size_t width = tk_columns(text);

    if (width > table->widths[at])
        table->widths[at] = width;
}

static void measure(struct table *table, const struct column *columns, json_t *list)
{
    size_t index;
    json_t *object;

    for (; columns->field && table->count < COLUMNS_MAX; columns++)
        if (in_lines(columns)) {
            table->columns[table->count] = columns;
            widen(table, table->count++, _(columns->title));
        }
    json_array_foreach (list, index, object) {
        for (int i = 0; i < table->count; i++) {
            struct tk_buf text = {0};

            people_text(&text, table->columns[i]->kind,
                        json_object_get(object, table->columns[i]->field));
            widen(table, i, text.data ? text.data : "");
            tk_buf_release(&text);
        }
    }
}

/* Takes columns away from the widest CELL_WIDE until the table fits or nothing more can be cut. */
static void narrow(struct table *table, size_t limit)
{
    for (;;) {
        size_t total = 0;
        int widest = -1;

        for (int i = 0; i < table->count; i++) {
            total += table->widths[i] + (i ? 2 : 0);
            if (table->columns[i]->kind == CELL_WIDE && table->widths[i] > LEAST_WIDE &&
                (widest < 0 || table->widths[i] > table->widths[widest]))
                widest = i;
        }
        if (total <= limit || widest < 0)
            return;
        table->widths[widest]--;
    }
}

static void put_cell(struct out *out, const struct table *table, int at, const char *text)
{
    enum cell kind = table->columns[at]->kind;
    bool right = kind == CELL_INT || kind == CELL_MONEY;

    if (at)
        tk_buf_puts(&out->text, "  ");
    if (at == table->count - 1 && !right)
        tk_fit(&out->text, text, table->widths[at]);
    else
        tk_pad(&out->text, text, table->widths[at], right ? TK_RIGHT : TK_LEFT);
}

static void put_table(struct out *out, const struct column *columns, json_t *list)
{
    struct table table = {0};
    size_t index;
    json_t *object;

    if (!json_array_size(list))
        return;
    measure(&table, columns, list);
    if (out->columns > 0)
        narrow(&table, (size_t)out->columns);
    tk_buf_puts(&out->text, out->color ? "\033[1m" : "");
    for (int i = 0; i < table.count; i++)
        put_cell(out, &table, i, _(table.columns[i]->title));
    tk_buf_puts(&out->text, out->color ? "\033[0m\n" : "\n");
    json_array_foreach (list, index, object) {
        for (int i = 0; i < table.count; i++) {
            struct tk_buf text = {0};

            people_text(&text, table.columns[i]->kind,
                        json_object_get(object, table.columns[i]->field));
            put_cell(out, &table, i, text.data ? text.data : "");
            tk_buf_release(&text);
        }
        tk_buf_putc(&out->text, '\n');
    }
}

bool out_document(struct out *out, json_t *document)
{
    if (out->mode != OUT_JSON)
        return false;
    out_json_text(&out->text, document, JSON_INDENT(out->tty ? 2 : 0));
    tk_buf_putc(&out->text, '\n');
    return true;
}

void out_list(struct out *out, const struct column *columns, json_t *list)
{
    size_t index;
    json_t *object;

    if (out_document(out, list))
        return;
    if (out->mode == OUT_TABLE) {
        put_table(out, columns, list);
        return;
    }
    json_array_foreach (list, index, object) {
        (out->mode == OUT_ID ? put_id : put_tsv)(out, columns, object);
    }
}

static void put_record(struct out *out, const struct column *columns, json_t *object)
{
    size_t width = 0;

    for (const struct column *column = columns; column->field; column++)
        if (column->kind != CELL_JSON && tk_columns(_(column->title)) > width)
            width = tk_columns(_(column->title));
    for (; columns->field; columns++) {
        struct tk_buf text = {0};

        if (columns->kind == CELL_JSON)
            continue;
        people_text(&text, columns->kind, json_object_get(object, columns->field));
        tk_buf_puts(&out->text, out->color ? "\033[1m" : "");
        tk_pad(&out->text, _(columns->title), width, TK_LEFT);
        tk_buf_puts(&out->text, out->color ? "\033[0m  " : "  ");
        tk_sanitize(&out->text, text.data ? text.data : "");
        tk_buf_putc(&out->text, '\n');
        tk_buf_release(&text);
    }
}

void out_one(struct out *out, const struct column *columns, json_t *object)
{
    if (out_document(out, object))
        return;
    if (out->mode == OUT_TABLE)
        put_record(out, columns, object);
    else
        (out->mode == OUT_ID ? put_id : put_tsv)(out, columns, object);
}

void out_line(struct out *out, const char *format, ...)
{
    struct tk_buf text = {0};
    va_list args;
    char *line;

    va_start(args, format);
    if (vasprintf(&line, format, args) < 0)
        line = NULL;
    va_end(args);
    if (line)
        tk_sanitize(&text, line);
    if (!line || text.failed)
        out->text.failed = true;
    if (text.len)
        tk_buf_add(&out->text, text.data, text.len);
    tk_buf_putc(&out->text, '\n');
    tk_buf_release(&text);
    free(line);
}

int out_flush(struct out *out)
{
    size_t done = 0;

    if (out->text.failed)
        return ENOMEM;
    while (done < out->text.len) {
        ssize_t wrote = write(STDOUT_FILENO, out->text.data + done, out->text.len - done);

        if (wrote < 0 && errno == EPIPE) {
            signal(SIGPIPE, SIG_DFL);
            raise(SIGPIPE);
        }
        if (wrote < 0 && errno == EAGAIN)
            poll(&(struct pollfd){.fd = STDOUT_FILENO, .events = POLLOUT}, 1, -1);
        else if (wrote < 0 && errno != EINTR)
            return errno;
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    out->text.len = 0;
    return 0;
}
