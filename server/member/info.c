/* GET /member/info: oneself. GET /member/internal/:id: anyone, for other services of ours only. */
#include "server/member/member.h"
#include "server/member/routes.h"
#include "server/member/rules.h"
#include "server/member/store.h"
#include "shared/base/str.h"
#include "shared/base/time.h"

enum tk_err info_get(struct tk_req *req, struct tk_reply *reply)
{
    struct member_row row;
    enum tk_db_res res = store_by_id(tk_req_app(req)->db, db_deadline(req), tk_req_who(req)->member,
                                     tk_req_arena(req), &row);
    if (res == TK_DB_NONE || (res == TK_DB_OK && !row.active))
        return TK_UNAUTHORIZED;
    if (res != TK_DB_OK)
        return db_err(res, "member-by-id");
    tk_reply_header(reply, "Cache-Control", "no-store");
    tk_reply_data(reply, json_pack("{s:s, s:s, s:s?, s:s?}", "name", row.name, "email", row.email,
                                   "phone", row.phone, "birth", row.birth));
    return TK_OK;
}

enum tk_err internal_get(struct tk_req *req, struct tk_reply *reply)
{
    struct member_row row;
    int64_t id;
    if (!tk_parse_i64(tk_req_path(req, "id"), 1, INT64_MAX, &id))
        return TK_INVALID_VALUE;
    enum tk_db_res res = store_by_id(tk_req_app(req)->db, db_deadline(req), id, tk_req_arena(req),
                                     &row);
    if (res == TK_DB_NONE)
        return TK_NO_MEMBER;
    if (res != TK_DB_OK)
        return db_err(res, "member-by-id");
    tk_reply_data(reply,
                  json_pack("{s:I, s:s, s:s, s:s?, s:b, s:b}", "memberId", (json_int_t)row.id,
                            "name", row.name, "email", row.email, "phone", row.phone, "adult",
                            is_adult(row.birth, tk_wall_ms()), "active", row.active));
    return TK_OK;
}
