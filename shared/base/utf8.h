/*
 * UTF-8: strict validation, iteration, and text made safe and straight for a terminal. No locale is
 * consulted: the widths are those of East Asian terminals, from tables of our own (ambiguous = 1
 * column).
 */
#ifndef TK_BASE_UTF8_H
#define TK_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/str.h"

#define TK_UTF8_BAD UINT32_MAX

/* RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF.
 * NUL is an ordinary character. */
bool tk_utf8_valid(const char *text, size_t size);
/*
 * Decodes the character at `text`, of which `size` bytes may be read. Returns its length in bytes,
 * 0 only when size is 0. Where the bytes are invalid *cp is TK_UTF8_BAD and the length is that of
 * the longest broken piece (Unicode's "maximal subpart"), so that iteration always goes on.
 */
size_t tk_utf8_next(const char *text, size_t size, uint32_t *cp);
/* Characters of a NUL-terminated text; a broken piece counts as one. */
size_t tk_utf8_count(const char *text);
/* Appends one character; U+FFFD for what is none. */
void tk_utf8_put(struct tk_buf *out, uint32_t cp);
/* Columns of one character on a terminal: 0, 1 or 2. Control characters are 0: sanitise before
 * printing. */
int tk_utf8_width(uint32_t cp);

/*
 * Appends `text` as it may be printed: one line, nothing that moves the cursor, changes colours,
 * reverses or hides text. C0, C1, DEL, invalid bytes, non-characters, private use       U+FFFD tab,
 * line ends, every other kind of blank, Hangul fillers     a space bidi controls, zero-width
 * characters, variation selectors, tags  dropped combining marks at most 8 after a character
 */
void tk_sanitize(struct tk_buf *out, const char *text);
/* Columns of what tk_sanitize makes of `text`. */
size_t tk_columns(const char *text);

enum tk_align { TK_LEFT, TK_RIGHT };
/* Sanitised and at most `columns` wide; what was longer is cut between two glyphs and ends in
 * "..". */
void tk_fit(struct tk_buf *out, const char *text, size_t columns);
/* The same, and blanks so that it is exactly `columns` wide. */
void tk_pad(struct tk_buf *out, const char *text, size_t columns, enum tk_align align);

#endif
