#include "shared/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 4096u

struct block {
    struct block *next;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

struct defer {
    struct defer *next;
    void (*fn)(void *);
    void *arg;
};

struct tk_arena {
    struct block *head;
    struct defer *defers;
    size_t given, limit;
};

struct tk_arena *tk_arena_new(size_t limit)
{
    struct tk_arena *arena = calloc(1, sizeof *arena);

    if (arena)
        arena->limit = limit;
    return arena;
}

/* Frees the blocks from `block` on. */
static void release(struct block *block)
{
    for (struct block *next; block; block = next) {
        next = block->next;
        free(block);
    }
}

static void run_defers(struct tk_arena *arena)
{
    for (struct defer *d = arena->defers; d; d = d->next)
        d->fn(d->arg);
    arena->defers = NULL;
}

void tk_arena_free(struct tk_arena *arena)
{
    if (!arena)
        return;
    run_defers(arena);
    release(arena->head);
    free(arena);
}

void tk_arena_reset(struct tk_arena *arena)
{
    struct block *keep = arena->head;

    run_defers(arena);
    if (keep && keep->size > BLOCK) {
        release(keep);
        keep = NULL;
    } else if (keep) {
        release(keep->next);
        keep->next = NULL;
        keep->used = 0;
    }
    arena->head = keep;
    arena->given = 0;
}

static struct block *block_new(struct tk_arena *arena, size_t size)
{
    size_t room = size > BLOCK ? size : BLOCK;
    struct block *block = malloc(sizeof *block + room);

    if (!block)
        return NULL;
    *block = (struct block){.next = arena->head, .size = room};
    arena->head = block;
    return block;
}

void *tk_alloc(struct tk_arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct block *block = arena->head;
    void *at;

    if (size > SIZE_MAX - align)
        return NULL;
    size = (size + align - 1) / align * align;
    if (size > arena->limit - arena->given)
        return NULL;
    if (!block || block->size - block->used < size)
        block = block_new(arena, size);
    if (!block)
        return NULL;
    at = block->bytes + block->used;
    block->used += size;
    arena->given += size;
    return memset(at, 0, size);
}

char *tk_strndup(struct tk_arena *arena, const char *text, size_t size)
{
    char *copy = tk_alloc(arena, size + 1);

    if (copy)
        memcpy(copy, text, size);
    return copy;
}

char *tk_strdup(struct tk_arena *arena, const char *text)
{
    return tk_strndup(arena, text, strlen(text));
}

char *tk_vstrf(struct tk_arena *arena, const char *format, va_list args)
{
    va_list again;
    char *text = NULL;
    int size;

    va_copy(again, args);
    size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (size >= 0)
        text = tk_alloc(arena, (size_t)size + 1);
    if (text)
        vsnprintf(text, (size_t)size + 1, format, args);
    return text;
}

char *tk_strf(struct tk_arena *arena, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = tk_vstrf(arena, format, args);
    va_end(args);
    return text;
}

int tk_arena_defer(struct tk_arena *arena, void (*fn)(void *), void *arg)
{
    struct defer *defer = tk_alloc(arena, sizeof *defer);

    if (!defer)
        return -1;
    *defer = (struct defer){arena->defers, fn, arg};
    arena->defers = defer;
    return 0;
}
