#include "server/mail/store.h"

#include "shared/base/time.h"

#define STORE_MS 2500

struct begin {
    const char *message_id, *kind;
    enum sent_state state;
    int64_t age_s;
};

static enum tk_db_res begin(struct tk_conn *conn, void *arg)
{
    static const char insert[] = "INSERT INTO sent (message_id, kind, state)"
                                 " VALUES (?, ?, 'sending')";
    static const char look[] = "SELECT state + 0,"
                               " TIMESTAMPDIFF(SECOND, first_seen, CURRENT_TIMESTAMP(3))"
                               " FROM sent WHERE message_id = ?";
    struct begin *b = arg;
    struct tk_arena *arena = tk_arena_new(4096);
    struct tk_rows rows;
    enum tk_db_res res;

    if (!arena)
        return TK_DB_BROKEN;
    b->state = SENT_NEW;
    b->age_s = 0;
    res = tk_db_do(conn, insert, arena, NULL, tk_str(b->message_id), tk_str(b->kind));
    if (res == TK_DB_DUP) {
        res = tk_db_do(conn, look, arena, &rows, tk_str(b->message_id));
        if (res == TK_DB_OK) {
            b->state = (enum sent_state)tk_cell_int(&rows, 0,
                                                    0); /* the enum's order is the column's */
            b->age_s = tk_cell_int(&rows, 0, 1);
        }
    }
    tk_arena_free(arena);
    return res;
}

enum tk_db_res sent_begin(struct tk_db *db, const char *message_id, const char *kind,
                          enum sent_state *state, int64_t *age_s)
{
    struct begin b = {.message_id = message_id, .kind = kind};
    enum tk_db_res res = tk_db_run(db, tk_mono_ms() + STORE_MS, begin, &b);

    /* An insert of which we do not know whether it was done is simply found by the next try. */
    *state = b.state;
    *age_s = b.age_s;
    return res;
}

struct finish {
    const char *message_id;
    int64_t state;
};

static enum tk_db_res finish(struct tk_conn *conn, void *arg)
{
    static const char update[] = "UPDATE sent SET state = ? WHERE message_id = ?";
    const struct finish *f = arg;
    struct tk_arena *arena = tk_arena_new(4096);
    enum tk_db_res res;

    if (!arena)
        return TK_DB_BROKEN;
    res = tk_db_do(conn, update, arena, NULL, tk_int(f->state), tk_str(f->message_id));
    tk_arena_free(arena);
    return res == TK_DB_NONE ? TK_DB_OK : res;
}

enum tk_db_res sent_finish(struct tk_db *db, const char *message_id, enum sent_state state)
{
    struct finish f = {.message_id = message_id, .state = state};

    return tk_db_run(db, tk_mono_ms() + STORE_MS, finish, &f);
}
