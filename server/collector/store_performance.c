#include <stdlib.h>
#include <string.h>

#include "server/collector/store.h"

struct call {
    const struct performance *performance;
    tk_day today;
    int minute;
    struct tk_arena *arena; /* made new for each try */
    enum change change;
    struct session_changes sessions;
};

static bool failed(enum tk_db_res res)
{
    return res != TK_DB_OK && res != TK_DB_NONE;
}

/* ---- facility, performance --------------------------------------------------- */
/* The detail of the facility may come later, or never; what the performance says of it must do
 * until then. */
static enum tk_db_res put_facility(struct tk_conn *conn, const struct performance *p)
{
    static const char sql[] =
        "INSERT INTO facility (facility_id, name) VALUES (?, ?)"
        " ON DUPLICATE KEY UPDATE name = IF(detailed, name, COALESCE(VALUES(name), name))";

    return tk_db_do(conn, sql, NULL, NULL, tk_str(p->facility_id), tk_str(p->facility_name));
}

#define VALUES                                                                                     \
    tk_str(p->title), tk_str(first), tk_str(last), tk_str(p->cast), tk_str(p->crew),               \
        tk_str(p->runtime), tk_str(p->pro_comp), tk_str(p->viewing_age), tk_str(p->poster),        \
        tk_str(p->story), tk_str(p->genre), tk_str(p->state), tk_str(p->sty_urls),                 \
        tk_str(p->facility_id), tk_str(p->schedule_text), tk_str(p->price_text), tk_str(p->id)

/* The row is locked first: an INSERT … ON DUPLICATE KEY would use up a number of `loaded` at every
 * run. */
static enum tk_db_res put_performance(struct tk_conn *conn, struct call *call)
{
    static const char get[] = "SELECT 1 FROM performance WHERE performance_id = ? FOR UPDATE";
    static const char insert[] =
        "INSERT INTO performance (title, start_date, end_date, cast_names, crew, runtime, pro_comp,"
        " viewing_age, poster, story, genre, state, sty_urls, facility_id, schedule_text,"
        " price_text, performance_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    static const char update[] =
        "UPDATE performance SET title = ?, start_date = ?, end_date = ?, cast_names = ?, crew = ?,"
        " runtime = ?, pro_comp = ?, viewing_age = ?, poster = ?, story = ?, genre = ?, state = ?,"
        " sty_urls = ?, facility_id = ?, schedule_text = ?, price_text = ?"
        " WHERE performance_id = ?";
    const struct performance *p = call->performance;
    enum tk_db_res res;
    struct tk_rows rows;
    char first[11], last[11];

    tk_day_print(p->first, first);
    tk_day_print(p->last, last);
    res = tk_db_do(conn, get, call->arena, &rows, tk_str(p->id));
    if (failed(res))
        return res;
    if (res == TK_DB_NONE) {
        call->change = CHANGE_ADDED;
        return tk_db_do(conn, insert, NULL, NULL, VALUES);
    }
    res = tk_db_do(conn, update, NULL, NULL, VALUES);
    if (res == TK_DB_OK)
        call->change = CHANGE_UPDATED;
    return res;
}

/* ---- price list -------------------------------------------------------------- */
static bool same_grades(const struct tk_rows *rows, const struct tk_prices *prices)
{
    if (rows->count != prices->count)
        return false;
    for (size_t i = 0; i < prices->count; i++)
        if (tk_cell_int(rows, i, 0) != (int64_t)i ||
            strcmp(tk_cell_str(rows, i, 1), prices->row[i].seat_type) != 0 ||
            tk_cell_int(rows, i, 2) != prices->row[i].won)
            return false;
    return true;
}

static enum tk_db_res put_grades(struct tk_conn *conn, struct call *call)
{
    static const char get[] =
        "SELECT ord, seat_type, price FROM prf_grade WHERE performance_id = ? ORDER BY ord";
    static const char clear[] = "DELETE FROM prf_grade WHERE performance_id = ?";
    static const char put[] =
        "INSERT INTO prf_grade (performance_id, ord, seat_type, price) VALUES (?, ?, ?, ?)";
    static const char revise[] =
        "UPDATE performance SET price_rev = price_rev + 1 WHERE performance_id = ?";
    const struct performance *p = call->performance;
    struct tk_rows rows = {0};
    enum tk_db_res res = tk_db_do(conn, get, call->arena, &rows, tk_str(p->id));

    if (failed(res) || same_grades(&rows, &p->prices))
        return res;
    if (rows.count) {
        call->change = CHANGE_UPDATED;
        res = tk_db_do(conn, clear, NULL, NULL, tk_str(p->id));
        if (!failed(res))
            res = tk_db_do(conn, revise, NULL, NULL, tk_str(p->id));
    }
    for (size_t i = 0; i < p->prices.count && !failed(res); i++)
        res = tk_db_do(conn, put, NULL, NULL, tk_str(p->id), tk_int((int64_t)i),
                       tk_str(p->prices.row[i].seat_type), tk_int(p->prices.row[i].won));
    return res;
}

/* ---- sessions ---------------------------------------------------------------- */
struct known {
    int64_t id;
    struct tk_session_at at;
    bool open;
};

static int compare(const struct tk_session_at *a, const struct tk_session_at *b)
{
    if (a->day != b->day)
        return a->day < b->day ? -1 : 1;
    return (a->minute > b->minute) - (a->minute < b->minute);
}

/* The sessions there are, rising as the expanded ones do. */
static enum tk_db_res get_sessions(struct tk_conn *conn, struct call *call, struct known **out,
                                   size_t *count)
{
    static const char sql[] =
        "SELECT prf_session_id, DATE_FORMAT(session_date, '%Y-%m-%d'),"
        " TIME_FORMAT(session_time, '%H:%i'), state = 'open' FROM prf_session"
        " WHERE performance_id = ? ORDER BY session_date, session_time FOR UPDATE";
    struct tk_rows rows = {0};
    enum tk_db_res res = tk_db_do(conn, sql, call->arena, &rows, tk_str(call->performance->id));
    struct known *known;

    if (failed(res))
        return res;
    known = tk_alloc(call->arena, (rows.count + 1) * sizeof(*known));
    if (!known)
        return TK_DB_ERROR;
    for (size_t i = 0; i < rows.count; i++) {
        known[i].id = tk_cell_int(&rows, i, 0);
        known[i].open = tk_cell_int(&rows, i, 3) != 0;
        if (!tk_day_parse(tk_cell_str(&rows, i, 1), '-', &known[i].at.day) ||
            !tk_minute_parse(tk_cell_str(&rows, i, 2), &known[i].at.minute))
            return TK_DB_ERROR;
    }
    *out = known;
    *count = rows.count;
    return TK_DB_OK;
}

static enum tk_db_res add_session(struct tk_conn *conn, struct call *call,
                                  const struct tk_session_at *at)
{
    static const char sql[] =
        "INSERT INTO prf_session (performance_id, session_date, session_time) VALUES (?, ?, ?)";
    char day[11], minute[6];

    tk_day_print(at->day, day);
    tk_minute_print(at->minute, minute);
    call->sessions.added++;
    return tk_db_do(conn, sql, NULL, NULL, tk_str(call->performance->id), tk_str(day),
                    tk_str(minute));
}

static enum tk_db_res set_state(struct tk_conn *conn, int64_t id, const char *state, int *counter)
{
    static const char sql[] = "UPDATE prf_session SET state = ? WHERE prf_session_id = ?";

    ++*counter;
    return tk_db_do(conn, sql, NULL, NULL, tk_str(state), tk_int(id));
}

/* Both lists rise, so one walk finds what is new, what came back and what is gone. */
static enum tk_db_res put_sessions(struct tk_conn *conn, struct call *call)
{
    const struct performance *p = call->performance;
    const struct tk_session_at now = {.day = call->today, .minute = call->minute};
    enum tk_db_res res;
    struct known *known = NULL;
    size_t count = 0, want = 0, have = 0;

    res = get_sessions(conn, call, &known, &count);
    while (!failed(res) && (want < p->session_count || have < count)) {
        int order = have == count              ? -1
                    : want == p->session_count ? 1
                                               : compare(&p->sessions[want], &known[have].at);

        if (order < 0)
            res = add_session(conn, call, &p->sessions[want]);
        else if (order == 0 && !known[have].open)
            res = set_state(conn, known[have].id, "open", &call->sessions.opened);
        else if (order > 0 && known[have].open && compare(&known[have].at, &now) > 0)
            res = set_state(conn, known[have].id, "closed", &call->sessions.closed);
        want += order <= 0;
        have += order >= 0;
    }
    return res;
}

/* ---- all of it in one transaction -------------------------------------------- */
static enum tk_db_res put_all(struct tk_conn *conn, void *arg)
{
    struct call *call = arg;
    enum tk_db_res res;

    call->change = CHANGE_NONE;
    call->sessions = (struct session_changes){0};
    call->arena = tk_arena_new(8 << 20);
    if (!call->arena)
        return TK_DB_ERROR;
    res = put_facility(conn, call->performance);
    if (!failed(res))
        res = put_performance(conn, call);
    if (!failed(res))
        res = put_grades(conn, call);
    if (!failed(res))
        res = put_sessions(conn, call);
    tk_arena_free(call->arena);
    /* Another run has inserted the same row in between: the next try finds and updates it. */
    return res == TK_DB_DUP ? TK_DB_RETRY : res;
}

enum tk_db_res store_performance(struct tk_db *db, const struct performance *performance,
                                 tk_day today, int minute, enum change *change,
                                 struct session_changes *sessions)
{
    struct call call = {.performance = performance, .today = today, .minute = minute};
    enum tk_db_res res = tk_db_tx(db, tk_mono_ms() + STORE_MS, put_all, &call);

    *change = call.change;
    *sessions = call.sessions;
    return res;
}
