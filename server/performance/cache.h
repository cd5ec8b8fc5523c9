/*
 * Answers of the catalogue as bytes, remembered for `catalogue-ms`: when a sale opens everybody
 * asks for the same page, and only one of them should cost the database something. Thread-safe;
 * never blocks for longer than a copy takes.
 */
#ifndef PERFORMANCE_CACHE_H
#define PERFORMANCE_CACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "shared/base/str.h"

#define CACHE_BODY_MAX (128 << 10) /* bytes; a longer answer is not remembered */

/* Appends the remembered answer; false and nothing appended: there is none, or it is too old. */
bool cache_get(const char *key, struct tk_buf *out);
/* Remembers a copy. Whatever had the key's place before is dropped. */
void cache_put(const char *key, const char *body, size_t size);
void cache_forget(void);

#endif
