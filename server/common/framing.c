/*
 * libmicrohttpd 0.9.75 reads some heads differently from what stands in front of it:
 * "Content-Length : 5" is no length to it, the first of two lengths wins, a bare LF ends a line, a
 * folded line is glued together, and any Transfer-Encoding at all means a body. Each of these lets
 * one request be smuggled inside another, so such heads are refused and the connection is closed.
 *
 * The bytes are gone by the time we are called, but not their places: libmicrohttpd parses in its
 * read buffer, overwriting each CR LF with two NULs. So in an honest head every name begins exactly
 * two bytes after the end of the value before it, and the head ends four bytes after the last. A
 * bare LF or CR, a NUL and a folded line all break that count.
 */
#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "server/common/request.h"

struct framing {
    const char *next; /* where the next name must begin */
    const char *bad;
    const char *length, *coding;
    int hosts, tokens;
    size_t count;
};

static bool token_char(unsigned char c)
{
    return isalnum(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static const char *check_chars(const char *name, const char *value)
{
    if (!*name)
        return "empty header name";
    for (const char *p = name; *p; p++)
        if (!token_char((unsigned char)*p))
            return "header name with a character that is none of a name";
    for (const char *p = value; *p; p++)
        if ((unsigned char)*p < ' ' && *p != '\t')
            return "control character in a header";
    return NULL;
}

static const char *check_known(struct framing *f, const char *name, const char *value)
{
    if (strcasecmp(name, "content-length") == 0) {
        if (f->length)
            return "more than one Content-Length";
        f->length = value;
    } else if (strcasecmp(name, "transfer-encoding") == 0) {
        if (f->coding)
            return "more than one Transfer-Encoding";
        f->coding = value;
    } else if (strcasecmp(name, "host") == 0 && f->hosts++) {
        return "more than one Host";
    } else if (strcasecmp(name, "authorization") == 0 && f->tokens++) {
        return "more than one Authorization";
    }
    return NULL;
}

static enum MHD_Result check_one(void *arg, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    struct framing *f = arg;

    (void)kind;
    value = value ? value : "";
    if (name != f->next)
        f->bad = "line end other than CR LF, or a folded header";
    else if (++f->count > HEADERS_MAX)
        f->bad = "too many headers";
    else
        f->bad = check_chars(name, value);
    if (!f->bad)
        f->bad = check_known(f, name, value);
    f->next = value + strlen(value) + 2;
    return f->bad ? MHD_NO : MHD_YES;
}

static const char *check_length(const struct framing *f, int64_t *length)
{
    *length = 0;
    if (f->coding) {
        *length = -1;
        if (f->length)
            return "Content-Length with Transfer-Encoding";
        return strcmp(f->coding, "chunked") == 0 ? NULL : "Transfer-Encoding other than chunked";
    }
    if (f->length && !tk_parse_i64(f->length, 0, INT64_MAX, length))
        return "Content-Length is no number";
    return f->length && *f->length == '-' ? "Content-Length is no number" : NULL;
}

const char *framing_check(struct MHD_Connection *connection, const char *method,
                          const char *version, int64_t *length)
{
    const union MHD_ConnectionInfo *size = MHD_get_connection_info(
        connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    struct framing f = {.next = version + strlen(version) + 2};
    bool old = strcmp(version, "HTTP/1.0") == 0;
    const char *bad;

    *length = 0;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, check_one, &f);
    if (f.bad)
        return f.bad;
    if (!size || f.next + 2 != method + size->header_size)
        return "line end other than CR LF";
    if (!old && strcmp(version, "HTTP/1.1") != 0)
        return "HTTP version other than 1.0 and 1.1";
    bad = check_length(&f, length);
    if (bad)
        return bad;
    if (old && f.coding)
        return "Transfer-Encoding in HTTP/1.0";
    return !old && !f.hosts ? "no Host" : NULL;
}
