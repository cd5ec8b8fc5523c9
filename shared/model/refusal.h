/* Why a text of the catalogue was not understood, and where: what a person needs to mend it. */
#ifndef TK_MODEL_REFUSAL_H
#define TK_MODEL_REFUSAL_H

#include <stddef.h>

struct tk_refusal {
    size_t column;      /* first character that could not be read, counted from 1 in characters */
    const char *reason; /* static text: what was expected there */
};

/* Fills *why for the byte at `at` of `text`. Always returns false, to be returned on. */
_Bool tk_refuse(struct tk_refusal *why, const char *text, const char *at, const char *reason);
/* First byte after the blanks at `at`: space, tab, line ends, no-break and ideographic space. */
const char *tk_skip_blanks(const char *at);

#endif
