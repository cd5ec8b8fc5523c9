/*
 * Answers of the catalogue, remembered for `catalogue-ms`: when a sale opens everybody asks for the
 * same page, and one of them should cost the database something. Thread-safe; never blocks for
 * longer than a look-up.
 */
#ifndef PERFORMANCE_CACHE_H
#define PERFORMANCE_CACHE_H

#include <jansson.h>
#include <stddef.h>

/* The remembered answer, a new reference that must not be changed; NULL: none, or too old. */
json_t *cache_get(const char *key);
/*
 * Remembers `data`, which is never changed from here on. `rows` is its weight: what has more than
 * 500 rows is not kept. Whatever had the key's place before is dropped.
 */
void cache_put(const char *key, json_t *data, size_t rows);
void cache_forget(void);

#endif
