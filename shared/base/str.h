/* Bounded text: growing buffers, strict number parsing, hexadecimal. No locale is consulted. */
#ifndef TK_BASE_STR_H
#define TK_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing buffer on the heap; `data` is always NUL-terminated once anything was added. {0} is empty. */
struct tk_buf {
    char *data;
    size_t len, cap;
    bool failed; /* memory was short at some time: the content is cut, do not use it */
};

void tk_buf_add(struct tk_buf *buf, const void *data, size_t size);
void tk_buf_puts(struct tk_buf *buf, const char *text);
void tk_buf_putc(struct tk_buf *buf, char c);
void tk_buf_printf(struct tk_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void tk_buf_release(struct tk_buf *buf);

/* Decimal digits with an optional leading minus, nothing else, low <= value <= high; else false and *out is untouched. */
bool tk_parse_i64(const char *text, int64_t low, int64_t high, int64_t *out);
/* false when `text` does not fit (then `to` is empty); `size` counts the NUL. */
bool tk_copy(char *to, size_t size, const char *text);
/* `to` needs 2 * size + 1 bytes; lower case. */
void tk_hex(char *to, const void *data, size_t size);
/* Exactly 2 * size hex digits into `size` bytes; else false. */
bool tk_unhex(void *to, size_t size, const char *text);
/* Removes white space at both ends in place; returns the first kept character. */
char *tk_trim(char *text);
/* Whole file, at most `limit` bytes, NUL-terminated, into a malloc'd buffer; NULL and errno (EFBIG when larger). */
char *tk_read_file(const char *path, size_t limit, size_t *size);

#endif
