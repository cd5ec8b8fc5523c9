/* DELETE /reservation/delete/:id */
#include "server/common/validate.h"
#include "server/reservation/routes.h"
#include "server/reservation/rows.h"
#include "server/reservation/service.h"
#include "server/reservation/store.h"
#include "shared/base/log.h"
#include "shared/base/str.h"
#include "shared/base/time.h"

/*
 * The contract knows no deadline for cancelling; a reservation of a performance that has begun is
 * kept, or its seats would be given back after they were used: 409 SALE_CLOSED. A repeat of an
 * earlier cancel is still 200.
 */
static const enum tk_err answers[] = {
    [CANCEL_DONE] = TK_OK,
    [CANCEL_AGAIN] = TK_OK,
    [CANCEL_CLOSED] = TK_SALE_CLOSED,
    [CANCEL_ABSENT] = TK_NO_RESERVATION_LIST,
    [CANCEL_REUSED] = TK_KEY_REUSED,
};

static void explain(struct tk_reply *reply, enum cancel_result result, int64_t id)
{
    if (result == CANCEL_CLOSED)
        tk_reply_detail(reply, "reservation '%lld' cannot be cancelled: the performance has begun",
                        (long long)id);
}

enum tk_err reservation_delete(struct tk_req *req, struct tk_reply *reply)
{
    struct cancel_args args = {.member = tk_req_who(req)->member,
                               .key = tk_req_header(req, "Idempotency-Key"),
                               .trace = tk_req_traceparent(req)};
    enum cancel_result result;
    enum tk_db_res res;

    if (args.key && !tk_check_key(args.key, NULL)) {
        tk_reply_detail(reply, "'Idempotency-Key' must be 8 to 64 of A-Z a-z 0-9 . _ : -");
        return TK_INVALID_VALUE;
    }
    tk_parse_i64(tk_req_path(req, "id"), 1, INT64_MAX, &args.reservation);
    res = store_cancel(tk_req_app(req)->db, tk_mono_ms() + tk_req_left_ms(req), tk_req_arena(req),
                       &args, &result);
    if (res == TK_DB_UNKNOWN || res == TK_DB_RETRY) {
        tk_log(TK_ERROR, "reservation-delete", TK_S("why", tk_db_error()), TK_I("result", res));
        return outcome_unknown(reply);
    }
    if (res != TK_DB_OK)
        return row_error(res, "reservation-delete");
    if (result == CANCEL_DONE) {
        service_wake(service_of(req));
        tk_metric_add(&cancelled_total, 1);
    }
    explain(reply, result, args.reservation);
    return answers[result];
}
