#include "server/performance/catalogue.h"
#include "shared/base/time.h"

#define RANK_COLUMN LIST_WIDTH

/* The numbers are those of the day's list, so they have gaps where the catalogue lacks a
 * performance. */
static json_t *rank_list(const struct tk_rows *rows)
{
    json_t *list = json_array();

    for (size_t i = 0; i < rows->count; i++) {
        json_t *item = list_item(rows, i, 0);

        if (json_object_set_new(item, "rnum", json_string(tk_cell_str(rows, i, RANK_COLUMN))) !=
                0 ||
            json_array_append(list, item) != 0) {
            json_decref(item);
            json_decref(list);
            return NULL;
        }
        json_decref(item);
    }
    return list;
}

static enum tk_err load(struct tk_req *req, struct tk_reply *reply)
{
    static const char sql[] = "SELECT " LIST_COLUMNS ", CAST(r.rnum AS CHAR)" LIST_FROM
                              " JOIN prf_rank r ON r.performance_id = p.performance_id"
                              " WHERE r.rank_date = ? ORDER BY r.rnum LIMIT 10";
    char day[2][11];
    struct tk_val values[2];
    struct query queries[2];
    enum tk_err err;
    tk_day today;
    int minute;

    tk_seoul(tk_wall_ms(), &today, &minute);
    for (int back = 0; back < 2; back++) {
        tk_day_print(today - 1 - back, day[back]);
        values[back] = tk_str(day[back]);
        queries[back] = (struct query){.sql = sql, .values = &values[back], .count = 1};
    }
    err = catalogue_read(req, queries, 2);
    if (err != TK_OK)
        return err;
    return catalogue_answer(req, reply, rank_list(&queries[queries[0].rows.count ? 0 : 1].rows));
}

enum tk_err rank_get(struct tk_req *req, struct tk_reply *reply)
{
    return catalogue_ask(req, reply, tk_strdup(tk_req_arena(req), "rank"), load);
}
