/* The pool, and the one place that retries. */
#include "server/common/db.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include "server/common/breaker.h"
#include "server/common/db_conn.h"
#include "shared/base/time.h"

#define TRIES_MAX 10
#define JITTER_MS 8 /* times the number of the try */
/* The library counts the time-out of a connect in whole seconds: with less left it would answer too
 * late. */
#define CONNECT_MIN_MS 900

struct tk_db {
    const struct tk_db_conf *conf;
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct tk_conn *idle;
    int64_t open;        /* idle, lent or being opened; at most conf->pool */
    uint64_t generation; /* raised when a connection is lost: those opened before are not trusted */
    struct tk_breaker breaker;
};

struct tk_db *tk_db_new(const struct tk_db_conf *conf)
{
    struct tk_db *db = calloc(1, sizeof *db);
    pthread_condattr_t attr;

    if (!db)
        return NULL;
    db->conf = conf;
    pthread_mutex_init(&db->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&db->freed, &attr);
    pthread_condattr_destroy(&attr);
    tk_breaker_init(&db->breaker);
    return db;
}

void tk_db_free(struct tk_db *db)
{
    struct tk_conn *conn;

    if (!db)
        return;
    while ((conn = db->idle)) {
        db->idle = conn->next;
        db_close(conn);
    }
    tk_breaker_release(&db->breaker);
    pthread_cond_destroy(&db->freed);
    pthread_mutex_destroy(&db->lock);
    free(db);
}

static struct timespec when(int64_t mono_ms)
{
    return (struct timespec){.tv_sec = mono_ms / 1000, .tv_nsec = mono_ms % 1000 * 1000000};
}

/* An idle connection on which anything can be read was closed, or is out of step. */
static bool is_fresh(struct tk_conn *conn)
{
    char byte;
    int fd = (int)mysql_get_socket(conn->my);

    return fd >= 0 && recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

static void forget(struct tk_db *db, struct tk_conn *conn, bool lost)
{
    db_close(conn);
    pthread_mutex_lock(&db->lock);
    db->open--;
    if (lost)
        db->generation++;
    pthread_cond_signal(&db->freed);
    pthread_mutex_unlock(&db->lock);
}

/* Takes an idle connection, or the right to open one (*conn NULL). false: none came free until the
 * deadline. */
static bool take(struct tk_db *db, int64_t deadline, struct tk_conn **conn, uint64_t *generation)
{
    struct timespec until = when(deadline);
    bool got = true;

    pthread_mutex_lock(&db->lock);
    while (got && !db->idle && db->open >= db->conf->pool)
        got = pthread_cond_timedwait(&db->freed, &db->lock, &until) != ETIMEDOUT;
    got = db->idle || db->open < db->conf->pool;
    *conn = db->idle;
    *generation = db->generation;
    if (*conn)
        db->idle = (*conn)->next;
    else if (got)
        db->open++;
    pthread_mutex_unlock(&db->lock);
    return got;
}

static struct tk_conn *open_conn(struct tk_db *db, int64_t deadline, uint64_t generation)
{
    struct tk_conn *conn;
    int64_t left = deadline - tk_mono_ms();

    if (left < CONNECT_MIN_MS) {
        db_note_text("no time left to connect");
        return NULL;
    }
    if (!tk_breaker_enter(&db->breaker)) {
        db_note_text("the server did not answer a moment ago");
        return NULL;
    }
    conn = calloc(1, sizeof *conn);
    if (conn)
        conn->my = db_open(db->conf, left < db->conf->timeout_ms ? left : db->conf->timeout_ms,
                           false);
    tk_breaker_leave(&db->breaker, !conn || conn->my);
    if (!conn || !conn->my) {
        free(conn);
        return NULL;
    }
    conn->timeout_ms = db->conf->timeout_ms;
    conn->generation = generation;
    return conn;
}

static struct tk_conn *borrow(struct tk_db *db, int64_t deadline)
{
    struct tk_conn *conn;
    uint64_t generation;

    for (;;) {
        if (!take(db, deadline, &conn, &generation)) {
            db_note_text("every connection of the pool is busy");
            return NULL;
        }
        if (!conn)
            break;
        if (conn->generation == generation && is_fresh(conn))
            goto out;
        conn->dead = true;
        forget(db, conn, false);
    }
    conn = open_conn(db, deadline, generation);
    if (!conn) {
        pthread_mutex_lock(&db->lock);
        db->open--;
        pthread_cond_signal(&db->freed);
        pthread_mutex_unlock(&db->lock);
        return NULL;
    }
out:
    conn->deadline = deadline;
    conn->tx = conn->wrote = conn->dirty = conn->hurried = false;
    conn->aftermath = TK_DB_OK;
    return conn;
}

static int64_t limit_of(struct tk_conn *conn)
{
    int64_t left = conn->deadline - tk_mono_ms();

    conn->hurried = left < conn->timeout_ms;
    return left < 50 ? 50 : left < conn->timeout_ms ? left : conn->timeout_ms;
}

static void give(struct tk_db *db, struct tk_conn *conn)
{
    bool open_tx = conn->dirty || (conn->my->server_status & SERVER_STATUS_IN_TRANS);

    if (!conn->dead && open_tx && !db_command(conn, "ROLLBACK", conn->timeout_ms))
        conn->dead = true;
    if (conn->dead) {
        forget(db, conn, !conn->hurried);
        return;
    }
    pthread_mutex_lock(&db->lock);
    conn->next = db->idle;
    db->idle = conn;
    pthread_cond_signal(&db->freed);
    pthread_mutex_unlock(&db->lock);
}

/* What fn swallowed stays true: a transaction that the server rolled back must not count as
 * done. */
static enum tk_db_res call(struct tk_conn *conn, enum tk_db_res (*fn)(struct tk_conn *, void *),
                           void *arg)
{
    enum tk_db_res res = fn(conn, arg);

    return conn->aftermath > res || (conn->aftermath && res == TK_DB_ERROR) ? conn->aftermath : res;
}

static enum tk_db_res commit(struct tk_conn *conn)
{
    unsigned number;

    if (tk_mono_ms() > conn->deadline) {
        conn->dirty = true;
        db_note_text("the deadline passed before COMMIT");
        return TK_DB_BROKEN;
    }
    if (db_command(conn, "COMMIT", limit_of(conn)))
        return TK_DB_OK;
    number = mysql_errno(conn->my);
    conn->dirty = true;
    conn->dead = conn->dead || db_is_lost(number);
    /* Whatever a COMMIT fails of, only a later look can tell whether it took place. */
    return TK_DB_UNKNOWN;
}

static enum tk_db_res call_tx(struct tk_conn *conn, enum tk_db_res (*fn)(struct tk_conn *, void *),
                              void *arg)
{
    enum tk_db_res res, committed;

    if (!db_command(conn, "START TRANSACTION", limit_of(conn))) {
        conn->dead = true;
        return TK_DB_BROKEN;
    }
    conn->tx = true;
    res = call(conn, fn, arg);
    if (res != TK_DB_OK && res != TK_DB_NONE) {
        conn->dirty = true;
        return res;
    }
    committed = commit(conn);
    return committed == TK_DB_OK ? res : committed;
}

static void jitter(int tries)
{
    unsigned char byte = 0;
    int64_t us;

    if (getrandom(&byte, 1, GRND_NONBLOCK) != 1)
        byte = (unsigned char)tk_mono_ms();
    us = (int64_t)tries * JITTER_MS * 1000 * (byte + 1) / 256;
    nanosleep(&(struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000}, NULL);
}

static enum tk_db_res run(struct tk_db *db, int64_t deadline,
                          enum tk_db_res (*fn)(struct tk_conn *, void *), void *arg, bool tx)
{
    enum tk_db_res res = TK_DB_BROKEN;
    struct tk_conn *conn;

    for (int tries = 1; tries <= TRIES_MAX; tries++) {
        conn = borrow(db, deadline);
        if (!conn)
            return TK_DB_BROKEN;
        res = tx ? call_tx(conn, fn, arg) : call(conn, fn, arg);
        give(db, conn);
        if (res != TK_DB_RETRY && (res != TK_DB_BROKEN || tries > 1))
            return res;
        if (tk_mono_ms() >= deadline)
            return res;
        if (res == TK_DB_RETRY)
            jitter(tries);
    }
    return res;
}

enum tk_db_res tk_db_run(struct tk_db *db, int64_t deadline_ms,
                         enum tk_db_res (*fn)(struct tk_conn *, void *), void *arg)
{
    return run(db, deadline_ms, fn, arg, false);
}

enum tk_db_res tk_db_tx(struct tk_db *db, int64_t deadline_ms,
                        enum tk_db_res (*fn)(struct tk_conn *, void *), void *arg)
{
    return run(db, deadline_ms, fn, arg, true);
}

enum tk_err tk_db_err(enum tk_db_res res)
{
    static const enum tk_err errs[] = {
        [TK_DB_OK] = TK_OK,
        [TK_DB_NONE] = TK_OK,
        [TK_DB_DUP] = TK_INTERNAL,
        [TK_DB_RETRY] = TK_UNAVAILABLE,
        [TK_DB_BROKEN] = TK_DB_UNABLE_TO_CONNECT,
        [TK_DB_UNKNOWN] = TK_OUTCOME_UNKNOWN,
        [TK_DB_ERROR] = TK_INTERNAL,
    };

    return errs[res];
}

static enum tk_db_res ping(struct tk_conn *conn, void *unused)
{
    (void)unused;
    if (db_command(conn, "DO 1", limit_of(conn)))
        return TK_DB_OK;
    conn->dead = true;
    return TK_DB_BROKEN;
}

bool tk_db_ping(struct tk_db *db)
{
    return tk_db_run(db, tk_mono_ms() + 1000, ping, NULL) == TK_DB_OK;
}
