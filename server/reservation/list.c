/* GET /reservation/lists, GET /reservation/list/:id */
#include "server/reservation/routes.h"
#include "server/reservation/rows.h"
#include "server/reservation/service.h"
#include "shared/base/log.h"
#include "shared/base/str.h"
#include "shared/base/time.h"

/* The documented members; `reservationPrice` and `reservationTotalPrice` are both the sum that was
 * charged. */
json_t *row_json(const struct tk_rows *rows, size_t row)
{
    json_int_t price = tk_cell_int(rows, row, ROW_PRICE);
    const struct tk_val *unit = &rows->cells[row * rows->columns + ROW_UNIT_PRICE];

    return json_pack("{s:I, s:I, s:s, s:s, s:s, s:I, s:I, s:o?, s:s, s:s, s:s, s:s, s:I}",
                     "reservationId", (json_int_t)tk_cell_int(rows, row, ROW_ID),
                     "reservationTicketCount", (json_int_t)tk_cell_int(rows, row, ROW_COUNT),
                     "performanceTitle", tk_cell_str(rows, row, ROW_TITLE), "reservationDate",
                     tk_cell_str(rows, row, ROW_DATE), "reservationTime",
                     tk_cell_str(rows, row, ROW_TIME), "reservationPrice", price,
                     "reservationTotalPrice", price, "reservationUnitPrice",
                     unit->type == TK_VAL_NULL ? json_null() : json_integer(unit->num),
                     "reservationPoster", tk_cell_str(rows, row, ROW_POSTER), "reservationDeleted",
                     tk_cell_str(rows, row, ROW_DELETED), "reservationCreateAt",
                     tk_cell_str(rows, row, ROW_CREATED), "performanceId",
                     tk_cell_str(rows, row, ROW_PERFORMANCE), "prfSessionId",
                     (json_int_t)tk_cell_int(rows, row, ROW_SESSION));
}

enum tk_err row_error(enum tk_db_res res, const char *event)
{
    if (res == TK_DB_NONE)
        return TK_NO_RESERVATION_LIST;
    tk_log(TK_ERROR, event, TK_S("why", tk_db_error()), TK_I("result", res));
    return tk_db_err(res);
}

enum tk_err reservation_lists_get(struct tk_req *req, struct tk_reply *reply)
{
    struct tk_rows rows = {0};
    json_t *list;
    enum tk_db_res res = store_list(tk_req_app(req)->db, tk_mono_ms() + tk_req_left_ms(req),
                                    tk_req_arena(req), tk_req_who(req)->member, 0, &rows);

    if (res != TK_DB_OK)
        return row_error(res, "reservation-lists");
    list = json_array();
    for (size_t i = 0; i < rows.count; i++)
        if (json_array_append_new(list, row_json(&rows, i)) != 0) {
            json_decref(list);
            return TK_INTERNAL;
        }
    tk_reply_data(reply, list);
    return TK_OK;
}

enum tk_err reservation_get(struct tk_req *req, struct tk_reply *reply)
{
    struct tk_rows rows = {0};
    int64_t id = 0;
    enum tk_db_res res;

    tk_parse_i64(tk_req_path(req, "id"), 1, INT64_MAX, &id);
    res = store_list(tk_req_app(req)->db, tk_mono_ms() + tk_req_left_ms(req), tk_req_arena(req),
                     tk_req_who(req)->member, id, &rows);
    if (res != TK_DB_OK)
        return row_error(res, "reservation-list");
    tk_reply_data(reply, row_json(&rows, 0));
    return TK_OK;
}
