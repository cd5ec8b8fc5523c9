#include <string.h>

#include "server/collector/row.h"
#include "shared/base/str.h"

bool holiday_read(const xmlNode *row, struct tk_arena *arena, struct holiday *out,
                  struct issues *issues)
{
    const char *date = row_text(row, "locdate", arena), *off = row_text(row, "isHoliday", arena);
    int64_t number;

    *out = (struct holiday){0};
    if (!date || strlen(date) != 8 || !tk_parse_i64(date, 19000101, 99991231, &number) ||
        !tk_day_make((int)(number / 10000), (int)(number / 100 % 100), (int)(number % 100),
                     &out->day))
        issue_add(issues, "locdate", date, date ? 1 : 0, "expected a date as yyyyMMdd");
    out->name = read_text(row, "dateName", 100, arena, issues);
    if (!out->name)
        issue_add(issues, "dateName", NULL, 0, "the holiday has no name");
    if (!off || strcmp(off, "Y") != 0)
        out->name = NULL;
    return issues->count == 0;
}
