/* What the rows of the services become before they are stored, and what was wrong with them. */
#ifndef TK_COLLECTOR_ROW_H
#define TK_COLLECTOR_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "server/collector/xml.h"
#include "shared/base/arena.h"
#include "shared/base/time.h"
#include "shared/model/price.h"
#include "shared/model/schedule.h"

#define ISSUES_MAX 8 /* of one row; the first ones tell enough */

struct issue {
    const char *field;  /* element's name */
    const char *text;   /* what it held */
    size_t column;      /* 0: no character is at fault */
    const char *reason; /* for people */
};

struct issues {
    size_t count;
    struct issue row[ISSUES_MAX];
};

/* Texts are in the arena that was passed; NULL is absent. */
struct facility {
    const char *id, *name, *tel_no, *relate_url, *address;
    const char *latitude, *longitude; /* decimal text within range */
    int seat_scale;                   /* 0: unknown */
};

struct performance {
    const char *id, *title, *cast, *crew, *runtime, *pro_comp, *viewing_age, *poster, *story;
    const char *genre, *state, *facility_id, *facility_name;
    const char *sty_urls; /* JSON array of strings */
    const char *schedule_text, *price_text;
    tk_day first, last;
    struct tk_prices prices;
    struct tk_session_at *sessions;
    size_t session_count; /* at least 1 */
};

struct rank {
    int rnum;
    const char *performance_id;
};

struct holiday {
    tk_day day;
    const char *name;
};

/* false: set aside; `issues` says why, at least one. */
bool facility_read(const xmlNode *row, struct tk_arena *arena, struct facility *out,
                   struct issues *issues);
bool performance_read(const xmlNode *row, const struct tk_holidays *holidays,
                      struct tk_arena *arena, struct performance *out, struct issues *issues);
bool rank_read(const xmlNode *row, struct tk_arena *arena, struct rank *out, struct issues *issues);
/* *out.name is NULL for an anniversary that is no day off. */
bool holiday_read(const xmlNode *row, struct tk_arena *arena, struct holiday *out,
                  struct issues *issues);

/* ---- shared by the readers --------------------------------------------------- */
void issue_add(struct issues *issues, const char *field, const char *text, size_t column,
               const char *reason);
/* The element as an id of KOPIS, 1 to 20 of [A-Za-z0-9_-]; NULL and an issue when it is none. */
const char *read_id(const xmlNode *row, const char *field, struct tk_arena *arena,
                    struct issues *issues);
/* The element's text, at most `max` characters of valid text; NULL when absent. Adds an issue when
 * too long. */
const char *read_text(const xmlNode *row, const char *field, size_t max, struct tk_arena *arena,
                      struct issues *issues);
/* An address that a browser may follow; NULL for any other scheme than http and https. */
const char *web_address(const char *text);

#endif
