/* What MariaDB's error numbers mean to us. */
#include <mysql.h>

#include <errmsg.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "server/common/db_conn.h"

static _Thread_local char last_error[320];

enum meaning {
    REFUSED,   /* a bug of ours */
    DUPLICATE, /* unique key */
    REPEAT,    /* rolled back, may be tried again */
    LOST,      /* the connection is gone or is going */
    TROUBLE,   /* the server could not, and did nothing: disk full, read-only, no memory */
};

static const struct {
    unsigned number;
    enum meaning meaning;
} meanings[] = {
    {ER_DUP_ENTRY, DUPLICATE},
    {ER_DUP_ENTRY_WITH_KEY_NAME, DUPLICATE},
    {ER_LOCK_DEADLOCK, REPEAT},
    {ER_LOCK_WAIT_TIMEOUT, REPEAT},
    {ER_CHECKREAD, REPEAT},
    {ER_NEED_REPREPARE, REPEAT},
    {ER_STATEMENT_TIMEOUT, REPEAT},
    {ER_QUERY_INTERRUPTED, LOST},
    {ER_CONNECTION_KILLED, LOST},
    {ER_SERVER_SHUTDOWN, LOST},
    {ER_NEW_ABORTING_CONNECTION, LOST},
    {ER_NET_READ_ERROR, LOST},
    {ER_NET_READ_INTERRUPTED, LOST},
    {ER_NET_ERROR_ON_WRITE, LOST},
    {ER_NET_WRITE_INTERRUPTED, LOST},
    {CR_SERVER_GONE_ERROR, LOST},
    {CR_SERVER_LOST, LOST},
    {CR_SERVER_LOST_EXTENDED, LOST},
    {CR_COMMANDS_OUT_OF_SYNC, LOST},
    {CR_MALFORMED_PACKET, LOST},
    {CR_CONNECTION_ERROR, LOST},
    {CR_CONN_HOST_ERROR, LOST},
    {ER_DISK_FULL, TROUBLE},
    {ER_RECORD_FILE_FULL, TROUBLE},
    {ER_ERROR_ON_WRITE, TROUBLE},
    {ER_GET_ERRNO, TROUBLE},
    {ER_OUTOFMEMORY, TROUBLE},
    {ER_OUT_OF_RESOURCES, TROUBLE},
    {ER_OPTION_PREVENTS_STATEMENT, TROUBLE},
    {ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, TROUBLE},
};

/* Numbers whose text names only tables, columns, routines or our own static SQL, never a value. */
static const unsigned plain[] = {
    ER_PARSE_ERROR,
    ER_NO_SUCH_TABLE,
    ER_BAD_FIELD_ERROR,
    ER_DBACCESS_DENIED_ERROR,
    ER_BAD_DB_ERROR,
    ER_SP_DOES_NOT_EXIST,
    ER_ACCESS_DENIED_ERROR,
    ER_TABLEACCESS_DENIED_ERROR,
    ER_PROCACCESS_DENIED_ERROR,
    ER_DATA_TOO_LONG,
    ER_NO_DEFAULT_FOR_FIELD,
    ER_CON_COUNT_ERROR,
};

static enum meaning meaning_of(unsigned number)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].number == number)
            return meanings[i].meaning;
    return REFUSED;
}

bool db_is_lost(unsigned number)
{
    return meaning_of(number) == LOST;
}

const char *tk_db_error(void)
{
    return last_error;
}

static bool is_plain(unsigned number)
{
    if (number >= CR_MIN_ERROR && number <= CR_MAX_ERROR)
        return true;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (plain[i] == number)
            return true;
    return false;
}

/* Replaces what stands between quotes: that is where the server puts values. */
static void mask(char *text)
{
    char *to = text;
    bool quoted = false;

    for (const char *from = text; *from; from++) {
        if (*from == '\'')
            quoted = !quoted;
        if (!quoted || *from == '\'')
            *to++ = *from;
    }
    *to = '\0';
}

void db_note(unsigned number, const char *state, const char *text, const char *sql)
{
    char message[160];

    snprintf(message, sizeof message, "%s", text);
    if (!is_plain(number))
        mask(message);
    snprintf(last_error, sizeof last_error, "%u (%s) %s%s%.80s", number, state, message,
             sql ? " in: " : "", sql ? sql : "");
}

void db_note_text(const char *text)
{
    snprintf(last_error, sizeof last_error, "%s", text);
}

enum db_kind db_kind_of(const char *sql)
{
    static const struct {
        const char *verb;
        enum db_kind kind;
    } verbs[] = {
        {"SELECT", DB_READ},  {"SHOW", DB_READ},    {"WITH", DB_READ},     {"INSERT", DB_WRITE},
        {"UPDATE", DB_WRITE}, {"DELETE", DB_WRITE}, {"REPLACE", DB_WRITE},
    };

    sql += strspn(sql, " \t\r\n(");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strncasecmp(sql, verbs[i].verb, strlen(verbs[i].verb)) == 0)
            return verbs[i].kind;
    return DB_CALL;
}

/*
 * A failure after which nobody can say whether the statement was committed: it had been sent, and
 * either it commits by itself or it may commit inside (CALL). Within a transaction a plain
 * statement is just gone.
 */
static bool may_have_committed(const struct tk_conn *conn, enum db_kind kind, bool sent)
{
    if (conn->wrote)
        return true;
    return sent && (kind == DB_CALL || (kind == DB_WRITE && !conn->tx));
}

static enum tk_db_res mark(struct tk_conn *conn, enum tk_db_res res)
{
    if (res > conn->aftermath)
        conn->aftermath = res;
    return res;
}

enum tk_db_res db_classify(struct tk_conn *conn, unsigned number, enum db_kind kind, bool sent)
{
    conn->dirty = true;
    switch (meaning_of(number)) {
    case DUPLICATE:
        return TK_DB_DUP;
    case REPEAT:
        /* A killed CALL may have got past its COMMIT; a plain statement is undone as a whole. */
        if (number == ER_STATEMENT_TIMEOUT && kind == DB_CALL)
            return mark(conn, TK_DB_UNKNOWN);
        return mark(conn, TK_DB_RETRY);
    case LOST:
        conn->dead = true;
        return mark(conn, may_have_committed(conn, kind, sent) ? TK_DB_UNKNOWN : TK_DB_BROKEN);
    case TROUBLE:
        return mark(conn, conn->wrote || kind == DB_CALL ? TK_DB_UNKNOWN : TK_DB_BROKEN);
    case REFUSED:
        break;
    }
    return TK_DB_ERROR;
}
