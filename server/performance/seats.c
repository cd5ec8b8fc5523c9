/* GET /performance/session/:id and …/seats. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "server/performance/hold.h"
#include "shared/base/str.h"

static enum tk_err start_read(struct tk_req *req, const struct op_kind *kind)
{
    int64_t session = 0;
    const char *id = tk_req_path(req, "id");
    if (!id || !tk_parse_i64(id, 1, INT64_MAX, &session))
        return TK_NO_SUCH_ELEMENT;
    struct op *op = op_new(req, kind, session);
    return op ? op_start(op) : TK_INTERNAL;
}

static enum tk_err counts(struct op *op, int64_t remaining, int64_t total)
{
    tk_reply_data(tk_req_reply(op->req),
                  json_pack("{s:I, s:I}", "remainingSeat", (json_int_t)remaining, "totalSeat",
                            (json_int_t)total));
    return TK_OK;
}

/* Without a map, and nobody to make one: what was last written behind. */
static enum tk_err counts_of_database(struct op *op)
{
    return counts(op, op->session->remaining, (int64_t)op->session->plan->seats);
}

static enum tk_err build_counts(struct op *op)
{
    call_str(&op->call, "");
    call_str(&op->call, "counts");
    return TK_OK;
}

static enum tk_err answer_counts(struct op *op, const struct result *result)
{
    if (result->status != ST_OK)
        return counts_of_database(op);
    return counts(op, result_int(result, 3), (int64_t)op->session->plan->seats);
}

enum tk_err session_get_remaining(struct tk_req *req, struct tk_reply *reply)
{
    static const struct op_kind kind = {.script = "read.lua",
                                        .installs = true,
                                        .build = build_counts,
                                        .answer = answer_counts,
                                        .without_map = counts_of_database};
    (void)reply;
    return start_read(req, &kind);
}

/* ---- the map ----------------------------------------------------------------- */
/* The version that the client has: digits of If-None-Match, "" without. */
static const char *known_version(struct op *op)
{
    const char *tag = tk_req_header(op->req, "If-None-Match");
    size_t skip = tag ? strcspn(tag, "0123456789") : 0;
    size_t digits = tag ? strspn(tag + skip, "0123456789") : 0;
    const char *text = digits && digits < 20 ? tk_strndup(tk_req_arena(op->req), tag + skip, digits)
                                             : "";
    return text ? text : "";
}

static enum tk_err build_seats(struct op *op)
{
    call_str(&op->call, known_version(op));
    call_str(&op->call, "map");
    return TK_OK;
}

/* Printed once, with its quotes; the seats repeat it. */
static char *quoted(struct tk_arena *arena, const char *text)
{
    json_t *json = json_string(text);
    char *dump = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL;
    char *copy = dump ? tk_strdup(arena, dump) : NULL;
    free(dump);
    json_decref(json);
    return copy;
}

static bool print_grades(struct tk_buf *out, const struct tk_plan *plan, char **names,
                         struct tk_arena *arena)
{
    for (size_t i = 0; i < plan->grade_count; i++) {
        names[i] = quoted(arena, plan->grades[i].name);
        if (!names[i])
            return false;
        tk_buf_printf(out, "%s{\"seatType\":%s,\"price\":%" PRId64 "}", i ? "," : "", names[i],
                      plan->grades[i].price);
    }
    return true;
}

static void print_seats(struct tk_buf *out, const struct tk_plan *plan, const char *map,
                        char *const *names)
{
    const char *comma = "";
    char name[TK_SEAT_NAME];
    int x, y;
    for (size_t i = 0; i < plan->size; i++) {
        if (map[i] == '\n' || !tk_plan_name(plan, i, name) || !tk_plan_place(plan, i, &x, &y))
            continue;
        /* A seat's name has no character that JSON would escape (seat.h). */
        tk_buf_printf(out,
                      "%s{\"seat\":\"%s\",\"grade\":%s,\"state\":\"%s\",\"x\":%d,\"y\":%d,"
                      "\"flags\":[]}",
                      comma, name, names[tk_plan_grade(plan, i)], seat_state(map[i]), x, y);
        comma = ",";
    }
}

static enum tk_err print_map(struct op *op, const char *version, const char *map)
{
    const struct tk_plan *plan = op->session->plan;
    char *names[TK_GRADES_MAX];
    struct tk_buf out = {0};
    tk_buf_printf(&out,
                  "{\"code\":200,\"description\":\"%s\",\"data\":{\"prfSessionId\":%" PRId64
                  ",\"version\":%s,\"grades\":[",
                  tk_err_text(TK_OK), op->session_id, version);
    bool ok = print_grades(&out, plan, names, tk_req_arena(op->req));
    tk_buf_puts(&out, "],\"seats\":[");
    if (ok)
        print_seats(&out, plan, map, names);
    tk_buf_puts(&out, "]}}");
    ok = ok && !out.failed;
    if (ok)
        tk_reply_raw(tk_req_reply(op->req), 200, "application/json", out.data, out.len);
    tk_buf_release(&out);
    return ok ? TK_OK : TK_INTERNAL;
}

static enum tk_err answer_seats(struct op *op, const struct result *result)
{
    const char *version = result_str(result, 2), *map = result_str(result, 8);
    if (result->status == ST_NONE)
        return TK_SALE_CLOSED; /* over, and its map is gone */
    if (result->status != ST_OK || (*map && strlen(map) != op->session->plan->size))
        return TK_INTERNAL;
    tk_reply_header(tk_req_reply(op->req), "ETag",
                    tk_strf(tk_req_arena(op->req), "\"%s\"", version));
    tk_reply_header(tk_req_reply(op->req), "Cache-Control", "no-cache");
    if (*map)
        return print_map(op, version, map);
    tk_reply_raw(tk_req_reply(op->req), 304, "application/json", "", 0);
    return TK_OK;
}

enum tk_err seats_get(struct tk_req *req, struct tk_reply *reply)
{
    static const struct op_kind kind = {
        .script = "read.lua", .installs = true, .build = build_seats, .answer = answer_seats};
    (void)reply;
    return start_read(req, &kind);
}
