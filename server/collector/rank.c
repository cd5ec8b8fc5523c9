#include "server/collector/row.h"
#include "shared/base/str.h"

bool rank_read(const xmlNode *row, struct tk_arena *arena, struct rank *out, struct issues *issues)
{
    const char *text = row_text(row, "rnum", arena);
    int64_t rnum = 0;

    if (!text || !tk_parse_i64(text, 1, 10000, &rnum))
        issue_add(issues, "rnum", text, text ? 1 : 0, "a rank is a number from 1");
    *out = (struct rank){.rnum = (int)rnum,
                         .performance_id = read_id(row, "mt20id", arena, issues)};
    return issues->count == 0;
}
