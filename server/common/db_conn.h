/* Private to db*.c and migrate.c: one connection to MariaDB and what is known about its
 * statements. */
#ifndef TK_COMMON_DB_CONN_H
#define TK_COMMON_DB_CONN_H

#include <mysql.h>

#include "server/common/db.h"

enum db_kind {
    DB_READ,  /* SELECT, SHOW: repeating it never hurts */
    DB_WRITE, /* INSERT, UPDATE, DELETE, REPLACE: rolled back as a whole when it fails */
    DB_CALL,  /* CALL and the rest: may commit inside */
};

struct db_stmt {
    const char *sql; /* its address is the name */
    MYSQL_STMT *handle;
    enum db_kind kind;
};

struct tk_conn {
    struct tk_conn *next; /* in the pool's list of idle ones */
    MYSQL *my;
    struct db_stmt *stmts;
    size_t stmt_count, stmt_cap;
    int64_t timeout_ms;
    uint64_t generation; /* of the pool when this was opened */
    /* One run's state. */
    int64_t deadline;
    bool tx;
    bool wrote;   /* a statement that commits by itself has succeeded in this run */
    bool dirty;   /* something failed: ROLLBACK before the next use */
    bool dead;    /* close it */
    bool hurried; /* the limit was the request's deadline: says nothing about the server */
    enum tk_db_res
        aftermath; /* worst of RETRY, BROKEN, UNKNOWN so far: fn cannot turn it into OK */
};

/*
 * Opens a connection within `timeout_ms`; NULL: tk_db_error says why. `ddl` lifts
 * max_statement_time and the read time-out to ten minutes, for migrations.
 */
MYSQL *db_open(const struct tk_db_conf *conf, int64_t timeout_ms, bool ddl);
/* Closes without waiting for the server. */
void db_close(struct tk_conn *conn);
/* What this thread does next with any connection may take no longer than this, all its waits
 * together. */
void db_limit(int64_t ms);

/* Runs one statement of ours without values or result. */
bool db_command(struct tk_conn *conn, const char *sql, int64_t limit_ms);

/* Sets tk_db_error: number, SQLSTATE, text without values, and the start of the statement. */
void db_note(unsigned number, const char *state, const char *text, const char *sql);
void db_note_text(const char *text);
/* What a failure with this number means for the statement that got it; marks conn. */
enum tk_db_res db_classify(struct tk_conn *conn, unsigned number, enum db_kind kind, bool sent);
enum db_kind db_kind_of(const char *sql);
bool db_is_lost(unsigned number);

#endif
