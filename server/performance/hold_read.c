/* A hold's record, from Redis to C and to JSON. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "server/performance/engine.h"
#include "server/performance/hold_id.h"
#include "shared/base/str.h"

static const char *field(const redisReply *record, const char *name)
{
    for (size_t i = 0; i + 1 < record->elements; i += 2)
        if (strcmp(record->element[i]->str, name) == 0)
            return record->element[i + 1]->str;
    return "";
}

/* "name\tprice\n…" */
static bool read_grades(struct hold *hold, const char *text, struct tk_arena *arena)
{
    size_t lines = 0;
    for (const char *p = text; *p; p++)
        lines += *p == '\n';
    hold->grades = tk_alloc(arena, (lines + 1) * sizeof *hold->grades);
    if (!hold->grades)
        return false;
    for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
        struct tk_grade *grade = &hold->grades[hold->grade_count++];
        const char *tab = memchr(text, '\t', (size_t)(end - text));
        if (!tab || (size_t)(tab - text) >= sizeof grade->name)
            return false;
        memcpy(grade->name, text, (size_t)(tab - text));
        grade->price = strtoll(tab + 1, NULL, 10);
    }
    return true;
}

static bool read_seat(struct hold *hold, const struct tk_plan *plan, const char *text)
{
    struct hold_seat *seat = &hold->seats[hold->count];
    char *end;
    seat->offset = strtoul(text, &end, 10);
    seat->grade = *end == ':' ? atoi(end + 1) : -1;
    if (seat->grade < 0 || (size_t)seat->grade >= hold->grade_count ||
        !tk_plan_name(plan, seat->offset, seat->seat))
        return false;
    seat->grade_name = hold->grades[seat->grade].name;
    seat->price = hold->grades[seat->grade].price;
    hold->total += seat->price;
    hold->count++;
    return true;
}

/* "offset:grade,offset:grade" */
static bool read_seats(struct hold *hold, const struct tk_plan *plan, const char *text,
                       struct tk_arena *arena)
{
    size_t n = 1;
    for (const char *p = text; *p; p++)
        n += *p == ',';
    hold->seats = tk_alloc(arena, n * sizeof *hold->seats);
    for (size_t i = 0; hold->seats && i < n; i++) {
        if (!read_seat(hold, plan, text))
            return false;
        text = strchr(text, ',') ? strchr(text, ',') + 1 : "";
    }
    return hold->seats != NULL;
}

bool hold_read(const struct result *result, const struct tk_plan *plan, struct tk_arena *arena,
               struct hold *hold)
{
    const redisReply *record = result_list(result, 4);
    *hold = (struct hold){.id = tk_strdup(arena, result_str(result, 3))};
    if (!hold->id || !*hold->id || record->elements == 0)
        return false;
    hold->committing = strcmp(field(record, "st"), "c") == 0;
    hold->member = strtoll(field(record, "own"), NULL, 10);
    hold->left_ms = strtoll(field(record, "exp"), NULL, 10) - result->now;
    if (hold->left_ms < 0)
        hold->left_ms = 0;
    hold->tries = atoi(field(record, "tries"));
    hold->why = tk_strdup(arena, field(record, "why"));
    hold->terminal = tk_strdup(arena, field(record, "term"));
    return hold->why && hold->terminal && read_grades(hold, field(record, "grades"), arena) &&
           read_seats(hold, plan, field(record, "seats"), arena);
}

json_t *hold_json(const struct hold *hold)
{
    json_t *seats = json_array();
    for (size_t i = 0; i < hold->count; i++)
        json_array_append_new(seats, json_pack("{s:s, s:s, s:I}", "seat", hold->seats[i].seat,
                                               "grade", hold->seats[i].grade_name, "price",
                                               (json_int_t)hold->seats[i].price));
    return json_pack("{s:s, s:I, s:o, s:I, s:I, s:s, s:s}", "holdId", hold->id, "prfSessionId",
                     (json_int_t)hold_id_session(hold->id), "seats", seats, "total",
                     (json_int_t)hold->total, "expiresInMs", (json_int_t)hold->left_ms, "state",
                     hold->committing ? "committing" : "held", "why", hold->why);
}

const char *hold_offsets(const struct hold *hold, struct tk_arena *arena)
{
    struct tk_buf buf = {0};
    for (size_t i = 0; i < hold->count; i++)
        tk_buf_printf(&buf, "%s%zu", i ? "," : "", hold->seats[i].offset);
    const char *text = buf.failed ? NULL : tk_strdup(arena, buf.data ? buf.data : "");
    tk_buf_release(&buf);
    return text;
}
