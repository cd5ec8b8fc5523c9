#include <stdlib.h>
#include <string.h>

#include "server/common/request.h"

char *url_decode(struct tk_arena *arena, const char *text, size_t size, bool plus_is_space)
{
    char *to = tk_alloc(arena, size + 1), *at = to;

    for (size_t i = 0; to && i < size; i++) {
        bool escape = text[i] == '%' && i + 2 < size;
        char pair[3] = {escape ? text[i + 1] : '\0', escape ? text[i + 2] : '\0'}, byte;

        if (escape && tk_unhex(&byte, 1, pair) && byte) {
            *at++ = byte;
            i += 2;
        } else {
            *at++ = plus_is_space && text[i] == '+' ? ' ' : text[i];
        }
    }
    return to;
}

/*
 * The documented client sends keywords raw, so `keyword=a&b` arrives: a piece without '=' is no
 * parameter but the rest of the value before it.
 */
static const char *piece_end(const char *value)
{
    const char *end = value + strcspn(value, "&");

    while (*end == '&') {
        const char *next = end + 1;
        size_t size = strcspn(next, "&");

        if (!size || memchr(next, '=', size))
            break;
        end = next + size;
    }
    return end;
}

size_t query_parse(struct tk_arena *arena, const char *query, struct pair *out, size_t max)
{
    size_t count = 0;

    while (query && *query && count < max) {
        size_t name = strcspn(query, "=&");
        const char *value = query + name + (query[name] == '='), *end = piece_end(value);

        if (query[name] != '=')
            value = end = query + name;
        if (name) {
            out[count].name = url_decode(arena, query, name, true);
            out[count].value = url_decode(arena, value, (size_t)(end - value), true);
            if (!out[count].name || !out[count].value)
                return count;
            count++;
        }
        query = *end ? end + 1 : end;
    }
    return count;
}

/* Number of segments, or 0 when it is no path of ours ("/" itself, too deep, an empty segment). */
static size_t split(const char *path, struct segment parts[PATH_MAX_PARTS])
{
    size_t count = 0;

    while (*path == '/') {
        size_t size = strcspn(path + 1, "/");

        if (!size || count == PATH_MAX_PARTS)
            return 0;
        parts[count++] = (struct segment){path + 1, size};
        path += 1 + size;
    }
    return *path ? 0 : count;
}

/* Fewer segments first; among equals a literal goes before a name, from the left. */
static int by_weight(const void *left, const void *right)
{
    const struct compiled *a = left, *b = right;

    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (size_t i = 0; i < a->count; i++) {
        bool x = a->parts[i].text[0] == ':', y = b->parts[i].text[0] == ':';

        if (x != y)
            return x ? 1 : -1;
    }
    return strcmp(a->route->pattern, b->route->pattern);
}

/* Of two rows for the same call one would never be reached. Equal patterns are neighbours. */
static bool has_twins(const struct router *router)
{
    for (size_t i = 0; i < router->count; i++)
        for (size_t j = i + 1; j < router->count; j++) {
            const struct tk_route *a = router->rows[i].route, *b = router->rows[j].route;

            if (strcmp(a->pattern, b->pattern) != 0)
                break;
            if (strcmp(a->method, b->method) == 0)
                return true;
        }
    return false;
}

bool router_init(struct router *router, const struct tk_route_table *tables)
{
    size_t total = 0, at = 0;

    for (const struct tk_route_table *t = tables; t->routes; t++)
        total += t->count;
    router->rows = calloc(total + 1, sizeof *router->rows);
    if (!router->rows)
        return false;
    for (const struct tk_route_table *t = tables; t->routes; t++)
        for (size_t i = 0; i < t->count; i++) {
            struct compiled *row = &router->rows[router->count];

            row->route = &t->routes[i];
            row->count = split(row->route->pattern, row->parts);
            if (!row->count || !row->route->handle || !row->route->method || !row->route->name)
                return false;
            router->count++;
        }
    qsort(router->rows, router->count, sizeof *router->rows, by_weight);
    if (has_twins(router))
        return false;
    for (size_t n = 0; n < PATH_MAX_PARTS + 2; n++) {
        while (at < router->count && router->rows[at].count < n)
            at++;
        router->first[n] = at;
    }
    return true;
}

void router_release(struct router *router)
{
    free(router->rows);
    *router = (struct router){0};
}

static bool matches(const struct compiled *row, const struct segment *parts)
{
    for (size_t i = 0; i < row->count; i++) {
        const struct segment *want = &row->parts[i];

        if (want->text[0] == ':')
            continue;
        if (want->size != parts[i].size || memcmp(want->text, parts[i].text, want->size) != 0)
            return false;
    }
    return true;
}

static bool capture(struct tk_arena *arena, const struct compiled *row, const struct segment *parts,
                    struct pair *out, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < row->count; i++) {
        struct pair *pair = &out[*count];

        if (row->parts[i].text[0] != ':')
            continue;
        pair->name = tk_strndup(arena, row->parts[i].text + 1, row->parts[i].size - 1);
        pair->value = url_decode(arena, parts[i].text, parts[i].size, false);
        if (!pair->name || !pair->value)
            return false;
        ++*count;
    }
    return true;
}

/* Adds a method to an Allow list. */
static const char *allowed(struct tk_arena *arena, const char *list, const char *method)
{
    const char *head = strcmp(method, "GET") == 0 ? ", HEAD" : "";

    return tk_strf(arena, "%s, %s%s", list ? list : "OPTIONS", method, head);
}

enum tk_found router_find(const struct router *router, struct tk_arena *arena, const char *method,
                          const char *path, bool service, const struct tk_route **route,
                          struct pair *path_out, size_t *path_count, const char **allow)
{
    struct segment parts[PATH_MAX_PARTS];
    size_t count = split(path, parts);
    const char *list = NULL;

    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    for (size_t i = router->first[count]; count && i < router->first[count + 1]; i++) {
        const struct compiled *row = &router->rows[i];

        if (!matches(row, parts) || (row->route->auth == TK_AUTH_SERVICE && !service))
            continue;
        if (strcmp(row->route->method, method) == 0) {
            *route = row->route;
            return capture(arena, row, parts, path_out, path_count) ? FOUND : NO_PATH;
        }
        list = allowed(arena, list, row->route->method);
    }
    *allow = list;
    return list ? NO_METHOD : NO_PATH;
}
