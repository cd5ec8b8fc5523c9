/*
 * The plan of a hall in plain ASCII, one character a seat: the grade's letter when free, `h` held,
 * `.` sold, `x` not for sale. No letter's meaning depends on a colour.
 */
#ifndef TK_CLI_SEATMAP_H
#define TK_CLI_SEATMAP_H

#include <jansson.h>

#include "cli/output.h"

/* `document` is {grades:[{grade, price}], seats:[{seat, grade, state, x, y}]} of cmd_seats. */
void seatmap_draw(struct out *out, json_t *document);
/* Letters of the grades, in their order: its own first letter where that is A-Z and free, else the
 * next free. */
void seatmap_letters(json_t *grades, char letters[64]);

#endif
