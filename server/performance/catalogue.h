/*
 * Reading the catalogue: GET /performance, /performance/search, /performance/cat,
 * /performance/rank. All of it comes from MariaDB, read by workers, and is remembered for a moment
 * (cache.h). What the collector has not been told is null on the wire; lists are never null.
 */
#ifndef PERFORMANCE_CATALOGUE_H
#define PERFORMANCE_CATALOGUE_H

#include <jansson.h>

#include "server/common/db.h"
#include "server/common/httpd.h"

tk_handler search_get, cat_get, rank_get, detail_get; /* all on the loop */

/* ---- shared by the four ------------------------------------------------------ */
struct query {
    const char *sql; /* static text */
    const struct tk_val *values;
    size_t count;
    struct tk_rows rows; /* out, in the request's arena; none: count 0 */
};

/* Runs them in order on one connection, within the request's deadline; logs what the database
 * refuses. */
enum tk_err catalogue_read(struct tk_req *req, struct query *queries, size_t count);

/*
 * A page of performances, newest loaded first. `sql` selects LIST_COLUMNS and takes one text, then
 * LIMIT and OFFSET. NO_DATA_SEARCHED: nothing on page 0.
 */
enum tk_err slice_get(struct tk_req *req, struct tk_reply *reply, const char *sql,
                      const char *text);

/*
 * On the loop: the remembered answer to `key` (NULL: memory was too short for one), or `load` on a
 * worker. What that gives to catalogue_answer (which steals `data`; NULL is out of memory) is
 * remembered under the same key.
 */
enum tk_err catalogue_ask(struct tk_req *req, struct tk_reply *reply, char *key, tk_handler *load);
enum tk_err catalogue_answer(struct tk_req *req, struct tk_reply *reply, json_t *data);

#define LIST_COLUMNS                                                                               \
    "p.performance_id, p.title, DATE_FORMAT(p.start_date, '%Y-%m-%d'),"                            \
    " DATE_FORMAT(p.end_date, '%Y-%m-%d'), p.viewing_age, p.genre, p.poster, f.name"
#define LIST_WIDTH 8
#define LIST_FROM  " FROM performance p LEFT JOIN facility f ON f.facility_id = p.facility_id"

/* The object of LIST_COLUMNS, which begin at `column`. */
json_t *list_item(const struct tk_rows *rows, size_t row, size_t column);
/* A string, or null. */
json_t *text_or_null(const char *text);

#endif
