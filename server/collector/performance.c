#include <jansson.h>
#include <string.h>
#include <strings.h>

#include "server/collector/row.h"
#include "shared/base/str.h"

#define STY_URLS_MAX 50

/* Plain texts: element, where it goes, most characters (the column's width in
 * 0002-performance.sql). */
static const struct {
    const char *field;
    size_t to, max;
} texts[] = {
    {"prfnm", offsetof(struct performance, title), 400},
    {"prfcast", offsetof(struct performance, cast), 2000},
    {"prfcrew", offsetof(struct performance, crew), 2000},
    {"prfruntime", offsetof(struct performance, runtime), 100},
    {"entrpsnm", offsetof(struct performance, pro_comp), 1000},
    {"prfage", offsetof(struct performance, viewing_age), 100},
    {"poster", offsetof(struct performance, poster), 1000},
    {"sty", offsetof(struct performance, story), 15000},
    {"genrenm", offsetof(struct performance, genre), 60},
    {"prfstate", offsetof(struct performance, state), 30},
    {"fcltynm", offsetof(struct performance, facility_name), 200},
};

static tk_day read_day(const xmlNode *row, const char *field, struct tk_arena *arena,
                       struct issues *issues)
{
    const char *text = row_text(row, field, arena);
    tk_day day = 0;

    if (!text || !tk_day_parse(text, '.', &day))
        issue_add(issues, field, text, text ? 1 : 0, "expected a date as yyyy.MM.dd");
    return day;
}

/* "예술극장 (대극장)" names the venue and its hall: the venue is what stands before the last
 * parentheses. */
static const char *venue_of(const char *text, struct tk_arena *arena)
{
    size_t size = text ? strlen(text) : 0;
    int depth = 0;

    if (size == 0 || text[size - 1] != ')')
        return text;
    for (size_t i = size; i-- > 1;) {
        depth += text[i] == ')' ? 1 : text[i] == '(' ? -1 : 0;
        if (depth == 0)
            return text[i - 1] == ' ' ? tk_strndup(arena, text, i - 1) : text;
    }
    return text;
}

static const char *sty_urls(const xmlNode *row, struct tk_arena *arena)
{
    const xmlNode *list = row_child(row, "styurls");
    const xmlNode *node = list ? row_child(list, "styurl") : NULL;
    json_t *urls = json_array();
    const char *result = NULL;
    char *text;

    for (; node && json_array_size(urls) < STY_URLS_MAX; node = row_next(node)) {
        const char *url = web_address(node_text(node, arena));

        if (url && json_array_append_new(urls, json_string(url)) != 0)
            break;
    }
    text = json_dumps(urls, JSON_COMPACT);
    if (text)
        result = tk_strdup(arena, text);
    free(text);
    json_decref(urls);
    return result;
}

static void read_prices(const xmlNode *row, struct tk_arena *arena, struct performance *out,
                        struct issues *issues)
{
    struct tk_refusal why;

    out->price_text = row_raw(row, "pcseguidance", arena);
    if (!tk_prices_parse(out->price_text, &out->prices, &why))
        issue_add(issues, "pcseguidance", out->price_text, why.column, why.reason);
}

static void read_sessions(const xmlNode *row, const struct tk_holidays *holidays,
                          struct tk_arena *arena, struct performance *out, struct issues *issues)
{
    struct tk_schedule schedule;
    struct tk_refusal why;
    int count;

    out->schedule_text = row_raw(row, "dtguidance", arena);
    if (!tk_schedule_parse(out->schedule_text, &schedule, &why)) {
        issue_add(issues, "dtguidance", out->schedule_text, why.column, why.reason);
        return;
    }
    if (issues->count)
        return; /* without its dates a schedule says nothing more */
    out->sessions = tk_alloc(arena, TK_SESSIONS_MAX * sizeof(*out->sessions));
    if (!out->sessions) {
        issue_add(issues, "dtguidance", out->schedule_text, 0, "memory is short");
        return;
    }
    count = tk_schedule_expand(&schedule, out->first, out->last, holidays, out->sessions, &why);
    if (count == 0)
        why.reason = "no day of the schedule falls into the run";
    if (count <= 0)
        issue_add(issues, "dtguidance", out->schedule_text, 0, why.reason);
    out->session_count = count > 0 ? (size_t)count : 0;
}

bool performance_read(const xmlNode *row, const struct tk_holidays *holidays,
                      struct tk_arena *arena, struct performance *out, struct issues *issues)
{
    *out = (struct performance){.id = read_id(row, "mt20id", arena, issues)};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *text = read_text(row, texts[i].field, texts[i].max, arena, issues);

        memcpy((char *)out + texts[i].to, &text, sizeof(text));
    }
    if (!out->title)
        issue_add(issues, "prfnm", NULL, 0, "the performance has no title");
    out->facility_id = read_id(row, "mt10id", arena, issues);
    out->facility_name = venue_of(out->facility_name, arena);
    out->poster = web_address(out->poster);
    out->first = read_day(row, "prfpdfrom", arena, issues);
    out->last = read_day(row, "prfpdto", arena, issues);
    out->sty_urls = sty_urls(row, arena);
    if (!out->sty_urls)
        issue_add(issues, "styurls", NULL, 0, "memory is short");
    read_sessions(row, holidays, arena, out, issues);
    read_prices(row, arena, out, issues);
    return issues->count == 0;
}
