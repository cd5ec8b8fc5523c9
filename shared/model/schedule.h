/*
 * A performance's schedule as KOPIS writes it (dtguidance), and the dated sessions that it means.
 *
 *     text  = group { "," group }
 *     group = days "(" HH:MM { "," HH:MM } ")"
 *     days  = DAY | DAY "~" DAY | "HOL" | "HOL" "~" DAY        DAY: 월요일 … 일요일
 *
 * A range may wrap round the week (금요일 ~ 월요일). A day that is named twice has the times of
 * both. `HOL ~ 토요일` is what KOPIS writes for the holidays and that one day. Blanks may stand
 * between any two words. Everything else is refused with its column: a guess would sell tickets for
 * shows that nobody plays.
 */
#ifndef TK_MODEL_SCHEDULE_H
#define TK_MODEL_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/time.h"
#include "shared/model/refusal.h"

#define TK_SCHEDULE_MAX 2000 /* bytes of text; the longest real one has 158 */
#define TK_SESSIONS_MAX 4000 /* of one performance */
#define TK_RUN_DAYS_MAX 7320 /* twenty years: open runs are announced with a far end */

enum { TK_HOLIDAY = 7, TK_SCHEDULE_DAYS = 8 }; /* rows 0 … 6 are Monday … Sunday */

struct tk_schedule {
    bool holiday_group;                    /* there is a group of HOL alone */
    uint64_t minute[TK_SCHEDULE_DAYS][23]; /* bit set: a show begins at that minute of the day */
};

/* false: not understood, *why says where; *out is untouched. */
bool tk_schedule_parse(const char *text, struct tk_schedule *out, struct tk_refusal *why);

struct tk_session_at {
    tk_day day;
    int minute;
};

struct tk_holidays {
    const tk_day *days; /* rising */
    size_t count;
};

/*
 * The sessions from `first` to `last`, both included, rising and each once. On a public holiday the
 * times of HOL take the place of the weekday's, where the schedule has HOL; else holidays are
 * ordinary days. `out` has room for TK_SESSIONS_MAX. Returns how many; -1 with *why (column 0: the
 * text is not at fault) when the run ends before it begins, is longer than TK_RUN_DAYS_MAX days or
 * has too many sessions.
 */
int tk_schedule_expand(const struct tk_schedule *schedule, tk_day first, tk_day last,
                       const struct tk_holidays *holidays, struct tk_session_at *out,
                       struct tk_refusal *why);

#endif
