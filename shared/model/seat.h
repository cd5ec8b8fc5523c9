/*
 * Names of seats: `ZONE:ROWNO`, `1F:A12`; without a zone where the plan has none, `A12`; with a dot
 * between row and number when the row's name ends in a digit, `2F:3.12` (without it row 1 seat 12
 * and row 11 seat 2 are one name). Virtual seats of count-only zones have no row, `GA:0001`.
 * Numbers are text: `0001` stays `0001`.
 */
#ifndef TK_MODEL_SEAT_H
#define TK_MODEL_SEAT_H

#include <stdbool.h>

#define TK_SEAT_NAME 40 /* bytes of the longest printed name, with the NUL */

struct tk_seat {
    char zone[16], row[16], no[7]; /* zone and row may be "" */
};

/*
 * Reads a name; the dot may stand anywhere between row and number. Names are compared byte by byte,
 * so `a1` is not `A1`. false, and *seat untouched, when the text is no name: a missing number,
 * control characters, spaces.
 */
bool tk_seat_parse(const char *text, struct tk_seat *seat);
/* The canonical form: the dot only where it is needed. */
void tk_seat_print(const struct tk_seat *seat, char out[TK_SEAT_NAME]);
/* Rewrites a name canonically; false when it is none. */
bool tk_seat_canonical(const char *text, char out[TK_SEAT_NAME]);

#endif
