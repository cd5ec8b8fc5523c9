#include "shared/model/seat.h"

#include <stdio.h>
#include <string.h>

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Zone and row: letters and digits of any script, no separators, spaces or control characters. */
static bool copy_word(char *to, size_t size, const char *from, size_t len)
{
    if (len >= size)
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)from[i];
        if (c <= ' ' || c == 127 || strchr(":.,\"'\\<>", c))
            return false;
    }
    memcpy(to, from, len);
    to[len] = '\0';
    return true;
}

bool tk_seat_parse(const char *text, struct tk_seat *seat)
{
    struct tk_seat s = {0};
    const char *colon = strchr(text, ':');
    if (colon == text || (colon && !copy_word(s.zone, sizeof s.zone, text, (size_t)(colon - text))))
        return false;
    const char *row = colon ? colon + 1 : text;
    const char *end = row + strlen(row);
    const char *no = end;
    while (no > row && digit(no[-1]))
        no--;
    const char *row_end = no > row && no[-1] == '.' ? no - 1 : no;
    if (no == end || (row_end != no && row_end == row))
        return false;
    if (!copy_word(s.row, sizeof s.row, row, (size_t)(row_end - row)) ||
        !copy_word(s.no, sizeof s.no, no, (size_t)(end - no)))
        return false;
    *seat = s;
    return true;
}

void tk_seat_print(const struct tk_seat *seat, char out[TK_SEAT_NAME])
{
    size_t row = strlen(seat->row);
    snprintf(out, TK_SEAT_NAME, "%s%s%s%s%s", seat->zone, seat->zone[0] ? ":" : "", seat->row,
             row && digit(seat->row[row - 1]) ? "." : "", seat->no);
}

bool tk_seat_canonical(const char *text, char out[TK_SEAT_NAME])
{
    struct tk_seat seat;
    if (!tk_seat_parse(text, &seat))
        return false;
    tk_seat_print(&seat, out);
    return true;
}
