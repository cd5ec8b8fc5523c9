#include "server/performance/catalogue.h"

enum tk_err cat_get(struct tk_req *req, struct tk_reply *reply)
{
    static const char sql[] = "SELECT " LIST_COLUMNS LIST_FROM " WHERE p.genre = ?"
                              " ORDER BY p.loaded DESC LIMIT ? OFFSET ?";
    const char *genre = tk_req_query(req, "genre");

    return slice_get(req, reply, sql, genre ? genre : "");
}
