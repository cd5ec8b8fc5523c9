/*
 * POST /member/login. An unknown address, a wrong password and a locked member walk the same path,
 * take the same time and get the same answer: nothing tells who is a member.
 */
#include "server/member/counters.h"
#include "server/member/member.h"
#include "server/member/routes.h"
#include "server/member/rules.h"
#include "server/member/session.h"
#include "server/member/store.h"

struct login {
    struct member_row member; /* id 0: nobody who may log in */
};

static enum tk_err start_session(struct tk_req *req, struct tk_reply *reply)
{
    const struct login *login = tk_req_get(req);
    char token[REFRESH_SIZE];
    enum tk_db_res res = session_start(tk_req_app(req)->db, db_deadline(req), login->member.id,
                                       member_conf.refresh_days, token);
    if (res != TK_DB_OK)
        return db_err(res, "session-start");
    enum tk_err err = session_reply(req, reply, &login->member, token);
    sodium_memzero(token, sizeof token);
    if (err == TK_OK)
        tk_metric_add(&logins_ok, 1);
    return err;
}

static enum tk_err verify(struct tk_req *req, struct tk_reply *reply)
{
    (void)reply;
    const struct login *login = tk_req_get(req);
    bool right = password_verify(login->member.password, tk_req_str(req, "password"));
    wipe_body(req, "password");
    if (right && login->member.id > 0)
        return tk_req_move(req, TK_ON_WORKER, start_session);
    tk_metric_add(&logins_refused, 1);
    return TK_NO_MEMBER;
}

enum tk_err login_post(struct tk_req *req, struct tk_reply *reply)
{
    (void)reply;
    struct tk_app *app = tk_req_app(req);
    struct login *login = tk_alloc(tk_req_arena(req), sizeof *login);
    if (!login)
        return TK_INTERNAL;
    /* What is no address is looked up all the same: "" is nobody's. */
    char email[EMAIL_SIZE] = "";
    email_canon(email, tk_req_str(req, "email"));
    enum tk_db_res res = store_by_email(app->db, db_deadline(req), email, tk_req_arena(req),
                                        &login->member);
    if (res != TK_DB_OK && res != TK_DB_NONE)
        return db_err(res, "member-by-email");
    if (res == TK_DB_NONE)
        login->member = (struct member_row){.password = member_of(app)->dummy_hash};
    if (!login->member.active)
        login->member.id = 0;
    tk_req_set(req, login);
    return tk_req_move(req, TK_ON_SLOW, verify);
}
