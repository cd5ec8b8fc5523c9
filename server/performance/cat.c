#include "server/performance/catalogue.h"

static enum tk_err load(struct tk_req *req, struct tk_reply *reply)
{
    static const char sql[] = "SELECT " LIST_COLUMNS LIST_FROM " WHERE p.genre = ?"
                              " ORDER BY p.loaded DESC LIMIT ? OFFSET ?";
    const char *genre = tk_req_query(req, "genre");

    return slice_get(req, reply, sql, genre ? genre : "");
}

enum tk_err cat_get(struct tk_req *req, struct tk_reply *reply)
{
    const char *genre = tk_req_query(req, "genre"), *page = tk_req_query(req, "page");

    return catalogue_ask(
        req, reply, tk_strf(tk_req_arena(req), "cat %s %s", page ? page : "0", genre ? genre : ""),
        load);
}
