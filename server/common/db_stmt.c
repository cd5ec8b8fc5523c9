/* One statement: prepare once per connection, bind, execute, fetch, drain. */
#include <mysql.h>

#include <errmsg.h>
#include <mysqld_error.h>
#include <stdlib.h>
#include <string.h>

#include "server/common/db_conn.h"
#include "shared/base/str.h"
#include "shared/base/time.h"

#define STMTS_MAX   256
#define ROWS_MAX    10000
#define VALUES_MAX  1024
#define COLUMNS_MAX 64
#define CELL_BYTES  256 /* longer cells are fetched a second time, into memory of their size */

struct tk_val tk_int(int64_t num)
{
    return (struct tk_val){.type = TK_VAL_INT, .num = num};
}

struct tk_val tk_bytes(const void *data, size_t size)
{
    return (struct tk_val){.type = data ? TK_VAL_STR : TK_VAL_NULL, .str = data, .len = size};
}

struct tk_val tk_str(const char *text)
{
    return tk_bytes(text, text ? strlen(text) : 0);
}

static const struct tk_val *cell(const struct tk_rows *rows, size_t row, size_t column)
{
    static const struct tk_val null = {.type = TK_VAL_NULL};

    if (row >= rows->count || column >= rows->columns)
        return &null;
    return &rows->cells[row * rows->columns + column];
}

/* A sum comes as DECIMAL, which is text. */
int64_t tk_cell_int(const struct tk_rows *rows, size_t row, size_t column)
{
    const struct tk_val *val = cell(rows, row, column);

    if (val->type == TK_VAL_STR)
        return strtoll(val->str, NULL, 10);
    return val->type == TK_VAL_INT ? val->num : 0;
}

const char *tk_cell_str(const struct tk_rows *rows, size_t row, size_t column)
{
    const struct tk_val *val = cell(rows, row, column);

    return val->type == TK_VAL_STR ? val->str : NULL;
}

/* ---- the result -------------------------------------------------------------- */
struct column {
    char text[CELL_BYTES];
    int64_t num;
    unsigned long len;
    my_bool null, error;
};

struct fetch {
    MYSQL_STMT *handle;
    struct tk_arena *arena;
    size_t columns, count, cap;
    struct column *column;
    MYSQL_BIND bind[COLUMNS_MAX];
    struct tk_val *cells; /* heap, until the count is known */
};

static bool is_integer(enum enum_field_types type)
{
    return type == MYSQL_TYPE_TINY || type == MYSQL_TYPE_SHORT || type == MYSQL_TYPE_INT24 ||
           type == MYSQL_TYPE_LONG || type == MYSQL_TYPE_LONGLONG || type == MYSQL_TYPE_YEAR;
}

static bool bind_columns(struct fetch *fetch)
{
    MYSQL_RES *meta = mysql_stmt_result_metadata(fetch->handle);
    MYSQL_FIELD *field = meta ? mysql_fetch_fields(meta) : NULL;

    fetch->column = field ? calloc(fetch->columns, sizeof *fetch->column) : NULL;
    for (size_t i = 0; fetch->column && i < fetch->columns; i++) {
        struct column *col = &fetch->column[i];
        bool integer = is_integer(field[i].type);

        fetch->bind[i] = (MYSQL_BIND){
            .buffer_type = integer ? MYSQL_TYPE_LONGLONG : MYSQL_TYPE_STRING,
            .buffer = integer ? (void *)&col->num : col->text,
            .buffer_length = integer ? sizeof col->num : sizeof col->text,
            .length = &col->len,
            .is_null = &col->null,
            .error = &col->error,
        };
    }
    if (meta)
        mysql_free_result(meta);
    return fetch->column && mysql_stmt_bind_result(fetch->handle, fetch->bind) == 0;
}

/* Copies one cell of the current row into the arena. */
static bool take_cell(struct fetch *fetch, size_t i, struct tk_val *out)
{
    struct column *col = &fetch->column[i];
    MYSQL_BIND whole = {.buffer_type = MYSQL_TYPE_STRING, .buffer_length = col->len};
    unsigned long len = 0;
    my_bool null = 0, error = 0;
    char *text;

    if (col->null) {
        *out = (struct tk_val){.type = TK_VAL_NULL};
        return true;
    }
    if (fetch->bind[i].buffer_type == MYSQL_TYPE_LONGLONG) {
        *out = tk_int(col->num);
        return true;
    }
    text = tk_alloc(fetch->arena, col->len + 1);
    if (!text)
        return false;
    *out = tk_bytes(text, col->len);
    if (col->len <= sizeof col->text) {
        memcpy(text, col->text, col->len);
        return true;
    }
    whole.buffer = text;
    whole.length = &len;
    whole.is_null = &null;
    whole.error = &error;
    return mysql_stmt_fetch_column(fetch->handle, &whole, (unsigned)i, 0) == 0;
}

static bool take_row(struct fetch *fetch)
{
    size_t cap = fetch->cap ? fetch->cap * 2 : 16;
    struct tk_val *cells;

    if (fetch->count == fetch->cap) {
        cells = reallocarray(fetch->cells, cap * fetch->columns, sizeof *cells);
        if (!cells)
            return false;
        fetch->cells = cells;
        fetch->cap = cap;
    }
    for (size_t i = 0; i < fetch->columns; i++)
        if (!take_cell(fetch, i, &fetch->cells[fetch->count * fetch->columns + i]))
            return false;
    fetch->count++;
    return true;
}

static const char *fetch_rows(struct fetch *fetch, bool keep)
{
    int status;

    while ((status = mysql_stmt_fetch(fetch->handle)) == 0 || status == MYSQL_DATA_TRUNCATED) {
        if (!keep) {
            fetch->count++;
            continue;
        }
        if (fetch->count == ROWS_MAX)
            return "more than 10,000 rows: ask for fewer";
        if (!take_row(fetch))
            return "the result does not fit into memory: ask for fewer rows";
    }
    return status == MYSQL_NO_DATA ? NULL : "";
}

static const char *hand_over(struct fetch *fetch, struct tk_rows *rows)
{
    size_t size = fetch->count * fetch->columns * sizeof *fetch->cells;

    rows->count = fetch->count;
    rows->columns = fetch->columns;
    rows->cells = size ? tk_alloc(fetch->arena, size) : NULL;
    if (size && !rows->cells)
        return "the result does not fit into memory: ask for fewer rows";
    if (size)
        memcpy(rows->cells, fetch->cells, size);
    return NULL;
}

/*
 * Reads the first result set. Returns NULL, or what went wrong: "" when the library knows
 * (mysql_stmt_errno).
 */
static const char *read_result(MYSQL_STMT *handle, struct tk_arena *arena, struct tk_rows *rows,
                               size_t *count)
{
    struct fetch fetch = {.handle = handle, .arena = arena};
    bool keep = rows && arena;
    const char *why;

    fetch.columns = mysql_stmt_field_count(handle);
    if (fetch.columns > COLUMNS_MAX)
        return "more than 64 columns";
    why = bind_columns(&fetch) ? NULL : "";
    if (!why)
        why = fetch_rows(&fetch, keep);
    if (!why && keep)
        why = hand_over(&fetch, rows);
    *count = fetch.count;
    free(fetch.cells);
    free(fetch.column);
    return why;
}

/* ---- the statement ----------------------------------------------------------- */
static enum tk_db_res failed(struct tk_conn *conn, struct db_stmt *stmt, bool sent)
{
    unsigned number = mysql_stmt_errno(stmt->handle);

    if (!number) { /* the library gave up without a reason: nothing can be trusted */
        number = CR_SERVER_LOST;
        db_note(number, "HY000", "the library failed", stmt->sql);
    } else {
        db_note(number, mysql_stmt_sqlstate(stmt->handle), mysql_stmt_error(stmt->handle),
                stmt->sql);
    }
    /* GONE is what a failed send gives: an incomplete statement is not executed. */
    return db_classify(conn, number, stmt->kind, sent && number != CR_SERVER_GONE_ERROR);
}

static void drop(struct tk_conn *conn, struct db_stmt *stmt)
{
    mysql_stmt_close(stmt->handle);
    *stmt = conn->stmts[--conn->stmt_count];
}

static enum tk_db_res refuse(const char *why)
{
    db_note_text(why);
    return TK_DB_ERROR;
}

static bool room_for_one(struct tk_conn *conn)
{
    size_t cap = conn->stmt_cap ? conn->stmt_cap * 2 : 16;
    struct db_stmt *stmts;

    if (conn->stmt_count == STMTS_MAX)
        drop(conn, &conn->stmts[0]);
    if (conn->stmt_count < conn->stmt_cap)
        return true;
    stmts = reallocarray(conn->stmts, cap, sizeof *stmts);
    if (!stmts)
        return false;
    conn->stmts = stmts;
    conn->stmt_cap = cap;
    return true;
}

static enum tk_db_res prepare(struct tk_conn *conn, const char *sql, struct db_stmt **out)
{
    struct db_stmt *stmt;
    enum tk_db_res res;

    for (size_t i = 0; i < conn->stmt_count; i++) {
        if (conn->stmts[i].sql == sql) {
            *out = &conn->stmts[i];
            return TK_DB_OK;
        }
    }
    if (!room_for_one(conn))
        return refuse("out of memory");
    stmt = &conn->stmts[conn->stmt_count];
    *stmt = (struct db_stmt){sql, mysql_stmt_init(conn->my), db_kind_of(sql)};
    if (!stmt->handle)
        return refuse("out of memory");
    conn->stmt_count++;
    if (mysql_stmt_prepare(stmt->handle, sql, strlen(sql))) {
        res = failed(conn, stmt, false);
        drop(conn, stmt);
        return res;
    }
    *out = stmt;
    return TK_DB_OK;
}

static bool bind_values(MYSQL_STMT *handle, const struct tk_val *values, size_t count,
                        MYSQL_BIND *bind)
{
    for (size_t i = 0; i < count; i++) {
        const struct tk_val *val = &values[i];

        bind[i] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_NULL};
        if (val->type == TK_VAL_INT) {
            bind[i].buffer_type = MYSQL_TYPE_LONGLONG;
            bind[i].buffer = (void *)&val->num;
        } else if (val->type == TK_VAL_STR) {
            bind[i].buffer_type = MYSQL_TYPE_STRING;
            bind[i].buffer = (void *)val->str;
            bind[i].buffer_length = val->len;
        }
    }
    return count == 0 || mysql_stmt_bind_param(handle, bind) == 0;
}

/* A CALL ends with a status of its own after its result sets; all must be read before the next
 * statement. */
static bool drain(MYSQL_STMT *handle)
{
    int status;

    mysql_stmt_free_result(handle);
    while ((status = mysql_stmt_next_result(handle)) == 0)
        mysql_stmt_free_result(handle);
    return status < 0;
}

static enum tk_db_res collect(struct tk_conn *conn, struct db_stmt *stmt, struct tk_arena *arena,
                              struct tk_rows *rows)
{
    struct tk_rows none;
    bool has_rows = mysql_stmt_field_count(stmt->handle) > 0;
    const char *why = NULL;
    size_t count = 0;

    if (!rows)
        rows = &none;
    *rows = (struct tk_rows){0};
    rows->affected = has_rows ? 0 : mysql_stmt_affected_rows(stmt->handle);
    rows->insert_id = mysql_stmt_insert_id(stmt->handle);
    if (has_rows)
        why = read_result(stmt->handle, arena, rows == &none ? NULL : rows, &count);
    if (why && *why) {
        /* Ours to mend, but what follows on this connection cannot be read any more. */
        conn->dead = conn->dirty = true;
        return refuse(why);
    }
    if (why || !drain(stmt->handle))
        return failed(conn, stmt, true);
    if (has_rows)
        return count ? TK_DB_OK : TK_DB_NONE;
    return stmt->kind == DB_WRITE && rows->affected == 0 ? TK_DB_NONE : TK_DB_OK;
}

/* Ends the run: nothing of it can be committed any more. */
static bool give_up(struct tk_conn *conn)
{
    conn->aftermath = conn->wrote ? TK_DB_UNKNOWN : TK_DB_BROKEN;
    return false;
}

static bool begin(struct tk_conn *conn)
{
    int64_t left = conn->deadline - tk_mono_ms();

    if (conn->aftermath != TK_DB_OK)
        return false; /* the transaction is over already: nothing more may be sent */
    if (left <= 0) {
        db_note_text("the deadline passed before the statement");
        return give_up(conn);
    }
    conn->hurried = left < conn->timeout_ms;
    left = conn->hurried ? left : conn->timeout_ms;
    /* A CALL that failed may have left its transaction open:
     * what comes next must not fall into it. */
    if (conn->dirty && !conn->tx) {
        conn->dead = conn->dead || !db_command(conn, "ROLLBACK", left);
        if (conn->dead)
            return give_up(conn);
        conn->dirty = false;
    }
    db_limit(left);
    return true;
}

/* A statement that commits by itself must have done so. */
static enum tk_db_res committed(struct tk_conn *conn, enum tk_db_res res)
{
    if (!(conn->my->server_status & SERVER_STATUS_IN_TRANS)) {
        conn->wrote = true;
        return res;
    }
    conn->dirty = true;
    return refuse("a CALL left its transaction open; it was rolled back");
}

enum tk_db_res tk_db_exec(struct tk_conn *conn, const char *sql, const struct tk_val *values,
                          size_t count, struct tk_arena *arena, struct tk_rows *rows)
{
    MYSQL_BIND small[32], *bind = small;
    struct db_stmt *stmt = NULL;
    enum tk_db_res res;

    if (!begin(conn))
        return conn->aftermath;
    res = prepare(conn, sql, &stmt);
    if (!stmt)
        return res;
    if (count != mysql_stmt_param_count(stmt->handle) || count > VALUES_MAX)
        return refuse("the count of values is not that of the placeholders");
    if (count > sizeof small / sizeof *small)
        bind = calloc(count, sizeof *bind);
    if (!bind)
        return refuse("out of memory");
    if (!bind_values(stmt->handle, values, count, bind))
        res = failed(conn, stmt, false);
    else if (mysql_stmt_execute(stmt->handle))
        res = failed(conn, stmt, true);
    else
        res = collect(conn, stmt, arena, rows);
    if (bind != small)
        free(bind);
    if (!conn->tx && stmt->kind != DB_READ && (res == TK_DB_OK || res == TK_DB_NONE))
        res = committed(conn, res);
    if (mysql_stmt_errno(stmt->handle) == ER_NEED_REPREPARE)
        drop(conn, stmt);
    return res;
}
