#include "server/reservation/relay.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/common/failpoint.h"
#include "server/reservation/address.h"
#include "server/reservation/sale_json.h"
#include "shared/base/log.h"
#include "shared/base/time.h"

#define WINDOW   100 /* published at once, then confirmed */
#define POLL_MS  200
#define PAUSE_MS 2000 /* longest pause while a store or the broker is away */
#define GAUGE_MS 1000
#define ROUND_MS 15000
#define MAKE_MS  3000        /* for a round's bodies: less than the leader's lock lasts */
#define ARENA    (16u << 20) /* WINDOW mails of 100 seats each */

struct row {
    int64_t id;
    char message_id[40];
    char *body; /* as published; NULL: not now */
    bool drop;  /* never: delete the row */
};

struct relay {
    enum relay_kind kind;
    struct tk_db *db; /* one connection: it holds the leader's lock */
    struct tk_db_conf db_conf;
    struct tk_pub *pub;
    struct address_book *book;
    const struct ticket_keys *keys;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool woken, stopping;
    int64_t gauges_at;
    int64_t broker_at;
    struct tk_arena *arena; /* of one round */
    size_t found, done;     /* of one round */
    bool more;              /* than this round took */
    bool away;              /* the broker was, in this round */
    bool complained;
    atomic_bool up; /* the broker answers */
};

/* ---- what the two kinds differ in ---- */

static char *seat_body(struct relay *relay, struct row *row, const struct tk_rows *rows, size_t i);
static char *mail_body(struct relay *relay, struct row *row, const struct tk_rows *rows, size_t i);

static const struct kind {
    const char *name, *exchange, *key, *id_prefix;
    const char *sql_lead, *sql_rows, *sql_gauges;
    enum { COLUMN_ID = 0, COLUMN_RESERVATION = 3 } id_column;
    char *(*body)(struct relay *, struct row *, const struct tk_rows *, size_t);
} kinds[] = {
    [RELAY_SEATS] =
        {"seat", "seat.exchange", "seat.key", "outbox-",
         "SELECT IF(IS_USED_LOCK(CONCAT(DATABASE(), '.outbox.seat')) <=> CONNECTION_ID(), 1,"
         " GET_LOCK(CONCAT(DATABASE(), '.outbox.seat'), 0))",
         "SELECT id, body, traceparent, reservation_id FROM outbox"
         " WHERE kind = 'seat' AND next_at <= UTC_TIMESTAMP(3) ORDER BY id LIMIT 100",
         "SELECT COUNT(*), TIMESTAMPDIFF(SECOND, MIN(created_at), UTC_TIMESTAMP()) FROM outbox"
         " WHERE kind = 'seat'",
         COLUMN_ID, seat_body},
    [RELAY_MAILS] =
        {"mail", "mail.exchange", "mail.key", "mail-",
         "SELECT IF(IS_USED_LOCK(CONCAT(DATABASE(), '.outbox.mail')) <=> CONNECTION_ID(), 1,"
         " GET_LOCK(CONCAT(DATABASE(), '.outbox.mail'), 0))",
         "SELECT id, body, traceparent, reservation_id FROM outbox"
         " WHERE kind = 'mail' AND next_at <= UTC_TIMESTAMP(3) ORDER BY id LIMIT 100",
         "SELECT COUNT(*), TIMESTAMPDIFF(SECOND, MIN(created_at), UTC_TIMESTAMP()) FROM outbox"
         " WHERE kind = 'mail'",
         COLUMN_RESERVATION, mail_body},
};

/* A leader that stopped answering loses the lock with its connection:
 * another process takes over. */
static const char sql_patience[] = "SET SESSION wait_timeout = 15";
/* ?: a JSON array of ids; one statement, one commit. */
static const char sql_delete[] =
    "DELETE o FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS j"
    " STRAIGHT_JOIN outbox AS o ON o.id = j.id";
static const char sql_postpone[] =
    "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS j"
    " STRAIGHT_JOIN outbox AS o ON o.id = j.id SET o.tries = o.tries + 1,"
    " o.next_at = UTC_TIMESTAMP(3) + INTERVAL LEAST(60, POW(2, LEAST(o.tries, 6))) SECOND";

static struct tk_metric depth[] = {
    [RELAY_SEATS] = {.name = "ticketaka_outbox_rows",
                     .help = "Outbox rows that are not published yet.",
                     .type = TK_GAUGE,
                     .labels = "kind=\"seat\""},
    [RELAY_MAILS] = {.name = "ticketaka_outbox_rows",
                     .help = "Outbox rows that are not published yet.",
                     .type = TK_GAUGE,
                     .labels = "kind=\"mail\""},
};
static struct tk_metric age[] = {
    [RELAY_SEATS] = {.name = "ticketaka_outbox_age_seconds",
                     .help = "Age of the oldest outbox row.",
                     .type = TK_GAUGE,
                     .labels = "kind=\"seat\""},
    [RELAY_MAILS] = {.name = "ticketaka_outbox_age_seconds",
                     .help = "Age of the oldest outbox row.",
                     .type = TK_GAUGE,
                     .labels = "kind=\"mail\""},
};
static struct tk_metric published[] = {
    [RELAY_SEATS] = {.name = "ticketaka_outbox_published_total",
                     .help = "Outbox rows that the broker confirmed.",
                     .type = TK_COUNTER,
                     .labels = "kind=\"seat\""},
    [RELAY_MAILS] = {.name = "ticketaka_outbox_published_total",
                     .help = "Outbox rows that the broker confirmed.",
                     .type = TK_COUNTER,
                     .labels = "kind=\"mail\""},
};
static struct tk_metric dropped = {
    .name = "ticketaka_outbox_dropped_total",
    .help = "Mails of members who do not exist any more.",
    .type = TK_COUNTER,
};

void relay_metrics(void)
{
    for (int kind = RELAY_SEATS; kind <= RELAY_MAILS; kind++) {
        tk_metric_register(&depth[kind]);
        tk_metric_register(&age[kind]);
        tk_metric_register(&published[kind]);
    }
    tk_metric_register(&dropped);
}

/* ---- bodies ---- */

static char *print(struct relay *relay, json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT);
    char *kept = text ? tk_strdup(relay->arena, text) : NULL;

    free(text);
    return kept;
}

/* The row's own id is the seats' change number. */
static char *seat_body(struct relay *relay, struct row *row, const struct tk_rows *rows, size_t i)
{
    const char *stored = tk_cell_str(rows, i, 1);
    json_t *body = json_loads(stored ? stored : "", JSON_REJECT_DUPLICATES, NULL);
    char *text = NULL;

    if (json_is_object(body) && json_object_set_new(body, "change", json_integer(row->id)) == 0)
        text = print(relay, body);
    json_decref(body);
    return text;
}

/* Who gets it: the sale's own customer, or the member. false: not now, or (row->drop) never. */
static bool addressee(struct relay *relay, struct row *row, const json_t *body, const char *trace,
                      const struct address **out)
{
    int64_t member = json_integer_value(json_object_get(body, "memberId"));

    if (json_is_string(json_object_get(body, "memberEmail")))
        return true;
    switch (address_find(relay->book, member, trace, out)) {
    case ADDRESS_FOUND:
        return true;
    case ADDRESS_GONE:
        tk_log(TK_WARN, "mail-without-member", TK_I("outbox", row->id), TK_I("member", member));
        row->drop = true;
        return false;
    case ADDRESS_AWAY:
        break;
    }
    if (!relay->complained)
        tk_log(TK_WARN, "member-away", TK_S("why", address_why(relay->book)));
    relay->complained = true;
    return false;
}

static char *mail_body(struct relay *relay, struct row *row, const struct tk_rows *rows, size_t i)
{
    const char *stored = tk_cell_str(rows, i, 1);
    json_t *body = json_loads(stored ? stored : "", JSON_REJECT_DUPLICATES, NULL);
    const struct address *to = NULL;
    char *text = NULL;

    if (!addressee(relay, row, body, tk_cell_str(rows, i, 2), &to))
        goto out;
    if (sale_mail(body, relay->keys, to ? to->email : NULL, to ? to->name : NULL))
        text = print(relay, body);
    else
        tk_log(TK_ERROR, "mail-unreadable", TK_I("outbox", row->id));
out:
    json_decref(body);
    return text;
}

/* ---- one round ---- */

/* Makes the messages; rows that there is no time for are left to the next round. */
static void prepare(struct relay *relay, const struct tk_rows *rows, struct row *list,
                    struct tk_mq_msg *msgs, size_t *count)
{
    const struct kind *kind = &kinds[relay->kind];
    int64_t until = tk_mono_ms() + MAKE_MS;

    for (relay->found = 0; relay->found < rows->count && tk_mono_ms() < until; relay->found++) {
        size_t i = relay->found;
        struct row *row = &list[i];

        row->id = tk_cell_int(rows, i, COLUMN_ID);
        snprintf(row->message_id, sizeof row->message_id, "%s%lld", kind->id_prefix,
                 (long long)tk_cell_int(rows, i, kind->id_column));
        row->body = kind->body(relay, row, rows, i);
        if (!row->body)
            continue;
        msgs[(*count)++] = (struct tk_mq_msg){
            .exchange = kind->exchange,
            .key = kind->key,
            .body = row->body,
            .size = strlen(row->body),
            .message_id = row->message_id,
            .traceparent = tk_cell_str(rows, i, 2),
        };
    }
}

/* -1 when the broker is away. */
static int publish(struct relay *relay, struct tk_mq_msg *msgs, size_t count)
{
    int sent;

    if (!count)
        return 0;
    if (TK_FAILPOINT("relay.before-publish"))
        return -1;
    sent = tk_pub_send(relay->pub, msgs, count);
    if (sent < 0 && !relay->away)
        tk_log(TK_WARN, "broker-away", TK_S("why", tk_pub_error(relay->pub)));
    return sent;
}

static enum tk_db_res run_ids(struct relay *relay, struct tk_conn *conn, const char *sql,
                              json_t *ids)
{
    char *text = json_array_size(ids) ? print(relay, ids) : NULL;
    enum tk_db_res res;

    if (!text)
        return json_array_size(ids) ? TK_DB_ERROR : TK_DB_OK;
    res = tk_db_do(conn, sql, relay->arena, NULL, tk_str(text));
    return res == TK_DB_NONE ? TK_DB_OK : res;
}

/* Rows that the broker has, or that can never be sent, go; those that could not be made wait their
 * turn. */
static enum tk_db_res settle(struct relay *relay, struct tk_conn *conn, const struct row *list,
                             const struct tk_mq_msg *msgs)
{
    json_t *gone = json_array(), *later = json_array();
    size_t confirmed = 0, drops = 0;
    enum tk_db_res res;

    for (size_t i = 0; i < relay->found; i++) {
        bool sent = list[i].body && msgs++->confirmed;

        confirmed += sent;
        drops += list[i].drop;
        if (sent || list[i].drop)
            json_array_append_new(gone, json_integer(list[i].id));
        else if (!list[i].body)
            json_array_append_new(later, json_integer(list[i].id));
    }
    res = run_ids(relay, conn, sql_delete, gone);
    if (res == TK_DB_OK) {
        relay->done = confirmed + drops;
        tk_metric_add(&published[relay->kind], (int64_t)confirmed);
        tk_metric_add(&dropped, (int64_t)drops);
        res = run_ids(relay, conn, sql_postpone, later);
    }
    json_decref(gone);
    json_decref(later);
    return res;
}

/* Once a second; the broker is asked here, so that /readyz tells of it also when nothing is
 * sold. */
static enum tk_db_res gauges(struct relay *relay, struct tk_conn *conn)
{
    struct tk_rows rows = {0};
    enum tk_db_res res;

    if (tk_mono_ms() < relay->gauges_at)
        return TK_DB_OK;
    res = tk_db_exec(conn, kinds[relay->kind].sql_gauges, NULL, 0, relay->arena, &rows);
    if (res != TK_DB_OK)
        return res;
    tk_metric_set(&depth[relay->kind], tk_cell_int(&rows, 0, 0));
    tk_metric_set(&age[relay->kind], tk_cell_int(&rows, 0, 1));
    relay->gauges_at = tk_mono_ms() + GAUGE_MS;
    return TK_DB_OK;
}

static enum tk_db_res round_fn(struct tk_conn *conn, void *arg)
{
    struct relay *relay = arg;
    const struct kind *kind = &kinds[relay->kind];
    struct row list[WINDOW] = {0};
    struct tk_mq_msg msgs[WINDOW] = {0};
    struct tk_rows rows = {0};
    size_t count = 0;
    enum tk_db_res res;

    relay->found = relay->done = 0;
    res = gauges(relay, conn);
    if (res == TK_DB_OK)
        res = tk_db_exec(conn, sql_patience, NULL, 0, relay->arena, NULL);
    if (res == TK_DB_OK || res == TK_DB_NONE)
        res = tk_db_exec(conn, kind->sql_lead, NULL, 0, relay->arena, &rows);
    if (res != TK_DB_OK || tk_cell_int(&rows, 0, 0) != 1)
        return res; /* another process leads */
    res = tk_db_exec(conn, kind->sql_rows, NULL, 0, relay->arena, &rows);
    if (res != TK_DB_OK)
        return res;
    prepare(relay, &rows, list, msgs, &count);
    relay->more = relay->found < rows.count || rows.count == WINDOW;
    relay->away = publish(relay, msgs, count) < 0;
    if (relay->away)
        for (size_t i = 0; i < count; i++)
            msgs[i].confirmed = false;
    if (TK_FAILPOINT("relay.after-confirm"))
        return TK_DB_OK;
    return settle(relay, conn, list, msgs);
}

/* ---- the thread ---- */

/* Returns whether to go on; waits `ms` unless woken. */
static bool wait_for_work(struct relay *relay, int64_t ms)
{
    struct timespec until;
    bool stopping;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&relay->mutex);
    while (!relay->woken && !relay->stopping)
        if (pthread_cond_timedwait(&relay->cond, &relay->mutex, &until) == ETIMEDOUT)
            break;
    relay->woken = false;
    stopping = relay->stopping;
    pthread_mutex_unlock(&relay->mutex);
    return !stopping;
}

static enum tk_db_res one_round(struct relay *relay)
{
    enum tk_db_res res;

    relay->arena = tk_arena_new(ARENA);
    if (!relay->arena)
        return TK_DB_ERROR;
    res = tk_db_run(relay->db, tk_mono_ms() + ROUND_MS, round_fn, relay);
    tk_arena_free(relay->arena);
    relay->arena = NULL;
    return res;
}

/* Not a part of the round, which needs the database: one that is away must not be taken for the broker. */
static void look_at_broker(struct relay *relay)
{
    if (tk_mono_ms() < relay->broker_at)
        return;
    atomic_store(&relay->up, tk_pub_send(relay->pub, NULL, 0) == 0);
    relay->broker_at = tk_mono_ms() + GAUGE_MS;
}

static void *run(void *arg)
{
    struct relay *relay = arg;
    bool was_down = false;
    int64_t pause = POLL_MS;

    do {
        look_at_broker(relay);

        enum tk_db_res res = one_round(relay);
        bool down = res != TK_DB_OK && res != TK_DB_NONE;

        if (down && !was_down)
            tk_log(TK_ERROR, "relay", TK_S("kind", kinds[relay->kind].name),
                   TK_S("why", tk_db_error()), TK_I("result", res));
        was_down = down;
        if (!down && !relay->away)
            pause = POLL_MS;
        else
            pause = pause * 2 > PAUSE_MS ? PAUSE_MS : pause * 2;
        if (relay->done)
            relay->complained = false;
        if (!down && relay->done && relay->more)
            pause = 0;
    } while (wait_for_work(relay, pause));
    return NULL;
}

bool relay_up(struct relay *relay)
{
    return atomic_load(&relay->up);
}

void relay_wake(struct relay *relay)
{
    pthread_mutex_lock(&relay->mutex);
    relay->woken = true;
    pthread_cond_signal(&relay->cond);
    pthread_mutex_unlock(&relay->mutex);
}

static void release(struct relay *relay)
{
    tk_pub_free(relay->pub);
    address_book_free(relay->book);
    tk_db_free(relay->db);
    pthread_cond_destroy(&relay->cond);
    pthread_mutex_destroy(&relay->mutex);
    free(relay);
}

static struct relay *make(struct tk_app *app, enum relay_kind kind, const struct ticket_keys *keys)
{
    struct relay *relay = calloc(1, sizeof *relay);
    pthread_condattr_t attr;

    if (!relay)
        return NULL;
    relay->kind = kind;
    relay->keys = keys;
    relay->db_conf = app->db_conf;
    relay->db_conf.pool = 1;
    pthread_mutex_init(&relay->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&relay->cond, &attr);
    pthread_condattr_destroy(&attr);
    relay->db = tk_db_new(&relay->db_conf);
    relay->pub = tk_pub_new(&app->mq_conf);
    return relay;
}

struct relay *relay_start(struct tk_app *app, enum relay_kind kind, const struct ticket_keys *keys,
                          const char *member_url)
{
    struct relay *relay = make(app, kind, keys);
    const char *why = "memory is short";

    if (relay && kind == RELAY_MAILS) {
        relay->book = address_book_new(member_url, app->keyring);
        if (!relay->book)
            why = "member-url is not a URL of ours";
    }
    if (relay && relay->db && relay->pub && (kind == RELAY_SEATS || relay->book) &&
        pthread_create(&relay->thread, NULL, run, relay) == 0)
        return relay;
    tk_log(TK_ERROR, "relay-start", TK_S("kind", kinds[kind].name), TK_S("why", why));
    if (relay)
        release(relay);
    return NULL;
}

void relay_stop(struct relay *relay)
{
    if (!relay)
        return;
    pthread_mutex_lock(&relay->mutex);
    relay->stopping = true;
    pthread_cond_signal(&relay->cond);
    pthread_mutex_unlock(&relay->mutex);
    pthread_join(relay->thread, NULL);
    release(relay);
}
