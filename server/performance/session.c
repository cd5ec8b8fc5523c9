#include "server/performance/session.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "server/performance/performance.h"
#include "shared/base/log.h"
#include "shared/base/str.h"
#include "shared/base/time.h"

enum { BUCKETS = 1024, KEEP_MS = 3600000, DAY_MS = 86400000 };

static struct session *buckets[BUCKETS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const char select_session[] =
    "SELECT s.performance_id, p.title, COALESCE(p.poster, ''), COALESCE(f.name, ''),"
    " DATE_FORMAT(s.session_date, '%Y-%m-%d'), TIME_FORMAT(s.session_time, '%H:%i'),"
    " s.state = 'closed', s.total_seat, s.remaining_seat"
    " FROM prf_session s JOIN performance p USING (performance_id)"
    " LEFT JOIN facility f USING (facility_id) WHERE s.prf_session_id = ?";
static const char select_grades[] =
    "SELECT g.seat_type, g.price FROM prf_session s JOIN prf_grade g USING (performance_id)"
    " WHERE s.prf_session_id = ? ORDER BY g.ord";

struct load {
    int64_t id;
    struct tk_arena *arena;
    struct tk_rows session, grades;
};

static enum tk_db_res load_rows(struct tk_conn *conn, void *arg)
{
    struct load *load = arg;
    enum tk_db_res res = tk_db_do(conn, select_session, load->arena, &load->session,
                                  tk_int(load->id));
    if (res != TK_DB_OK)
        return res;
    res = tk_db_do(conn, select_grades, load->arena, &load->grades, tk_int(load->id));
    return res == TK_DB_NONE ? TK_DB_OK : res;
}

static void destroy(struct session *session)
{
    tk_plan_free(session->plan);
    free(session->title);
    free(session->poster);
    free(session->facility);
    free(session);
}

void session_release(struct session *session)
{
    if (session && --session->refs == 0)
        destroy(session);
}

static int64_t begins(const char *date, const char *time)
{
    tk_day day;
    int minute;
    if (!tk_day_parse(date, '-', &day) || !tk_minute_parse(time, &minute))
        return 0;
    return (int64_t)day * DAY_MS + (minute - 9 * 60) * INT64_C(60000); /* Seoul is UTC+9 */
}

static struct tk_plan *plan_of(const struct tk_rows *rows)
{
    struct tk_grade grades[TK_GRADES_MAX];
    size_t n = rows->count < TK_GRADES_MAX ? rows->count : TK_GRADES_MAX;
    for (size_t i = 0; i < n; i++) {
        const char *name = tk_cell_str(rows, i, 0);
        if (!tk_copy(grades[i].name, sizeof grades[i].name, name ? name : ""))
            return NULL;
        grades[i].price = tk_cell_int(rows, i, 1);
    }
    if (n == 0)
        grades[n++] = (struct tk_grade){.price = 0};
    return tk_plan_default(grades, n);
}

static struct session *build(const struct load *load)
{
    const struct tk_rows *row = &load->session;
    struct session *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->id = load->id;
    s->refs = 1;
    s->loaded_ms = tk_mono_ms();
    s->title = strdup(tk_cell_str(row, 0, 1));
    s->poster = strdup(tk_cell_str(row, 0, 2));
    s->facility = strdup(tk_cell_str(row, 0, 3));
    s->closed = tk_cell_int(row, 0, 6) != 0;
    s->total = tk_cell_int(row, 0, 7);
    s->remaining = tk_cell_int(row, 0, 8);
    s->priced = load->grades.count > 0;
    s->plan = plan_of(&load->grades);
    bool ok = tk_copy(s->performance, sizeof s->performance, tk_cell_str(row, 0, 0)) &&
              tk_copy(s->date, sizeof s->date, tk_cell_str(row, 0, 4)) &&
              tk_copy(s->time, sizeof s->time, tk_cell_str(row, 0, 5));
    if (ok && s->plan && s->title && s->poster && s->facility) {
        s->begins_ms = begins(s->date, s->time);
        return s;
    }
    destroy(s);
    return NULL;
}

/* A session that nobody asked for in an hour is forgotten when its bucket is looked at. */
static void remember(struct session *session)
{
    struct session **at = &buckets[session->id % BUCKETS], *old;
    session->refs++;
    pthread_mutex_lock(&lock);
    while ((old = *at)) {
        if (old->id != session->id && session->loaded_ms - old->loaded_ms < KEEP_MS) {
            at = &old->next;
            continue;
        }
        *at = old->next;
        session_release(old);
    }
    *at = session;
    pthread_mutex_unlock(&lock);
}

static struct session *find(int64_t id, int64_t age_ms)
{
    struct session *s;
    pthread_mutex_lock(&lock);
    for (s = buckets[(uint64_t)id % BUCKETS]; s && s->id != id;)
        s = s->next;
    if (s && tk_mono_ms() - s->loaded_ms > age_ms)
        s = NULL;
    if (s)
        s->refs++;
    pthread_mutex_unlock(&lock);
    return s;
}

struct session *session_cached(int64_t id)
{
    return find(id, perf_conf.session_ms);
}

void session_forget(void)
{
    pthread_mutex_lock(&lock); /* while stopping, workers may still be at it */
    for (size_t i = 0; i < BUCKETS; i++)
        while (buckets[i]) {
            struct session *s = buckets[i];
            buckets[i] = s->next;
            session_release(s);
        }
    pthread_mutex_unlock(&lock);
}

enum tk_err session_read(struct tk_app *app, int64_t id, struct session **out)
{
    *out = NULL;
    struct load load = {.id = id, .arena = tk_arena_new(256 * 1024)};
    if (!load.arena)
        return TK_INTERNAL;
    enum tk_db_res res = tk_db_run(app->db, tk_mono_ms() + 2500, load_rows, &load);
    enum tk_err err = res == TK_DB_NONE ? TK_NO_SUCH_ELEMENT : tk_db_err(res);
    if (err == TK_OUTCOME_UNKNOWN) /* a SELECT has no outcome */
        err = TK_DB_UNABLE_TO_CONNECT;
    if (res == TK_DB_ERROR)
        tk_log(TK_ERROR, "session-load", TK_S("why", tk_db_error()));
    struct session *s = res == TK_DB_OK ? build(&load) : NULL;
    if (res == TK_DB_OK && !s)
        err = TK_INTERNAL;
    tk_arena_free(load.arena);
    if (s)
        remember(s);
    *out = s;
    return err;
}

enum tk_err session_get(struct tk_app *app, int64_t id, bool old, struct session **out)
{
    *out = session_cached(id);
    if (*out)
        return TK_OK;
    enum tk_err err = session_read(app, id, out);
    if (err != TK_OK && err != TK_NO_SUCH_ELEMENT && old && (*out = find(id, KEEP_MS)))
        return TK_OK;
    return err;
}

bool session_on_sale(const struct session *session)
{
    return session->priced && !session->closed && tk_wall_ms() < session->begins_ms;
}

bool session_is_over(const struct session *session)
{
    return tk_wall_ms() > session->begins_ms + DAY_MS;
}
