/* A file that may be replaced while we run: tells when to read it again. Not thread-safe: the owner
 * locks. */
#ifndef TK_COMMON_WATCHED_H
#define TK_COMMON_WATCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct tk_watched {
    const char *path;  /* NULL: never there */
    int64_t looked_at; /* tk_mono_ms of the last look; 0: never */
    struct stat seen;  /* as it was when last read */
    bool known;        /* `seen` holds something */
};

/*
 * Looks at most once a second. Returns the whole text (malloc'd, at most `limit` bytes) when the
 * file is not what it was at the last call that returned one; else NULL.
 */
char *tk_watched_read(struct tk_watched *file, size_t limit, size_t *size);

#endif
