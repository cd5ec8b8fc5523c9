/* Our JSON objects from the server's: snake_case, won with a currency, ISO 8601 times. New
 * references; NULL: memory. */
#ifndef TK_CLI_SHAPES_H
#define TK_CLI_SHAPES_H

#include <jansson.h>

#include "cli/output.h"

/* "2026-12-24", "19:30" to "2026-12-24T19:30:00+09:00"; null when either is none. */
json_t *shape_time(const char *date, const char *time);
/* Adds "currency". */
void shape_won(json_t *object);
/* Of an array of {seat|seatType, grade, price}: {seat, grade, price, currency} each. */
json_t *shape_seats(json_t *wire);
json_t *shape_hold(json_t *wire);
extern const struct column hold_columns[];
json_t *shape_reservation(json_t *wire);
/* The first `limit` (0: all) of `list`; *more tells whether some were left out. Borrowed `list` is
 * cut. */
void shape_cut(json_t *list, int64_t limit, int *more);
/* The genre on the wire from its Korean or English name; NULL: none. */
const char *shape_genre(const char *name);
/* "theatre, dance, …" for messages. */
#define GENRE_NAMES "theatre, dance, classical, gugak, pop, mixed, circus, musical"

#endif
