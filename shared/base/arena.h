/*
 * Memory that lives as long as one request, command or run and is given back at once.
 * Not thread-safe: one arena has one owner at a time (a request hands its arena along with itself).
 */
#ifndef TK_BASE_ARENA_H
#define TK_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct tk_arena;

/* `limit` bytes in all may be handed out; NULL when memory is short. */
struct tk_arena *tk_arena_new(size_t limit);
void tk_arena_free(struct tk_arena *arena);
/* As good as new, with one block kept: for requests that follow each other. */
void tk_arena_reset(struct tk_arena *arena);

/* Zeroed and aligned for any type; NULL past the limit or when memory is short. */
void *tk_alloc(struct tk_arena *arena, size_t size);
char *tk_strdup(struct tk_arena *arena, const char *text);
char *tk_strndup(struct tk_arena *arena, const char *text, size_t size);
char *tk_strf(struct tk_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *tk_vstrf(struct tk_arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* Has `fn(arg)` called when the arena is freed, newest first. Returns 0, or -1 when memory is short. */
int tk_arena_defer(struct tk_arena *arena, void (*fn)(void *), void *arg);

#endif
