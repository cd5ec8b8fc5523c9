#include "server/collector/row.h"

#include <string.h>
#include <strings.h>

#include "shared/base/utf8.h"

void issue_add(struct issues *issues, const char *field, const char *text, size_t column,
               const char *reason)
{
    if (issues->count == ISSUES_MAX)
        return;
    issues->row[issues->count++] = (struct issue){
        .field = field, .text = text ? text : "", .column = column, .reason = reason};
}

const char *read_id(const xmlNode *row, const char *field, struct tk_arena *arena,
                    struct issues *issues)
{
    static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    const char *text = row_text(row, field, arena);

    if (text && strlen(text) <= 20 && text[strspn(text, good)] == '\0')
        return text;
    issue_add(issues, field, text, text ? strspn(text, good) + 1 : 0,
              text ? "an id is 1 to 20 letters, digits, _ or -" : "the id is missing");
    return NULL;
}

const char *read_text(const xmlNode *row, const char *field, size_t max, struct tk_arena *arena,
                      struct issues *issues)
{
    const char *text = row_text(row, field, arena);

    if (text && tk_utf8_count(text) > max)
        issue_add(issues, field, text, max + 1, "it is too long");
    return text;
}

const char *web_address(const char *text)
{
    size_t scheme;

    if (!text)
        return NULL;
    if (strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0)
        return text;
    scheme = strcspn(text, ":/?#");
    return text[scheme] == ':' ? NULL : text;
}
