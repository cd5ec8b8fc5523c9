/* POST /reservation/create, /ask, /rebuild: what the performance service asks the truth. */
#include <string.h>

#include "server/common/failpoint.h"
#include "server/reservation/routes.h"
#include "server/reservation/sale_json.h"
#include "server/reservation/service.h"
#include "server/reservation/store.h"
#include "shared/base/log.h"
#include "shared/base/time.h"

/* A random ticket id that was there before is drawn again; three in a row means that it is not
 * chance. */
#define DRAWS 3

static int64_t deadline(struct tk_req *req)
{
    return tk_mono_ms() + tk_req_left_ms(req);
}

static enum tk_err broken(const char *event, enum tk_db_res res, struct tk_reply *reply)
{
    tk_log(TK_ERROR, event, TK_S("why", tk_db_error()), TK_I("result", res));
    /* Never "failed": an earlier try of the same key may have been committed. */
    return outcome_unknown(reply);
}

/* Draws the ticket ids and runs the transaction. */
static enum tk_db_res draw_and_create(struct tk_req *req, json_t *sale, struct sale_row *row)
{
    char *text = json_dumps(sale, JSON_COMPACT);
    struct sale_args args = {tk_req_str(req, "holdId"), tk_req_str(req, "requestHash"), text,
                             tk_req_traceparent(req)};
    enum tk_db_res res = TK_DB_ERROR;

    if (text)
        res = store_create(tk_req_app(req)->db, deadline(req), tk_req_arena(req), &args, row);
    free(text);
    return res;
}

static enum tk_db_res create(struct tk_req *req, struct tk_reply *reply, struct sale_row *row,
                             bool *bad)
{
    uint8_t key = service_of(req)->keys.current;
    enum tk_db_res res = TK_DB_DUP;
    char why[200];

    for (int draw = 0; res == TK_DB_DUP && draw < DRAWS; draw++) {
        json_t *sale = sale_read(tk_req_body(req), key, why, sizeof why);

        *bad = !sale;
        if (!sale) {
            tk_reply_detail(reply, "%s", why);
            return TK_DB_ERROR;
        }
        res = draw_and_create(req, sale, row);
        json_decref(sale);
    }
    return res;
}

/* The stored outcome as an answer's data. */
static enum tk_err answer(struct tk_req *req, struct tk_reply *reply, const struct sale_row *row,
                          enum tk_err if_refused)
{
    json_t *data = sale_answer(row->answer, &service_of(req)->keys);
    bool taken = json_object_get(data, "conflicts") != NULL;

    if (!data) {
        tk_log(TK_ERROR, "sale-unreadable", TK_S("hold", tk_req_str(req, "holdId")));
        return outcome_unknown(reply);
    }
    tk_reply_data(reply, data);
    if (row->result != SALE_REFUSED || if_refused == TK_OK)
        return TK_OK;
    return taken ? TK_SEAT_TAKEN : if_refused;
}

enum tk_err sale_create_post(struct tk_req *req, struct tk_reply *reply)
{
    struct service *service = service_of(req);
    struct sale_row row;
    bool bad = false;
    enum tk_db_res res = create(req, reply, &row, &bad);

    if (bad)
        return TK_INVALID_VALUE;
    if (res != TK_DB_OK)
        return broken("sale-create", res, reply);
    service_wake(service);
    if (row.result == SALE_NEW)
        tk_metric_add(&sold_total, 1);
    if (row.result == SALE_REFUSED)
        tk_metric_add(&refused_total, 1);
    if (TK_FAILPOINT("reservation.before-reply"))
        return outcome_unknown(reply);
    if (row.result == SALE_REUSED)
        return TK_KEY_REUSED;
    return answer(req, reply, &row, TK_HOLD_EXPIRED);
}

enum tk_err sale_ask_post(struct tk_req *req, struct tk_reply *reply)
{
    struct tk_db *db = tk_req_app(req)->db;
    const char *hold = tk_req_str(req, "holdId"), *key = tk_req_str(req, "createKey");
    int64_t member;
    bool keyed = key && tk_req_int(req, "memberId", &member);
    struct sale_row row;
    enum tk_db_res res;

    if (keyed == (hold != NULL)) {
        tk_reply_detail(reply, "send 'holdId', or 'memberId' and 'createKey'");
        return TK_INVALID_VALUE;
    }
    res = keyed ? store_ask_key(db, deadline(req), tk_req_arena(req), member, key, &row)
                : store_ask(db, deadline(req), tk_req_arena(req), hold, &row);
    if (res != TK_DB_OK)
        return broken("sale-ask", res, reply);
    return answer(req, reply, &row, TK_OK);
}

enum tk_err sale_rebuild_post(struct tk_req *req, struct tk_reply *reply)
{
    int64_t session = 0, floor;
    const char *sold;
    json_t *seats;
    enum tk_db_res res;

    tk_req_int(req, "prfSessionId", &session);
    res = store_rebuild(tk_req_app(req)->db, deadline(req), tk_req_arena(req), session, &floor,
                        &sold);
    if (res != TK_DB_OK)
        tk_log(TK_ERROR, "sale-rebuild", TK_S("why", tk_db_error()), TK_I("result", res));
    if (res != TK_DB_OK || TK_FAILPOINT("rebuild.before-reply")) {
        tk_reply_header(reply, "Retry-After", "1");
        return TK_UNAVAILABLE;
    }
    seats = sold ? json_loads(sold, 0, NULL) : NULL;
    if (!json_is_array(seats)) {
        json_decref(seats);
        tk_log(TK_ERROR, "sale-rebuild-unreadable", TK_I("session", session));
        return TK_INTERNAL;
    }
    tk_reply_data(reply, json_pack("{s:I, s:o}", "floor", (json_int_t)floor, "sold", seats));
    return TK_OK;
}
