#include "server/member/member.h"

#include <stdio.h>
#include <string.h>

#include "server/member/code.h"
#include "shared/base/log.h"
#include "shared/base/time.h"

/* A read that was waited for in vain (2.5 s) leaves no room for a second: the answer is due within
 * 3 s. */
#define ANSWER_MARGIN_MS 400

struct member *member_of(struct tk_app *app)
{
    return app->state;
}

int64_t db_deadline(const struct tk_req *req)
{
    return tk_mono_ms() + tk_req_left_ms(req) - ANSWER_MARGIN_MS;
}

enum tk_err db_err(enum tk_db_res res, const char *what)
{
    if (res == TK_DB_ERROR)
        tk_log(TK_ERROR, "statement-refused", TK_S("what", what), TK_S("why", tk_db_error()));
    else
        tk_log(TK_WARN, "database-away", TK_S("what", what), TK_S("why", tk_db_error()));
    return tk_db_err(res);
}

void reply_retry(struct tk_reply *reply, int64_t ms)
{
    char seconds[24];
    snprintf(seconds, sizeof seconds, "%lld", (long long)(ms > 0 ? (ms + 999) / 1000 : 1));
    tk_reply_header(reply, "Retry-After", seconds);
}

void wipe_body(struct tk_req *req, const char *name)
{
    json_t *value = json_object_get(tk_req_body(req), name);
    if (json_is_string(value)) /* jansson keeps its own copy on the heap: it may be written */
        sodium_memzero((char *)json_string_value(value), json_string_length(value));
}

enum tk_err lookup_allowed(struct tk_req *req, struct tk_reply *reply)
{
    int64_t retry_ms = 0;
    if (member_conf.lookups == 0)
        return TK_OK;
    enum tk_err err = code_limit(tk_req_app(req)->redis, tk_req_remote(req), member_conf.lookups,
                                 &retry_ms);
    if (err == TK_TOO_MANY_REQUESTS)
        reply_retry(reply, retry_ms);
    return err;
}
