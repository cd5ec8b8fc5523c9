/*
 * Seats as people name them: `1F:F12,F13`, `F12-14`, `F12+3`, `2F:3.12`. Items are joined by
 * commas; blanks are ignored; an item without a zone is in the zone of the item before it. `12-14`
 * goes from 12 to 14, `12+3` is three seats from 12 on. `1층 F열 12번`, as a ticket says it, is
 * `1F:F12`.
 */
#ifndef TK_MODEL_SPEC_H
#define TK_MODEL_SPEC_H

#include <stddef.h>

#include "shared/model/seat.h"

#define TK_SPEC_SEATS 50 /* no request names more */

/*
 * Canonical names in the order given. Returns how many (> 0), or -1 with the column (from 1, in
 * bytes) where reading stopped in *column: not a seat, named twice, or more than TK_SPEC_SEATS.
 */
int tk_spec_read(const char *text, char names[TK_SPEC_SEATS][TK_SEAT_NAME], size_t *column);

#endif
