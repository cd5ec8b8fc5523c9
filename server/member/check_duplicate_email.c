/* POST /member/checkDuplicateEmail: is the address free? Then a code is mailed to it. */
#include <sodium.h>

#include "server/member/code.h"
#include "server/member/counters.h"
#include "server/member/member.h"
#include "server/member/routes.h"
#include "server/member/store.h"
#include "server/member/valid_mail.h"
#include "shared/base/log.h"

static enum tk_err is_free(struct tk_req *req, const char *email)
{
    struct member_row row;
    enum tk_db_res res = store_by_email(tk_req_app(req)->db, db_deadline(req), email,
                                        tk_req_arena(req), &row);
    if (res == TK_DB_NONE)
        return TK_OK;
    return res == TK_DB_OK ? TK_DUPLICATE_EMAIL : db_err(res, "member-by-email");
}

static enum tk_err mail_code(struct tk_req *req, struct tk_reply *reply, const char *email)
{
    struct tk_app *app = tk_req_app(req);
    struct code code;
    int64_t retry_ms = 0;
    enum tk_err err = code_put(app->redis, member_of(app)->signer, email, &code, &retry_ms);
    if (err == TK_TOO_MANY_REQUESTS)
        reply_retry(reply, retry_ms);
    if (err != TK_OK)
        goto out;
    if (valid_mail_send(app, email, &code, tk_req_traceparent(req))) {
        tk_metric_add(&codes_mailed, 1);
        goto out;
    }
    err = TK_RABBITMQ_UNABLE_TO_CONNECT;
    tk_metric_add(&codes_failed, 1);
    if (code_drop(app->redis, email, &code) != TK_OK)
        tk_log(TK_WARN, "code-not-dropped", TK_S("consequence", "counts as a mail for an hour"));
out:
    sodium_memzero(&code, sizeof code);
    return err;
}

enum tk_err check_duplicate_email_post(struct tk_req *req, struct tk_reply *reply)
{
    char email[EMAIL_SIZE];
    if (!email_canon(email, tk_req_str(req, "email")))
        return TK_INVALID_VALUE;
    enum tk_err err = lookup_allowed(req, reply);
    if (err == TK_OK)
        err = is_free(req, email);
    return err == TK_OK ? mail_code(req, reply, email) : err;
}
