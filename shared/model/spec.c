#include "shared/model/spec.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "shared/base/str.h"

struct spec {
    char (*names)[TK_SEAT_NAME];
    int count;
    char zone[16];
};

/* One item without blanks, and what a ticket writes after zone, row and number left out:
 * 1층F열12번. */
static bool squeeze(char *to, size_t size, const char *from, size_t length)
{
    static const struct {
        const char *word, *becomes;
    } words[] = {{"층", "F:"}, {"열", ""}, {"번", ""}, {" ", ""}, {"\t", ""}};
    size_t used = 0, i;

    for (size_t at = 0; at < length;) {
        const char *put = NULL;
        size_t step = 1;

        for (i = 0; i < sizeof words / sizeof words[0] && !put; i++) {
            step = strlen(words[i].word);
            if (step <= length - at && memcmp(from + at, words[i].word, step) == 0)
                put = words[i].becomes;
        }
        if (put && *put == 'F' && at + step < length && from[at + step] == ':')
            put = NULL; /* a zone that is really called so: 1층:가12 */
        if (!put)
            step = 1;
        if (used + 3 > size)
            return false;
        if (put)
            used += (size_t)snprintf(to + used, size - used, "%s", put);
        else
            to[used++] = from[at];
        at += step;
    }
    to[used] = '\0';
    return used > 0;
}

static bool add(struct spec *spec, const struct tk_seat *seat)
{
    char name[TK_SEAT_NAME];

    tk_seat_print(seat, name);
    for (int i = 0; i < spec->count; i++)
        if (strcmp(spec->names[i], name) == 0)
            return false;
    if (spec->count == TK_SPEC_SEATS)
        return false;
    return tk_copy(spec->names[spec->count++], TK_SEAT_NAME, name);
}

/* How many seats the item's tail asks for: "" is 1, "-14" up to 14, "+3" three; 0: neither. */
static int64_t span(const char *tail, int64_t first)
{
    int64_t value;

    if (!*tail)
        return 1;
    if (!tk_parse_i64(tail + 1, 1, 999999, &value))
        return 0;
    if (*tail == '+')
        return value;
    return value >= first ? value - first + 1 : 0;
}

static bool add_item(struct spec *spec, char *item)
{
    struct tk_seat seat, next;
    char tail[16] = "";
    char *mark = strpbrk(item, "+-");
    int64_t first, count;
    int digits;

    if (mark && !tk_copy(tail, sizeof tail, mark))
        return false;
    if (mark)
        *mark = '\0';
    if (!tk_seat_parse(item, &seat) || !tk_parse_i64(seat.no, 0, 999999, &first))
        return false;
    if (!seat.zone[0])
        tk_copy(seat.zone, sizeof seat.zone, spec->zone);
    tk_copy(spec->zone, sizeof spec->zone, seat.zone);
    count = span(tail, first);
    if (count < 1 || count > TK_SPEC_SEATS)
        return false;
    digits = (int)strlen(seat.no); /* 0001+2 goes on with 0002 */
    for (int64_t i = 0; i < count; i++) {
        next = seat;
        if (snprintf(next.no, sizeof next.no, "%0*" PRId64, seat.no[0] == '0' ? digits : 1,
                     first + i) >= (int)sizeof next.no ||
            !add(spec, &next))
            return false;
    }
    return true;
}

int tk_spec_read(const char *text, char names[TK_SPEC_SEATS][TK_SEAT_NAME], size_t *column)
{
    struct spec spec = {.names = names};
    const char *at = text;

    for (;;) {
        size_t length = strcspn(at, ",");
        char item[96];

        if (length >= sizeof item || !squeeze(item, sizeof item, at, length) ||
            !add_item(&spec, item)) {
            *column = (size_t)(at - text) + 1;
            return -1;
        }
        if (!at[length])
            return spec.count;
        at += length + 1;
    }
}
