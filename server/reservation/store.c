#include "server/reservation/store.h"

#include <stddef.h>
#include <string.h>

#include "server/common/failpoint.h"
#include "shared/base/time.h"

/* Connecting anew takes up to a second when the server hangs; with less left, the caller had better
 * ask later. */
#define REPEAT_MS 1000

static const char sql_create[] = "CALL sale_create(?, ?, ?, ?)";
static const char sql_ask[] = "CALL sale_ask(?)";
static const char sql_ask_key[] = "CALL sale_ask_key(?, ?)";
static const char sql_cancel[] = "CALL sale_cancel(?, ?, ?)";
static const char sql_cancel_keyed[] = "CALL sale_cancel_keyed(?, ?, ?, ?)";
static const char sql_rebuild[] = "CALL sale_rebuild(?)";

/* In the order of enum row_column. Never null: price, date, time, poster. */
#define ROW_COLUMNS                                                                                \
    "r.reservation_id, r.reservation_ticket_count, r.performance_title,"                           \
    " IFNULL(DATE_FORMAT(r.reservation_date, '%Y-%m-%d'), ''),"                                    \
    " IFNULL(TIME_FORMAT(r.reservation_time, '%H:%i'), ''), r.reservation_price,"                  \
    " r.reservation_poster, r.reservation_deleted,"                                                \
    " DATE_FORMAT(r.created_at, '%Y-%m-%dT%H:%i:%s'), r.reservation_unit_price,"                   \
    " r.performance_id, r.prf_session_id, r.facility"

static const char sql_list[] = "SELECT " ROW_COLUMNS " FROM UNIT_RESERVATION AS r"
                               " WHERE r.member_id = ? ORDER BY r.reservation_id DESC LIMIT 2000";
static const char sql_one[] = "SELECT " ROW_COLUMNS " FROM UNIT_RESERVATION AS r"
                              " WHERE r.member_id = ? AND r.reservation_id = ?";
/* In the order of enum ticket_column. The id is 64 bits without a sign: text. */
static const char sql_tickets[] =
    "SELECT " ROW_COLUMNS ", CAST(t.ticket_id AS CHAR), t.key_id, t.generation, t.seat, t.grade,"
    " t.price, t.state"
    " FROM UNIT_RESERVATION AS r JOIN ticket AS t ON t.reservation_id = r.reservation_id"
    " WHERE r.reservation_id = ? AND (r.member_id = ? OR ?) ORDER BY t.seat";

/* A statement that is one call, and where its rows go. */
struct call {
    const char *sql;
    const struct tk_val *values;
    size_t count;
    struct tk_arena *arena;
    struct tk_rows *rows;
    const char *before, *after; /* failpoints; NULL */
};

static enum tk_db_res run_call(struct tk_conn *conn, void *arg)
{
    struct call *call = arg;
    enum tk_db_res res;

    if (call->before && TK_FAILPOINT(call->before))
        return TK_DB_BROKEN;
    res = tk_db_exec(conn, call->sql, call->values, call->count, call->arena, call->rows);
    if (call->after && TK_FAILPOINT(call->after))
        return TK_DB_UNKNOWN;
    return res;
}

/* A procedure that answers nothing is not ours. */
static enum tk_db_res one_row(enum tk_db_res res)
{
    return res == TK_DB_NONE ? TK_DB_ERROR : res;
}

/* Unknown is asked again once, by repeating the call itself: it is safe by its key. */
static enum tk_db_res run_keyed(struct tk_db *db, int64_t deadline_ms, struct call *call)
{
    enum tk_db_res res = tk_db_run(db, deadline_ms, run_call, call);

    if (res == TK_DB_UNKNOWN && tk_mono_ms() + REPEAT_MS < deadline_ms) {
        res = tk_db_run(db, deadline_ms, run_call, call);
        if (res != TK_DB_OK && res != TK_DB_NONE)
            res = TK_DB_UNKNOWN; /* what the first one did is still not known */
    }
    return one_row(res);
}

static enum tk_db_res read_sale(const struct tk_rows *rows, struct sale_row *out)
{
    static const char *const names[] = {[SALE_NEW] = "new",
                                        [SALE_OLD] = "old",
                                        [SALE_REFUSED] = "refused",
                                        [SALE_REUSED] = "reused",
                                        [SALE_NONE] = "none"};
    const char *name = tk_cell_str(rows, 0, 0);

    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (struct sale_row){(enum sale_result)i, tk_cell_str(rows, 0, 1)};
            return TK_DB_OK;
        }
    return TK_DB_ERROR;
}

enum tk_db_res store_create(struct tk_db *db, int64_t deadline_ms, struct tk_arena *arena,
                            const struct sale_args *args, struct sale_row *out)
{
    const struct tk_val values[] = {tk_str(args->hold), tk_str(args->hash), tk_str(args->sale),
                                    tk_str(args->trace)};
    struct tk_rows rows = {0};
    struct call call = {
        sql_create, values, 4, arena, &rows, "reservation.before-call", "reservation.after-commit"};
    enum tk_db_res res = run_keyed(db, deadline_ms, &call);

    return res == TK_DB_OK ? read_sale(&rows, out) : res;
}

enum tk_db_res store_ask(struct tk_db *db, int64_t deadline_ms, struct tk_arena *arena,
                         const char *hold, struct sale_row *out)
{
    const struct tk_val values[] = {tk_str(hold)};
    struct tk_rows rows = {0};
    struct call call = {sql_ask, values, 1, arena, &rows, "reservation.before-ask", NULL};
    enum tk_db_res res = run_keyed(db, deadline_ms, &call);

    return res == TK_DB_OK ? read_sale(&rows, out) : res;
}

enum tk_db_res store_ask_key(struct tk_db *db, int64_t deadline_ms, struct tk_arena *arena,
                             int64_t member, const char *key, struct sale_row *out)
{
    const struct tk_val values[] = {tk_int(member), tk_str(key)};
    struct tk_rows rows = {0};
    struct call call = {sql_ask_key, values, 2, arena, &rows, "reservation.before-ask", NULL};
    enum tk_db_res res = run_keyed(db, deadline_ms, &call);

    return res == TK_DB_OK ? read_sale(&rows, out) : res;
}

enum tk_db_res store_cancel(struct tk_db *db, int64_t deadline_ms, struct tk_arena *arena,
                            const struct cancel_args *args, enum cancel_result *out)
{
    static const char *const names[] = {[CANCEL_DONE] = "cancelled",
                                        [CANCEL_AGAIN] = "again",
                                        [CANCEL_CLOSED] = "closed",
                                        [CANCEL_ABSENT] = "absent",
                                        [CANCEL_REUSED] = "reused"};
    const struct tk_val values[] = {tk_int(args->reservation), tk_int(args->member),
                                    tk_str(args->trace), tk_str(args->key)};
    struct tk_rows rows = {0};
    struct call call = {args->key ? sql_cancel_keyed : sql_cancel,
                        values,
                        args->key ? 4 : 3,
                        arena,
                        &rows,
                        "cancel.before-call",
                        "cancel.after-commit"};
    enum tk_db_res res = run_keyed(db, deadline_ms, &call);
    const char *name = res == TK_DB_OK ? tk_cell_str(&rows, 0, 0) : NULL;

    if (res != TK_DB_OK)
        return res;
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (enum cancel_result)i;
            return TK_DB_OK;
        }
    return TK_DB_ERROR;
}

enum tk_db_res store_rebuild(struct tk_db *db, int64_t deadline_ms, struct tk_arena *arena,
                             int64_t session, int64_t *floor, const char **sold)
{
    const struct tk_val values[] = {tk_int(session)};
    struct tk_rows rows = {0};
    struct call call = {sql_rebuild, values, 1, arena, &rows, NULL, NULL};
    enum tk_db_res res = run_keyed(db, deadline_ms, &call);

    if (res != TK_DB_OK)
        return res;
    *floor = tk_cell_int(&rows, 0, 0);
    *sold = tk_cell_str(&rows, 0, 1);
    return TK_DB_OK;
}

enum tk_db_res store_list(struct tk_db *db, int64_t deadline_ms, struct tk_arena *arena,
                          int64_t member, int64_t reservation, struct tk_rows *out)
{
    const struct tk_val values[] = {tk_int(member), tk_int(reservation)};
    struct call call = {
        reservation ? sql_one : sql_list, values, reservation ? 2 : 1, arena, out, NULL, NULL};

    return tk_db_run(db, deadline_ms, run_call, &call);
}

enum tk_db_res store_tickets(struct tk_db *db, int64_t deadline_ms, struct tk_arena *arena,
                             int64_t reservation, int64_t member, bool staff, struct tk_rows *out)
{
    const struct tk_val values[] = {tk_int(reservation), tk_int(member), tk_int(staff)};
    struct call call = {sql_tickets, values, 3, arena, out, NULL, NULL};

    return tk_db_run(db, deadline_ms, run_call, &call);
}
