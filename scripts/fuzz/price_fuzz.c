/* Any text is understood or refused with a column inside it; what is understood keeps every promise
 * of price.h. */
#include <stdlib.h>
#include <string.h>

#include "shared/base/utf8.h"
#include "shared/model/price.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct tk_prices *prices)
{
    if (prices->count < 1 || prices->count > TK_PRICES_MAX)
        abort();
    for (size_t i = 0; i < prices->count; i++) {
        const struct tk_price *row = &prices->row[i];

        if (!*row->seat_type || tk_utf8_count(row->seat_type) > TK_GRADE_CHARS || row->won < 0 ||
            row->won > TK_PRICE_MAX || !tk_utf8_valid(row->seat_type, strlen(row->seat_type)))
            abort();
        for (size_t k = 0; k < i; k++)
            if (strcmp(prices->row[k].seat_type, row->seat_type) == 0)
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    struct tk_refusal why = {0};
    struct tk_prices prices;

    if (!text)
        return 0;
    if (tk_prices_parse(text, &prices, &why))
        check(&prices);
    else if (why.column < 1 || why.column > tk_utf8_count(text) + 1 || !why.reason)
        abort();
    free(text);
    return 0;
}
