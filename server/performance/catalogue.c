#include "server/performance/catalogue.h"

#include "server/common/app.h"
#include "server/performance/cache.h"
#include "shared/base/log.h"
#include "shared/base/time.h"

struct call {
    struct query *queries;
    size_t count;
    struct tk_arena *arena;
};

static enum tk_db_res read_all(struct tk_conn *conn, void *arg)
{
    const struct call *call = arg;

    for (size_t i = 0; i < call->count; i++) {
        struct query *query = &call->queries[i];
        enum tk_db_res res;

        query->rows = (struct tk_rows){0};
        res = tk_db_exec(conn, query->sql, query->values, query->count, call->arena, &query->rows);
        if (res != TK_DB_OK && res != TK_DB_NONE)
            return res;
    }
    return TK_DB_OK;
}

enum tk_err catalogue_read(struct tk_req *req, struct query *queries, size_t count)
{
    struct call call = {.queries = queries, .count = count, .arena = tk_req_arena(req)};
    enum tk_db_res res = tk_db_run(tk_req_app(req)->db, tk_mono_ms() + tk_req_left_ms(req),
                                   read_all, &call);

    if (res != TK_DB_OK)
        tk_log(TK_ERROR, "the catalogue cannot be read", TK_S("error", tk_db_error()));
    /* Reading has no outcome that could be unknown: lost in the middle is lost. */
    return res == TK_DB_UNKNOWN ? TK_DB_UNABLE_TO_CONNECT : tk_db_err(res);
}

enum tk_err catalogue_ask(struct tk_req *req, struct tk_reply *reply, char *key, tk_handler *load)
{
    struct tk_buf body = {0};
    enum tk_err err;

    if (!key)
        return TK_INTERNAL;
    if (!cache_get(key, &body)) {
        tk_req_set(req, key);
        return tk_req_move(req, TK_ON_WORKER, load);
    }
    err = body.failed ? TK_INTERNAL : TK_OK;
    if (err == TK_OK)
        tk_reply_raw(reply, tk_err_http(err), "application/json", body.data, body.len);
    tk_buf_release(&body);
    return err;
}

static int put_json(const char *data, size_t size, void *arg)
{
    tk_buf_add(arg, data, size);
    return 0;
}

enum tk_err catalogue_answer(struct tk_req *req, struct tk_reply *reply, json_t *data)
{
    struct tk_buf body = {0};
    enum tk_err err = TK_INTERNAL;

    tk_buf_printf(&body, "{\"code\":%d,\"description\":\"%s\",\"data\":", tk_err_http(TK_OK),
                  tk_err_text(TK_OK));
    if (data && json_dump_callback(data, put_json, &body, JSON_COMPACT) == 0) {
        tk_buf_putc(&body, '}');
        err = body.failed ? TK_INTERNAL : TK_OK;
    }
    if (err == TK_OK) {
        cache_put(tk_req_get(req), body.data, body.len);
        tk_reply_raw(reply, tk_err_http(TK_OK), "application/json", body.data, body.len);
    }
    tk_buf_release(&body);
    json_decref(data);
    return err;
}

json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

json_t *list_item(const struct tk_rows *rows, size_t row, size_t column)
{
    static const char *const names[LIST_WIDTH] = {
        "prfId", "title", "startDate", "endDate", "viewingAge", "genre", "poster", "facilityName",
    };
    json_t *item = json_object();

    for (size_t i = 0; item && i < LIST_WIDTH; i++)
        if (json_object_set_new(item, names[i], text_or_null(tk_cell_str(rows, row, column + i))) !=
            0) {
            json_decref(item);
            return NULL;
        }
    return item;
}
