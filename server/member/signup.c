/*
 * POST /member/signup. Three steps at three places: may this address sign up (worker), hash the
 * password (slow pool), insert (worker). The validated mark is used up only when the row is there.
 */
#include <string.h>

#include "server/member/code.h"
#include "server/member/counters.h"
#include "server/member/member.h"
#include "server/member/routes.h"
#include "server/member/store.h"
#include "shared/base/log.h"

struct signup {
    char email[EMAIL_SIZE], gender[2], hash[PASSWORD_HASH_SIZE];
};

static enum tk_err insert(struct tk_req *req, struct tk_reply *reply)
{
    (void)reply;
    const struct signup *signup = tk_req_get(req);
    struct tk_app *app = tk_req_app(req);
    struct member_row row = {
        .email = signup->email,
        .password = signup->hash,
        .name = tk_req_str(req, "name"),
        .birth = tk_req_str(req, "birth"),
        .phone = tk_req_str(req, "phone"),
        .gender = signup->gender,
        .scope = "member",
    };
    enum tk_db_res res = store_insert(app->db, db_deadline(req), &row, tk_req_arena(req));
    if (res == TK_DB_DUP)
        return TK_DUPLICATE_MEMBER;
    if (res != TK_DB_OK)
        return db_err(res, "member-insert");
    tk_metric_add(&signups, 1);
    if (code_consume(app->redis, signup->email) != TK_OK)
        tk_log(TK_WARN, "validation-not-consumed", TK_S("consequence", "ends by itself"));
    return TK_OK;
}

static enum tk_err hash(struct tk_req *req, struct tk_reply *reply)
{
    (void)reply;
    struct signup *signup = tk_req_get(req);
    bool hashed = password_hash(tk_req_str(req, "password"), signup->hash);
    wipe_body(req, "password");
    if (!hashed)
        return TK_UNAVAILABLE;
    return tk_req_move(req, TK_ON_WORKER, insert);
}

/* Members first: a repeated sign-up is a duplicate, not one whose validation is missing. */
static enum tk_err may_sign_up(struct tk_req *req, const char *email)
{
    struct tk_app *app = tk_req_app(req);
    struct member_row row;
    enum tk_db_res res = store_by_email(app->db, db_deadline(req), email, tk_req_arena(req), &row);
    if (res == TK_DB_OK)
        return TK_DUPLICATE_MEMBER;
    if (res != TK_DB_NONE)
        return db_err(res, "member-by-email");
    return code_validated(app->redis, email);
}

enum tk_err signup_post(struct tk_req *req, struct tk_reply *reply)
{
    struct signup *signup = tk_alloc(tk_req_arena(req), sizeof *signup);
    if (!signup)
        return TK_INTERNAL;
    if (!email_canon(signup->email, tk_req_str(req, "email")))
        return TK_INVALID_VALUE;
    signup->gender[0] = gender_of(tk_req_str(req, "gender"));
    enum tk_err err = lookup_allowed(req, reply);
    if (err == TK_OK)
        err = may_sign_up(req, signup->email);
    if (err != TK_OK)
        return err;
    tk_req_set(req, signup);
    return tk_req_move(req, TK_ON_SLOW, hash);
}
