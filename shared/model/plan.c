#include "shared/model/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/str.h"

enum { ROWS = 10, ROW_SEATS = 20, SEATS = ROWS * ROW_SEATS, SIZE = SEATS + ROWS };

static int dearest_first(const void *a, const void *b)
{
    const struct tk_grade *x = a, *y = b;
    if (x->price != y->price)
        return x->price < y->price ? 1 : -1;
    return strcmp(x->name, y->name);
}

/* FNV-1a: a fingerprint against change, not against attack. */
static uint64_t mix(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash;
}

static char *grade_text(const struct tk_plan *plan)
{
    struct tk_buf buf = {0};
    for (size_t i = 0; i < plan->grade_count; i++)
        tk_buf_printf(&buf, "%s\t%" PRId64 "\n", plan->grades[i].name, plan->grades[i].price);
    if (!buf.failed)
        return buf.data;
    tk_buf_release(&buf);
    return NULL;
}

/* Tab and line end separate the fields of grade_text. */
static void clean(char *name)
{
    for (; *name; name++)
        if ((unsigned char)*name < ' ')
            *name = ' ';
}

static void fill_rows(struct tk_plan *plan)
{
    for (int r = 0; r < ROWS; r++) {
        struct tk_plan_row *row = &plan->rows[r];
        row->row[0] = (char)('A' + r);
        row->from = 1;
        row->seats = ROW_SEATS;
        row->first = (size_t)r * (ROW_SEATS + 1);
        for (int i = 0; i < ROW_SEATS; i++) {
            size_t grade = (size_t)(r * ROW_SEATS + i) * plan->grade_count / SEATS;
            plan->map[row->first + (size_t)i] = 'f';
            plan->gr[row->first + (size_t)i] = (char)('0' + grade);
        }
        plan->map[row->first + ROW_SEATS] = '\n';
        plan->gr[row->first + ROW_SEATS] = '\n';
    }
}

struct tk_plan *tk_plan_default(const struct tk_grade *grades, size_t count)
{
    if (count == 0 || count > TK_GRADES_MAX)
        return NULL;
    struct tk_plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return NULL;
    *plan = (struct tk_plan){
        .revision = 1,
        .size = SIZE,
        .seats = SEATS,
        .row_count = ROWS,
        .rows = calloc(ROWS, sizeof(struct tk_plan_row)),
        .grade_count = count,
        .grades = calloc(count, sizeof *grades),
        .map = calloc(1, SIZE + 1),
        .gr = calloc(1, SIZE + 1),
    };
    if (!plan->rows || !plan->grades || !plan->map || !plan->gr)
        goto fail;
    memcpy(plan->grades, grades, count * sizeof *grades);
    for (size_t i = 0; i < count; i++)
        clean(plan->grades[i].name);
    qsort(plan->grades, count, sizeof *grades, dearest_first);
    fill_rows(plan);
    plan->grade_text = grade_text(plan);
    if (!plan->grade_text)
        goto fail;
    snprintf(plan->sig, sizeof plan->sig, "%016" PRIx64,
             mix(mix(14695981039346656037u, plan->gr), plan->grade_text));
    return plan;
fail:
    tk_plan_free(plan);
    return NULL;
}

void tk_plan_free(struct tk_plan *plan)
{
    if (!plan)
        return;
    free(plan->rows);
    free(plan->grades);
    free(plan->map);
    free(plan->gr);
    free(plan->grade_text);
    free(plan);
}

long tk_plan_offset(const struct tk_plan *plan, const char *name)
{
    struct tk_seat seat;
    int64_t no;
    if (!tk_seat_parse(name, &seat) || seat.no[0] == '0' || !tk_parse_i64(seat.no, 1, 999999, &no))
        return -1;
    for (size_t i = 0; i < plan->row_count; i++) {
        const struct tk_plan_row *row = &plan->rows[i];
        if (strcmp(row->row, seat.row) != 0 || strcmp(row->zone, seat.zone) != 0)
            continue;
        return no >= row->from && no < row->from + row->seats ? (long)row->first + no - row->from
                                                              : -1;
    }
    return -1;
}

static const struct tk_plan_row *row_of(const struct tk_plan *plan, size_t offset)
{
    for (size_t i = 0; i < plan->row_count; i++) {
        const struct tk_plan_row *row = &plan->rows[i];
        if (offset >= row->first && offset < row->first + (size_t)row->seats)
            return row;
    }
    return NULL;
}

bool tk_plan_name(const struct tk_plan *plan, size_t offset, char out[TK_SEAT_NAME])
{
    const struct tk_plan_row *row = row_of(plan, offset);
    if (!row)
        return false;
    struct tk_seat seat = {0};
    tk_copy(seat.zone, sizeof seat.zone, row->zone);
    tk_copy(seat.row, sizeof seat.row, row->row);
    snprintf(seat.no, sizeof seat.no, "%zu", (size_t)row->from + (offset - row->first) % 1000000);
    tk_seat_print(&seat, out);
    return true;
}

bool tk_plan_place(const struct tk_plan *plan, size_t offset, int *x, int *y)
{
    const struct tk_plan_row *row = row_of(plan, offset);
    if (!row)
        return false;
    *x = (int)(offset - row->first);
    *y = (int)(row - plan->rows);
    return true;
}

int tk_plan_grade(const struct tk_plan *plan, size_t offset)
{
    return row_of(plan, offset) ? plan->gr[offset] - '0' : -1;
}

int tk_plan_grade_index(const struct tk_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->grade_count; i++)
        if (strcmp(plan->grades[i].name, name) == 0)
            return (int)i;
    return -1;
}
