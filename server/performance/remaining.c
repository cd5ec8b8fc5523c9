/* prf_session.remaining_seat, written behind: for lists, and for when there is no map. */
#include "server/performance/keeper.h"
#include "shared/base/log.h"
#include "shared/base/time.h"

static const char update_remaining[] =
    "UPDATE prf_session SET remaining_seat = ? WHERE prf_session_id = ? AND remaining_seat <> ?";

enum { BATCH = 200 };

struct batch {
    const struct remaining *rows;
    size_t count;
};

static enum tk_db_res write_batch(struct tk_conn *conn, void *arg)
{
    const struct batch *batch = arg;
    for (size_t i = 0; i < batch->count; i++) {
        const struct remaining *row = &batch->rows[i];
        enum tk_db_res res = tk_db_do(conn, update_remaining, NULL, NULL, tk_int(row->free),
                                      tk_int(row->session), tk_int(row->free));
        if (res != TK_DB_OK && res != TK_DB_NONE)
            return res;
    }
    return TK_DB_OK;
}

void remaining_write(struct tk_app *app, const struct remaining *rows, size_t count)
{
    for (size_t i = 0; i < count; i += BATCH) {
        struct batch batch = {rows + i, count - i < BATCH ? count - i : BATCH};
        enum tk_db_res res = tk_db_tx(app->db, tk_mono_ms() + 5000, write_batch, &batch);
        if (res != TK_DB_OK) { /* the next round writes again */
            tk_log(TK_WARN, "remaining-write", TK_I("result", res), TK_S("why", tk_db_error()));
            return;
        }
    }
}
