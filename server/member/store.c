#include "server/member/store.h"

#include <string.h>

/* One call of tk_db_run or tk_db_tx: what it looks for or writes, and where the result goes. */
struct call {
    const char *email, *text;
    int64_t id;
    struct tk_arena *arena;
    struct member_row *found;
    const struct member_row *row;
};

#define COLUMNS                                                                                    \
    "SELECT id, email, password, name, DATE_FORMAT(birth, '%Y-%m-%d'), phone, scope,"              \
    " state = 'active' FROM member "

static void fill(const struct tk_rows *rows, struct member_row *row)
{
    *row = (struct member_row){
        .id = tk_cell_int(rows, 0, 0),
        .email = tk_cell_str(rows, 0, 1),
        .password = tk_cell_str(rows, 0, 2),
        .name = tk_cell_str(rows, 0, 3),
        .birth = tk_cell_str(rows, 0, 4),
        .phone = tk_cell_str(rows, 0, 5),
        .scope = tk_cell_str(rows, 0, 6),
        .active = tk_cell_int(rows, 0, 7) != 0,
    };
}

static enum tk_db_res by_email(struct tk_conn *conn, void *arg)
{
    static const char sql[] = COLUMNS "WHERE email = ?";
    struct call *call = arg;
    struct tk_rows rows;
    enum tk_db_res res = tk_db_do(conn, sql, call->arena, &rows, tk_str(call->email));
    if (res == TK_DB_OK)
        fill(&rows, call->found);
    return res;
}

enum tk_db_res store_by_email(struct tk_db *db, int64_t deadline_ms, const char *email,
                              struct tk_arena *arena, struct member_row *row)
{
    struct call call = {.email = email, .arena = arena, .found = row};
    return tk_db_run(db, deadline_ms, by_email, &call);
}

static enum tk_db_res by_id(struct tk_conn *conn, void *arg)
{
    static const char sql[] = COLUMNS "WHERE id = ?";
    struct call *call = arg;
    struct tk_rows rows;
    enum tk_db_res res = tk_db_do(conn, sql, call->arena, &rows, tk_int(call->id));
    if (res == TK_DB_OK)
        fill(&rows, call->found);
    return res;
}

enum tk_db_res store_by_id(struct tk_db *db, int64_t deadline_ms, int64_t id,
                           struct tk_arena *arena, struct member_row *row)
{
    struct call call = {.id = id, .arena = arena, .found = row};
    return tk_db_run(db, deadline_ms, by_id, &call);
}

static enum tk_db_res insert(struct tk_conn *conn, void *arg)
{
    static const char sql[] =
        "INSERT INTO member (email, password, name, birth, phone, gender, scope)"
        " VALUES (?, ?, ?, ?, ?, ?, COALESCE(?, 'member'))";
    const struct member_row *row = ((struct call *)arg)->row;
    return tk_db_do(conn, sql, NULL, NULL, tk_str(row->email), tk_str(row->password),
                    tk_str(row->name), tk_str(row->birth), tk_str(row->phone), tk_str(row->gender),
                    tk_str(row->scope));
}

enum tk_db_res store_insert(struct tk_db *db, int64_t deadline_ms, const struct member_row *row,
                            struct tk_arena *arena)
{
    struct call call = {.row = row};
    enum tk_db_res res = tk_db_run(db, deadline_ms, insert, &call);
    if (res != TK_DB_DUP && res != TK_DB_UNKNOWN)
        return res;
    struct member_row there;
    enum tk_db_res asked = store_by_email(db, deadline_ms, row->email, arena, &there);
    if (asked == TK_DB_OK)
        return strcmp(there.password, row->password) == 0 ? TK_DB_OK : TK_DB_DUP;
    return res;
}

/* An UPDATE that changes nothing is not told from one that finds nothing: so look, and lock,
 * first. */
static enum tk_db_res lock_member(struct tk_conn *conn, const char *email, struct tk_arena *arena,
                                  int64_t *id)
{
    static const char sql[] = "SELECT id FROM member WHERE email = ? FOR UPDATE";
    struct tk_rows rows;
    enum tk_db_res res = tk_db_do(conn, sql, arena, &rows, tk_str(email));
    if (res == TK_DB_OK)
        *id = tk_cell_int(&rows, 0, 0);
    return res;
}

static enum tk_db_res change(struct tk_conn *conn, const char *sql, struct call *call)
{
    enum tk_db_res res = lock_member(conn, call->email, call->arena, &call->id);
    if (res != TK_DB_OK)
        return res;
    res = tk_db_do(conn, sql, NULL, NULL, tk_str(call->text), tk_int(call->id));
    return res == TK_DB_NONE ? TK_DB_OK : res;
}

static enum tk_db_res end_logins(struct tk_conn *conn, int64_t member)
{
    static const char sql[] = "DELETE FROM refresh_token WHERE member_id = ?";
    enum tk_db_res res = tk_db_do(conn, sql, NULL, NULL, tk_int(member));
    return res == TK_DB_NONE ? TK_DB_OK : res;
}

static enum tk_db_res set_scope(struct tk_conn *conn, void *arg)
{
    static const char sql[] = "UPDATE member SET scope = ? WHERE id = ?";
    return change(conn, sql, arg);
}

static enum tk_db_res set_password(struct tk_conn *conn, void *arg)
{
    static const char sql[] = "UPDATE member SET password = ? WHERE id = ?";
    struct call *call = arg;
    enum tk_db_res res = change(conn, sql, call);
    return res == TK_DB_OK ? end_logins(conn, call->id) : res;
}

static enum tk_db_res set_state(struct tk_conn *conn, void *arg)
{
    static const char sql[] = "UPDATE member SET state = ? WHERE id = ?";
    struct call *call = arg;
    enum tk_db_res res = change(conn, sql, call);
    return res == TK_DB_OK && strcmp(call->text, "active") != 0 ? end_logins(conn, call->id) : res;
}

static enum tk_db_res in_tx(struct tk_db *db, int64_t deadline_ms, const char *email,
                            const char *text, enum tk_db_res (*fn)(struct tk_conn *, void *))
{
    struct tk_arena *arena = tk_arena_new(16 * 1024);
    if (!arena)
        return TK_DB_ERROR;
    struct call call = {.email = email, .text = text, .arena = arena};
    enum tk_db_res res = tk_db_tx(db, deadline_ms, fn, &call);
    tk_arena_free(arena);
    return res;
}

enum tk_db_res store_set_scope(struct tk_db *db, int64_t deadline_ms, const char *email,
                               const char *scope)
{
    return in_tx(db, deadline_ms, email, scope, set_scope);
}

enum tk_db_res store_set_password(struct tk_db *db, int64_t deadline_ms, const char *email,
                                  const char *hash)
{
    return in_tx(db, deadline_ms, email, hash, set_password);
}

enum tk_db_res store_set_state(struct tk_db *db, int64_t deadline_ms, const char *email,
                               const char *state)
{
    return in_tx(db, deadline_ms, email, state, set_state);
}
