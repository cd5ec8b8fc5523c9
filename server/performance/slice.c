/* The page shape of the documented API: content first, then more facts about the page than anybody
 * asks for. */
#include "server/performance/catalogue.h"
#include "shared/base/str.h"

#define PAGE_SIZE 20
#define PAGE_MAX  1000000

static json_t *unsorted(void)
{
    return json_pack("{s:b, s:b, s:b}", "empty", 1, "sorted", 0, "unsorted", 1);
}

static json_t *slice(const struct tk_rows *rows, int64_t page)
{
    size_t count = rows->count > PAGE_SIZE ? PAGE_SIZE : rows->count;
    json_t *content = json_array();

    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(content, list_item(rows, i, 0)) != 0) {
            json_decref(content);
            return NULL;
        }
    return json_pack("{s:o, s:{s:o, s:I, s:I, s:i, s:b, s:b}, s:i, s:I, s:I, s:o, s:b, s:b, s:b}",
                     "content", content, "pageable", "sort", unsorted(), "offset",
                     (json_int_t)page * PAGE_SIZE, "pageNumber", (json_int_t)page, "pageSize",
                     PAGE_SIZE, "paged", 1, "unpaged", 0, "size", PAGE_SIZE, "number",
                     (json_int_t)page, "numberOfElements", (json_int_t)count, "sort", unsorted(),
                     "first", page == 0, "last", rows->count <= PAGE_SIZE, "empty", count == 0);
}

enum tk_err slice_get(struct tk_req *req, struct tk_reply *reply, const char *sql, const char *text)
{
    const char *asked = tk_req_query(req, "page");
    struct tk_val values[3];
    struct query query = {.sql = sql, .values = values, .count = 3};
    int64_t page = 0;
    enum tk_err err;

    if (asked && !tk_parse_i64(asked, 0, PAGE_MAX, &page)) {
        tk_reply_detail(reply, "'page' is a number from 0 to %d", PAGE_MAX);
        return TK_INVALID_VALUE;
    }
    values[0] = tk_str(text);
    values[1] = tk_int(PAGE_SIZE + 1); /* one more tells whether this page is the last */
    values[2] = tk_int(page * PAGE_SIZE);
    err = catalogue_read(req, &query, 1);
    if (err != TK_OK)
        return err;
    if (page == 0 && query.rows.count == 0)
        return TK_NO_DATA_SEARCHED;
    return catalogue_answer(req, reply, slice(&query.rows, page));
}
