#include "shared/base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool grow(struct tk_buf *buf, size_t more)
{
    size_t cap = buf->cap ? buf->cap : 64;
    char *data;

    if (buf->failed || more > SIZE_MAX / 4 || buf->len > SIZE_MAX / 4)
        return !(buf->failed = true);
    while (cap < buf->len + more + 1)
        cap *= 2;
    if (cap == buf->cap)
        return true;
    data = realloc(buf->data, cap);
    if (!data)
        return !(buf->failed = true);
    buf->data = data;
    buf->cap = cap;
    return true;
}

void tk_buf_add(struct tk_buf *buf, const void *data, size_t size)
{
    if (!grow(buf, size))
        return;
    if (size)
        memcpy(buf->data + buf->len, data, size);
    buf->len += size;
    buf->data[buf->len] = '\0';
}

void tk_buf_puts(struct tk_buf *buf, const char *text)
{
    tk_buf_add(buf, text, strlen(text));
}

void tk_buf_putc(struct tk_buf *buf, char c)
{
    tk_buf_add(buf, &c, 1);
}

void tk_buf_printf(struct tk_buf *buf, const char *format, ...)
{
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0 || !grow(buf, (size_t)size)) {
        buf->failed = true;
        return;
    }
    va_start(args, format);
    vsnprintf(buf->data + buf->len, (size_t)size + 1, format, args);
    va_end(args);
    buf->len += (size_t)size;
}

void tk_buf_release(struct tk_buf *buf)
{
    free(buf->data);
    *buf = (struct tk_buf){0};
}

bool tk_parse_i64(const char *text, int64_t low, int64_t high, int64_t *out)
{
    const char *digits = text && *text == '-' ? text + 1 : text;
    long long value;
    char *end;

    if (!digits || *digits < '0' || *digits > '9')
        return false;
    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno || *end || value < low || value > high)
        return false;
    *out = value;
    return true;
}

bool tk_copy(char *to, size_t size, const char *text)
{
    size_t length = strlen(text);

    if (length >= size) {
        if (size)
            *to = '\0';
        return false;
    }
    memcpy(to, text, length + 1);
    return true;
}

void tk_hex(char *to, const void *data, size_t size)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < size; i++) {
        *to++ = "0123456789abcdef"[bytes[i] >> 4];
        *to++ = "0123456789abcdef"[bytes[i] & 15];
    }
    *to = '\0';
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool tk_unhex(void *to, size_t size, const char *text)
{
    unsigned char *bytes = to;

    if (strlen(text) != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

char *tk_trim(char *text)
{
    static const char blank[] = " \t\r\n\v\f";
    size_t length;

    text += strspn(text, blank);
    length = strlen(text);
    while (length && strchr(blank, text[length - 1]))
        text[--length] = '\0';
    return text;
}

char *tk_read_file(const char *path, size_t limit, size_t *size)
{
    FILE *file = fopen(path, "rbe");
    char *data = NULL;
    size_t got;
    int saved = 0;

    if (!file)
        return NULL;
    data = malloc(limit + 2);
    got = data ? fread(data, 1, limit + 1, file) : 0;
    if (!data || ferror(file))
        saved = data ? EIO : ENOMEM;
    else if (got > limit)
        saved = EFBIG;
    fclose(file);
    if (saved) {
        free(data);
        errno = saved;
        return NULL;
    }
    data[got] = '\0';
    if (size)
        *size = got;
    return data;
}
