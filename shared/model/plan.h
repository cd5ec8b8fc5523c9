/*
 * The plan of a session: which seats there are, where they stand and what grade each has. Pure.
 *
 * A seat is known by its offset into the plan's map, a string with one byte for each seat and a
 * '\n' at the end of each row; `grades` is parallel to it, '0' + index of the seat's grade. Both
 * are what Redis is given.
 */
#ifndef TK_MODEL_PLAN_H
#define TK_MODEL_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "shared/model/seat.h"

#define TK_GRADES_MAX 64

struct tk_grade {
    char name[208]; /* seatType, UTF-8, at most 50 characters */
    int64_t price;  /* won */
};

struct tk_plan_row {
    char zone[16], row[16];
    size_t first; /* offset of its first seat */
    int from;     /* number of its first seat; the others follow one by one */
    int seats;
};

struct tk_plan {
    int revision;
    size_t size; /* bytes of map and gr: seats and row ends, without the NUL */
    size_t seats;
    size_t row_count;
    struct tk_plan_row *rows;
    size_t grade_count;
    struct tk_grade *grades; /* dearest first, then by name */
    char *map;               /* every seat 'f', NUL-terminated */
    char *gr;
    char *grade_text; /* "name\tprice\n…" in the order of grades: how a hold remembers its prices */
    char sig[17];     /* fingerprint of gr and grade_text: another one is another price list */
};

/*
 * The plan of a session that was given none: 200 seats, rows A to J of 20, no zone, revision 1; the
 * grades are spread over the seats in equal parts, the dearest in front. `grades` is copied, in any
 * order. NULL when there are no grades, more than TK_GRADES_MAX, or memory is short. Free with
 * tk_plan_free.
 */
struct tk_plan *tk_plan_default(const struct tk_grade *grades, size_t count);
void tk_plan_free(struct tk_plan *plan); /* NULL is fine */

/* Offset of the seat with this name (in any accepted spelling); -1 when the plan has none. */
long tk_plan_offset(const struct tk_plan *plan, const char *name);
/* Canonical name of the seat at `offset`; false when there is none. */
bool tk_plan_name(const struct tk_plan *plan, size_t offset, char out[TK_SEAT_NAME]);
/* Where it stands: x across, y from the stage backwards, in seats; false when there is none. */
bool tk_plan_place(const struct tk_plan *plan, size_t offset, int *x, int *y);
/* Index of the seat's grade; -1 when there is no such seat. */
int tk_plan_grade(const struct tk_plan *plan, size_t offset);
/* Index of the grade with this name; -1. */
int tk_plan_grade_index(const struct tk_plan *plan, const char *name);

#endif
