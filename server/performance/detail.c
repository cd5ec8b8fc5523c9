#include "server/common/validate.h"
#include "server/performance/catalogue.h"

static const char performance_sql[] =
    "SELECT p.performance_id, p.title, DATE_FORMAT(p.start_date, '%Y-%m-%d'),"
    " DATE_FORMAT(p.end_date, '%Y-%m-%d'), p.cast_names, p.crew, p.runtime, p.pro_comp,"
    " p.viewing_age, p.poster, p.story, p.genre, p.state, p.sty_urls,"
    " f.name, f.tel_no, f.relate_url, f.address,"
    " CAST(f.latitude AS CHAR), CAST(f.longitude AS CHAR)" LIST_FROM " WHERE p.performance_id = ?";
static const char grade_sql[] =
    "SELECT seat_type, price FROM prf_grade WHERE performance_id = ? ORDER BY ord";
static const char session_sql[] =
    "SELECT prf_session_id, DATE_FORMAT(session_date, '%Y-%m-%d'),"
    " TIME_FORMAT(session_time, '%H:%i') FROM prf_session"
    " WHERE performance_id = ? AND state = 'open' ORDER BY session_date, session_time";

/* Columns of performance_sql, by the object that they go into. */
struct member {
    const char *name;
    size_t column;
};
static const struct member info_members[] = {
    {"prfId", 0},      {"title", 1},  {"startDate", 2}, {"endDate", 3},
    {"cast", 4},       {"crew", 5},   {"runtime", 6},   {"proComp", 7},
    {"viewingAge", 8}, {"poster", 9}, {"story", 10},    {"genre", 11},
    {"state", 12},     {0},
};
#define STY_URLS_COLUMN 13
static const struct member facility_members[] = {
    {"facilityName", 14}, {"telNo", 15}, {"relateUrl", 16}, {"address", 17}, {"latitude", 18},
    {"longitude", 19},    {0},
};

static json_t *members(const struct tk_rows *rows, const struct member *list)
{
    json_t *object = json_object();

    for (; list->name; list++)
        json_object_set_new(object, list->name, text_or_null(tk_cell_str(rows, 0, list->column)));
    return object;
}

static json_t *prices(const struct tk_rows *rows)
{
    json_t *list = json_array();

    for (size_t i = 0; i < rows->count; i++)
        json_array_append_new(list, json_pack("{s:s, s:I}", "seatType", tk_cell_str(rows, i, 0),
                                              "price", (json_int_t)tk_cell_int(rows, i, 1)));
    return list;
}

static json_t *sessions(const struct tk_rows *rows)
{
    json_t *list = json_array();

    for (size_t i = 0; i < rows->count; i++)
        json_array_append_new(list, json_pack("{s:I, s:s, s:s}", "prfSessionId",
                                              (json_int_t)tk_cell_int(rows, i, 0), "prfSessionDate",
                                              tk_cell_str(rows, i, 1), "prfSessionTime",
                                              tk_cell_str(rows, i, 2)));
    return list;
}

static json_t *info(const struct tk_rows *rows, const struct tk_rows *grades)
{
    json_t *object = members(rows, info_members);
    json_t *urls = json_loads(tk_cell_str(rows, 0, STY_URLS_COLUMN), JSON_REJECT_DUPLICATES, NULL);

    json_object_set_new(object, "ticketPrice", prices(grades));
    json_object_set_new(object, "styUrls", json_is_array(urls) ? json_incref(urls) : json_array());
    json_decref(urls);
    return object;
}

static enum tk_err load(struct tk_req *req, struct tk_reply *reply)
{
    const char *id = tk_req_query(req, "p");
    const struct tk_val value = tk_str(id);
    struct query queries[] = {
        {.sql = performance_sql, .values = &value, .count = 1},
        {.sql = grade_sql, .values = &value, .count = 1},
        {.sql = session_sql, .values = &value, .count = 1},
    };
    enum tk_err err = catalogue_read(req, queries, 3);

    if (err != TK_OK)
        return err;
    if (queries[0].rows.count == 0 || queries[2].rows.count == 0)
        return TK_NO_SUCH_ELEMENT;
    return catalogue_answer(req, reply,
                            json_pack("{s:o, s:o, s:o}", "performanceDetailInfo",
                                      info(&queries[0].rows, &queries[1].rows), "prfSessionList",
                                      sessions(&queries[2].rows), "facilityDTO",
                                      members(&queries[0].rows, facility_members)));
}

enum tk_err detail_get(struct tk_req *req, struct tk_reply *reply)
{
    const char *id = tk_req_query(req, "p");

    if (!id || !tk_check_prf(id, NULL))
        return TK_NO_SUCH_ELEMENT;
    return catalogue_ask(req, reply, tk_strf(tk_req_arena(req), "detail %s", id), load);
}
