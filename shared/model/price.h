/*
 * A performance's price list as KOPIS writes it (pcseguidance).
 *
 *     text  = "전석무료" | entry { "," entry }
 *     entry = label BLANK amount "원"            amount: 30000 or 30,000
 *
 * A label is free text and may hold blanks, digits, parentheses and commas, so an entry ends at an
 * amount that is followed by 원 and then a comma or the end. Unknown is not free: only 전석무료 is,
 * as one grade 전석 at 0. What stands twice with one price counts once; what cannot be read is
 * refused with its column.
 */
#ifndef TK_MODEL_PRICE_H
#define TK_MODEL_PRICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/model/refusal.h"

#define TK_PRICES_TEXT_MAX 4000               /* bytes */
#define TK_PRICES_MAX      40                 /* of one performance */
#define TK_GRADE_CHARS     50                 /* of a seat type */
#define TK_PRICE_MAX       INT64_C(100000000) /* won for one seat */

struct tk_price {
    char seat_type[TK_GRADE_CHARS * 4 + 1]; /* unique in its list, never empty */
    int64_t won;
};

struct tk_prices {
    size_t count;
    struct tk_price row[TK_PRICES_MAX]; /* in the order of the text */
};

/* false: not understood, *why says where; *out is untouched. */
bool tk_prices_parse(const char *text, struct tk_prices *out, struct tk_refusal *why);

#endif
