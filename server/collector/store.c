#include "server/collector/store.h"

#include <string.h>

static int64_t deadline(void)
{
    return tk_mono_ms() + STORE_MS;
}

static bool failed(enum tk_db_res res)
{
    return res != TK_DB_OK && res != TK_DB_NONE;
}

/* Affected rows of INSERT … ON DUPLICATE KEY UPDATE: 1 inserted, 2 updated, 0 the same. */
static enum change change_of(uint64_t affected)
{
    return affected == 1 ? CHANGE_ADDED : affected == 2 ? CHANGE_UPDATED : CHANGE_NONE;
}

/* ---- holidays ---------------------------------------------------------------- */
struct holiday_call {
    const struct holiday *holiday;
    struct tk_arena *arena;
    struct tk_rows rows;
    enum change *change;
};

static enum tk_db_res put_holiday(struct tk_conn *conn, void *arg)
{
    static const char sql[] = "INSERT IGNORE INTO holiday (holiday_date, name) VALUES (?, ?)";
    struct holiday_call *call = arg;
    enum tk_db_res res;
    char day[11];

    tk_day_print(call->holiday->day, day);
    res = tk_db_do(conn, sql, NULL, &call->rows, tk_str(day), tk_str(call->holiday->name));
    *call->change = change_of(call->rows.affected);
    return res;
}

enum tk_db_res store_holiday(struct tk_db *db, const struct holiday *holiday, enum change *change)
{
    struct holiday_call call = {.holiday = holiday, .change = change};

    return tk_db_tx(db, deadline(), put_holiday, &call);
}

static enum tk_db_res get_holidays(struct tk_conn *conn, void *arg)
{
    static const char sql[] = "SELECT DISTINCT DATE_FORMAT(holiday_date, '%Y-%m-%d') FROM holiday"
                              " ORDER BY holiday_date";
    struct holiday_call *call = arg;

    return tk_db_exec(conn, sql, NULL, 0, call->arena, &call->rows);
}

enum tk_db_res store_holidays(struct tk_db *db, struct tk_arena *arena, struct tk_holidays *out)
{
    struct holiday_call call = {.arena = arena};
    enum tk_db_res res = tk_db_run(db, deadline(), get_holidays, &call);
    tk_day *days;

    *out = (struct tk_holidays){0};
    if (res != TK_DB_OK)
        return res;
    days = tk_alloc(arena, call.rows.count * sizeof(*days));
    if (!days)
        return TK_DB_ERROR;
    for (size_t i = 0; i < call.rows.count; i++)
        if (!tk_day_parse(tk_cell_str(&call.rows, i, 0), '-', &days[i]))
            return TK_DB_ERROR;
    *out = (struct tk_holidays){.days = days, .count = call.rows.count};
    return TK_DB_OK;
}

/* ---- facilities -------------------------------------------------------------- */
struct facility_call {
    const struct facility *facility;
    enum change *change;
};

static enum tk_db_res put_facility(struct tk_conn *conn, void *arg)
{
    static const char sql[] =
        "INSERT INTO facility (facility_id, name, tel_no, relate_url, address, latitude, longitude,"
        " seat_scale, detailed) VALUES (?, ?, ?, ?, ?, ROUND(?, 7), ROUND(?, 7), ?, 1)"
        " ON DUPLICATE KEY UPDATE name = VALUES(name), tel_no = VALUES(tel_no),"
        " relate_url = VALUES(relate_url), address = VALUES(address), latitude = VALUES(latitude),"
        " longitude = VALUES(longitude), seat_scale = VALUES(seat_scale), detailed = 1";
    const struct facility_call *call = arg;
    const struct facility *f = call->facility;
    struct tk_rows rows = {0};
    enum tk_db_res res = tk_db_do(conn, sql, NULL, &rows, tk_str(f->id), tk_str(f->name),
                                  tk_str(f->tel_no), tk_str(f->relate_url), tk_str(f->address),
                                  tk_str(f->latitude), tk_str(f->longitude), tk_int(f->seat_scale));

    *call->change = change_of(rows.affected);
    return res;
}

enum tk_db_res store_facility(struct tk_db *db, const struct facility *facility,
                              enum change *change)
{
    struct facility_call call = {.facility = facility, .change = change};

    return tk_db_tx(db, deadline(), put_facility, &call);
}

/* ---- ranks ------------------------------------------------------------------- */
struct rank_call {
    tk_day day;
    const struct rank *ranks;
    size_t count;
};

static enum tk_db_res put_ranks(struct tk_conn *conn, void *arg)
{
    static const char clear[] = "DELETE FROM prf_rank WHERE rank_date = ?";
    static const char put[] =
        "INSERT IGNORE INTO prf_rank (rank_date, rnum, performance_id) VALUES (?, ?, ?)";
    const struct rank_call *call = arg;
    enum tk_db_res res;
    char day[11];

    tk_day_print(call->day, day);
    res = tk_db_do(conn, clear, NULL, NULL, tk_str(day));
    for (size_t i = 0; i < call->count && !failed(res); i++)
        res = tk_db_do(conn, put, NULL, NULL, tk_str(day), tk_int(call->ranks[i].rnum),
                       tk_str(call->ranks[i].performance_id));
    return res;
}

enum tk_db_res store_ranks(struct tk_db *db, tk_day day, const struct rank *ranks, size_t count)
{
    struct rank_call call = {.day = day, .ranks = ranks, .count = count};

    return tk_db_tx(db, deadline(), put_ranks, &call);
}

static enum tk_db_res drop_ranks(struct tk_conn *conn, void *arg)
{
    static const char sql[] = "DELETE FROM prf_rank WHERE rank_date < ?";

    return tk_db_do(conn, sql, NULL, NULL, tk_str(arg));
}

enum tk_db_res store_drop_ranks(struct tk_db *db, tk_day before)
{
    char day[11];

    tk_day_print(before, day);
    return tk_db_tx(db, deadline(), drop_ranks, day);
}

/* ---- quarantine -------------------------------------------------------------- */
struct quarantine_call {
    const char *kind, *id;
    const struct issues *issues;
};

static bool has_field(const struct issues *issues, const char *field)
{
    for (size_t i = 0; i < issues->count; i++)
        if (strcmp(issues->row[i].field, field) == 0)
            return true;
    return false;
}

static enum tk_db_res forget_others(struct tk_conn *conn, const struct quarantine_call *call,
                                    struct tk_arena *arena)
{
    static const char get[] = "SELECT field FROM quarantine WHERE kind = ? AND id = ?";
    static const char drop[] = "DELETE FROM quarantine WHERE kind = ? AND id = ? AND field = ?";
    struct tk_rows rows = {0};
    enum tk_db_res res = tk_db_do(conn, get, arena, &rows, tk_str(call->kind), tk_str(call->id));

    for (size_t i = 0; i < rows.count && !failed(res); i++)
        if (!has_field(call->issues, tk_cell_str(&rows, i, 0)))
            res = tk_db_do(conn, drop, NULL, NULL, tk_str(call->kind), tk_str(call->id),
                           tk_str(tk_cell_str(&rows, i, 0)));
    return res;
}

static enum tk_db_res put_issues(struct tk_conn *conn, void *arg)
{
    static const char put[] =
        "INSERT INTO quarantine (kind, id, field, text, col, reason) VALUES (?, ?, ?, ?, ?, ?)"
        " ON DUPLICATE KEY UPDATE text = VALUES(text), col = VALUES(col),"
        " reason = VALUES(reason), last_seen = NOW(3)";
    const struct quarantine_call *call = arg;
    struct tk_arena *arena = tk_arena_new(1 << 20);
    enum tk_db_res res = arena ? forget_others(conn, call, arena) : TK_DB_ERROR;

    for (size_t i = 0; i < call->issues->count && !failed(res); i++) {
        const struct issue *issue = &call->issues->row[i];

        res = tk_db_do(conn, put, NULL, NULL, tk_str(call->kind), tk_str(call->id),
                       tk_str(issue->field), tk_str(issue->text), tk_int((int64_t)issue->column),
                       tk_str(issue->reason));
    }
    tk_arena_free(arena);
    return res;
}

enum tk_db_res store_quarantine(struct tk_db *db, const char *kind, const char *id,
                                const struct issues *issues)
{
    struct quarantine_call call = {.kind = kind, .id = id, .issues = issues};

    return tk_db_tx(db, deadline(), put_issues, &call);
}

static enum tk_db_res release(struct tk_conn *conn, void *arg)
{
    static const char sql[] = "DELETE FROM quarantine WHERE kind = ? AND id = ?";
    const struct quarantine_call *call = arg;

    return tk_db_do(conn, sql, NULL, NULL, tk_str(call->kind), tk_str(call->id));
}

enum tk_db_res store_release(struct tk_db *db, const char *kind, const char *id)
{
    struct quarantine_call call = {.kind = kind, .id = id};

    return tk_db_tx(db, deadline(), release, &call);
}
