/* GET /reservation/:id/ticket: the codes and what a printed ticket shows. For the owner, and for
 * the box office. */
#include <stdlib.h>
#include <string.h>

#include "server/reservation/routes.h"
#include "server/reservation/rows.h"
#include "server/reservation/service.h"
#include "server/reservation/store.h"
#include "shared/base/log.h"
#include "shared/base/str.h"
#include "shared/base/time.h"

/* A ticket that is not good any more shows no code. */
static json_t *ticket_json(const struct ticket_keys *keys, const struct tk_rows *rows, size_t row)
{
    uint64_t id = strtoull(tk_cell_str(rows, row, TICKET_ID), NULL, 10);
    const char *state = tk_cell_str(rows, row, TICKET_STATE);
    int64_t generation = tk_cell_int(rows, row, TICKET_GENERATION);
    char code[TK_TICKET_DIGITS + 1];
    bool valid = strcmp(state, "valid") == 0 &&
                 ticket_code(keys, tk_cell_int(rows, row, TICKET_KEY), id, (uint16_t)generation,
                             code);

    return json_pack("{s:s, s:s, s:I, s:s, s:I, s:s*}", "seat", tk_cell_str(rows, row, TICKET_SEAT),
                     "grade", tk_cell_str(rows, row, TICKET_GRADE), "price",
                     (json_int_t)tk_cell_int(rows, row, TICKET_PRICE), "state", state, "generation",
                     (json_int_t)generation, "code", valid ? code : NULL);
}

static json_t *reservation_json(const struct ticket_keys *keys, const struct tk_rows *rows)
{
    json_t *tickets = json_array(), *data;

    for (size_t i = 0; i < rows->count; i++)
        if (json_array_append_new(tickets, ticket_json(keys, rows, i)) != 0)
            goto out;
    data = row_json(rows, 0);
    if (json_object_set_new(data, "facility", json_string(tk_cell_str(rows, 0, ROW_FACILITY))) ==
            0 &&
        json_object_set(data, "tickets", tickets) == 0) {
        json_decref(tickets);
        return data;
    }
    json_decref(data);
out:
    json_decref(tickets);
    return NULL;
}

enum tk_err reservation_ticket_get(struct tk_req *req, struct tk_reply *reply)
{
    const struct tk_who *who = tk_req_who(req);
    bool staff = who->scopes & (TK_SCOPE_BOX | TK_SCOPE_MANAGER);
    struct tk_rows rows = {0};
    int64_t id = 0;
    enum tk_db_res res;

    tk_parse_i64(tk_req_path(req, "id"), 1, INT64_MAX, &id);
    res = store_tickets(tk_req_app(req)->db, tk_mono_ms() + tk_req_left_ms(req), tk_req_arena(req),
                        id, who->member, staff, &rows);
    if (res == TK_DB_NONE) {
        /* A path of ours, so the plain meaning; another member's is answered exactly as an absent
         * one. */
        tk_reply_detail(reply, "no reservation '%lld' of yours; list yours", (long long)id);
        return TK_NOT_FOUND;
    }
    if (res != TK_DB_OK)
        return row_error(res, "reservation-ticket");
    if (staff) /* staff look-ups leave a trace: who saw which reservation */
        tk_log(TK_INFO, "staff-look-up", TK_I("staff", who->member), TK_I("reservation", id));
    tk_reply_data(reply, reservation_json(&service_of(req)->keys, &rows));
    return TK_OK;
}
