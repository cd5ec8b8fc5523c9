#include <string.h>

#include "server/performance/catalogue.h"

/* What LIKE takes for a wildcard, and the sign that takes its meaning away, are ordinary letters of
 * a title. */
static char *literal(struct tk_arena *arena, const char *keyword)
{
    char *out = tk_alloc(arena, 2 * strlen(keyword) + 3), *to = out;

    if (!out)
        return NULL;
    *to++ = '%';
    for (; *keyword; keyword++) {
        if (strchr("%_!", *keyword))
            *to++ = '!';
        *to++ = *keyword;
    }
    *to++ = '%';
    *to = '\0';
    return out;
}

static enum tk_err load(struct tk_req *req, struct tk_reply *reply)
{
    static const char sql[] = "SELECT " LIST_COLUMNS LIST_FROM " WHERE p.title LIKE ? ESCAPE '!'"
                              " ORDER BY p.loaded DESC LIMIT ? OFFSET ?";
    const char *keyword = tk_req_query(req, "keyword");
    const char *pattern = literal(tk_req_arena(req), keyword ? keyword : "");

    return pattern ? slice_get(req, reply, sql, pattern) : TK_INTERNAL;
}

enum tk_err search_get(struct tk_req *req, struct tk_reply *reply)
{
    const char *keyword = tk_req_query(req, "keyword"), *page = tk_req_query(req, "page");

    return catalogue_ask(
        req, reply,
        tk_strf(tk_req_arena(req), "search %s %s", page ? page : "0", keyword ? keyword : ""),
        load);
}
