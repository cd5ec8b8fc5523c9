/* POST /member/refresh and /member/logout: with a refresh token, no access token needed. See
 * session.h. */
#include <sodium.h>

#include "server/common/failpoint.h"
#include "server/member/counters.h"
#include "server/member/member.h"
#include "server/member/routes.h"
#include "server/member/session.h"
#include "shared/base/log.h"

enum tk_err refresh_post(struct tk_req *req, struct tk_reply *reply)
{
    struct refresh refresh = {
        .token = tk_req_str(req, "refreshToken"),
        .days = member_conf.refresh_days,
        .arena = tk_req_arena(req),
    };
    enum tk_db_res res = session_refresh(tk_req_app(req)->db, db_deadline(req), &refresh);
    if (refresh.stolen) {
        tk_log(TK_WARN, "refresh-token-reused", TK_S("consequence", "its logins were ended"));
        tk_metric_add(&refreshes_stolen, 1);
    }
    if (res == TK_DB_NONE) {
        tk_metric_add(&refreshes_refused, 1);
        return TK_UNAUTHORIZED;
    }
    if (res != TK_DB_OK)
        return db_err(res, "session-refresh");
    /* The test of a lost answer: replaced in the database, and the client learns nothing. */
    if (TK_FAILPOINT("member.refresh.replaced"))
        return TK_UNAVAILABLE;
    enum tk_err err = session_reply(req, reply, &refresh.member, refresh.next);
    sodium_memzero(refresh.next, sizeof refresh.next);
    if (err == TK_OK)
        tk_metric_add(&refreshes_ok, 1);
    return err;
}

enum tk_err logout_post(struct tk_req *req, struct tk_reply *reply)
{
    (void)reply;
    enum tk_db_res res = session_end(tk_req_app(req)->db, db_deadline(req),
                                     tk_req_str(req, "refreshToken"), tk_req_arena(req));
    return res == TK_DB_OK ? TK_OK : db_err(res, "session-end");
}
