/*
 * MariaDB: a pool of connections, statements with bound values only, one place that retries.
 * Blocking: call from workers. Connections are opened when needed, with time-outs on everything,
 * strict sql_mode, utf8mb4, time_zone +09:00 and max_statement_time below the read time-out, so that a
 * statement that we gave up does not run on.
 */
#ifndef TK_COMMON_DB_H
#define TK_COMMON_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/arena.h"
#include "shared/base/err.h"

struct tk_db;   /* the pool */
struct tk_conn; /* one connection, lent to one function call */

enum tk_db_res {
    TK_DB_OK = 0,
    TK_DB_NONE,   /* no row, nothing changed */
    TK_DB_DUP,    /* unique key violated (1062) */
    TK_DB_RETRY,  /* deadlock or lock wait: rolled back, tk_db_run tries again */
    TK_DB_BROKEN, /* no connection, or it was lost before anything could have been committed */
    TK_DB_UNKNOWN, /* the connection was lost while a COMMIT (or an autocommitted write) was under way */
    TK_DB_ERROR, /* the server refused the statement: a bug of ours; logged by the caller */
};

struct tk_db_conf {
    const char *socket, *host; /* socket wins; host with port */
    int64_t port;
    const char *name, *user, *password_file;
    int64_t pool;       /* connections, 8 to 32 */
    int64_t timeout_ms; /* connect, read, write: 2,500 */
};

/* Never connects. `conf` is kept. NULL when memory is short. */
struct tk_db *tk_db_new(const struct tk_db_conf *conf);
void tk_db_free(struct tk_db *db);

/* A bound value or a cell of a result. */
struct tk_val {
    enum { TK_VAL_NULL, TK_VAL_INT, TK_VAL_STR } type;
    int64_t num;
    const char *str; /* NUL-terminated in results; `len` bytes otherwise */
    size_t len;
};
struct tk_val tk_int(int64_t num);
struct tk_val tk_str(const char *text); /* NULL becomes NULL */
struct tk_val tk_bytes(const void *data, size_t size);

struct tk_rows {
    size_t count, columns;
    struct tk_val *cells; /* count × columns, in the arena */
    uint64_t affected, insert_id;
};
int64_t tk_cell_int(const struct tk_rows *rows, size_t row, size_t column); /* NULL is 0 */
const char *tk_cell_str(const struct tk_rows *rows, size_t row,
                        size_t column); /* NULL stays NULL */

/*
 * Runs one statement with its values. `sql` must be static text: its address names the prepared
 * statement of the connection. `rows` may be NULL; it is filled from `arena` (at most 10,000 rows).
 * CALL is fine: the first result set is returned, the others are drained.
 * OK with rows, NONE when a SELECT found none or a write changed none.
 */
enum tk_db_res tk_db_exec(struct tk_conn *conn, const char *sql, const struct tk_val *values,
                          size_t count, struct tk_arena *arena, struct tk_rows *rows);
#define tk_db_do(conn, sql, arena, rows, ...)                                                      \
    tk_db_exec((conn), (sql), (const struct tk_val[]){__VA_ARGS__},                                \
               sizeof((const struct tk_val[]){__VA_ARGS__}) / sizeof(struct tk_val), (arena),      \
               (rows))

/*
 * Borrows a connection and runs fn(conn, arg); on RETRY, and on BROKEN at the first try, runs it again (with
 * jitter) until `deadline_ms` (tk_mono_ms clock) or 10 tries. `fn` must therefore be safe to repeat.
 * tk_db_run: every statement commits by itself. tk_db_tx: START TRANSACTION before, COMMIT after OK, ROLLBACK
 * after anything else (NONE commits as well).
 */
enum tk_db_res tk_db_run(struct tk_db *db, int64_t deadline_ms,
                         enum tk_db_res (*fn)(struct tk_conn *, void *), void *arg);
enum tk_db_res tk_db_tx(struct tk_db *db, int64_t deadline_ms,
                        enum tk_db_res (*fn)(struct tk_conn *, void *), void *arg);
/* What the last failing call of this thread said, for the log. Never holds values. */
const char *tk_db_error(void);
/* OK (NONE too), UNAVAILABLE for RETRY, DB_UNABLE_TO_CONNECT, OUTCOME_UNKNOWN, INTERNAL for DUP and ERROR. */
enum tk_err tk_db_err(enum tk_db_res res);
/* true when a connection answers within a second (for /readyz). Blocking. */
bool tk_db_ping(struct tk_db *db);

#endif
