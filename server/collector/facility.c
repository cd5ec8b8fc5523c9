#include <stdlib.h>
#include <string.h>

#include "server/collector/row.h"
#include "shared/base/str.h"

/* Decimal degrees, digits and one point; NULL when it is none or out of range. Unknown comes as
 * blank or 0. */
static const char *degrees(const char *text, int limit)
{
    const char *digits = text && *text == '-' ? text + 1 : text;
    size_t whole = digits ? strspn(digits, "0123456789") : 0, rest;

    if (whole == 0 || whole > 3)
        return NULL;
    rest = digits[whole] == '.' ? strspn(digits + whole + 1, "0123456789") + 1 : 0;
    if (digits[whole + rest] != '\0' || rest > 30 || atoi(digits) >= limit || atoi(digits) == 0)
        return NULL;
    return text;
}

/* Halls write "15,000", facilities "41376". */
static int seat_scale(const char *text)
{
    char digits[16];
    size_t size = 0;
    int64_t seats;

    for (; text && *text; text++)
        if (*text != ',' && size < sizeof(digits) - 1)
            digits[size++] = *text;
    digits[size] = '\0';
    return tk_parse_i64(digits, 0, 10000000, &seats) ? (int)seats : 0;
}

bool facility_read(const xmlNode *row, struct tk_arena *arena, struct facility *out,
                   struct issues *issues)
{
    *out = (struct facility){
        .id = read_id(row, "mt10id", arena, issues),
        .name = read_text(row, "fcltynm", 200, arena, issues),
        .tel_no = read_text(row, "telno", 100, arena, issues),
        .relate_url = web_address(read_text(row, "relateurl", 1000, arena, issues)),
        .address = read_text(row, "adres", 300, arena, issues),
        .latitude = degrees(row_text(row, "la", arena), 90),
        .longitude = degrees(row_text(row, "lo", arena), 180),
        .seat_scale = seat_scale(row_text(row, "seatscale", arena)),
    };
    if (out->id && !out->name)
        issue_add(issues, "fcltynm", NULL, 0, "the facility has no name");
    return issues->count == 0;
}
