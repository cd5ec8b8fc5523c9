#include "shared/model/schedule.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const days[TK_SCHEDULE_DAYS] = {"월요일", "화요일", "수요일", "목요일",
                                                   "금요일", "토요일", "일요일", "HOL"};

struct cursor {
    const char *text, *at;
    struct tk_refusal *why;
};

static bool refuse(struct cursor *cur, const char *reason)
{
    return tk_refuse(cur->why, cur->text, cur->at, reason);
}

static void blanks(struct cursor *cur)
{
    cur->at = tk_skip_blanks(cur->at);
}

static bool take(struct cursor *cur, const char *word)
{
    size_t size = strlen(word);

    if (strncmp(cur->at, word, size) != 0)
        return false;
    cur->at += size;
    blanks(cur);
    return true;
}

static int take_day(struct cursor *cur)
{
    for (int i = 0; i < (int)COUNT(days); i++)
        if (take(cur, days[i]))
            return i;
    return -1;
}

/* Bits of the days that a group names. */
static bool parse_days(struct cursor *cur, unsigned *set)
{
    int first = take_day(cur), last;

    if (first < 0)
        return refuse(cur, "expected a day: 월요일 to 일요일, or HOL");
    *set = 1u << first;
    if (!take(cur, "~"))
        return true;
    if (strncmp(cur->at, days[TK_HOLIDAY], strlen(days[TK_HOLIDAY])) == 0)
        return refuse(cur, "a range cannot end in HOL: write HOL as a group of its own");
    last = take_day(cur);
    if (last < 0)
        return refuse(cur, "expected the last day of the range: 월요일 to 일요일");
    if (first == TK_HOLIDAY) {
        *set |= 1u << last;
        return true;
    }
    for (int day = first; day != last; day = (day + 1) % TK_HOLIDAY)
        *set |= 1u << day;
    *set |= 1u << last;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool parse_time(struct cursor *cur, int *minute)
{
    const char *at = cur->at;
    char text[6] = "";

    if (!is_digit(at[0]) || !is_digit(at[1]) || at[2] != ':' || !is_digit(at[3]) ||
        !is_digit(at[4]) || is_digit(at[5]))
        return refuse(cur, "expected a time as HH:MM");
    memcpy(text, at, 5);
    if (!tk_minute_parse(text, minute))
        return refuse(cur, "no such time of day: 00:00 to 23:59");
    cur->at += 5;
    blanks(cur);
    return true;
}

static bool parse_times(struct cursor *cur, unsigned set, struct tk_schedule *out)
{
    int minute = 0;

    if (!take(cur, "("))
        return refuse(cur, "expected times in parentheses after the days");
    do {
        if (!parse_time(cur, &minute))
            return false;
        for (int day = 0; day < TK_SCHEDULE_DAYS; day++)
            if (set & 1u << day)
                out->minute[day][minute / 64] |= UINT64_C(1) << minute % 64;
    } while (take(cur, ","));
    if (!take(cur, ")"))
        return refuse(cur, "expected a comma or the closing parenthesis after the time");
    return true;
}

bool tk_schedule_parse(const char *text, struct tk_schedule *out, struct tk_refusal *why)
{
    struct cursor cur = {.text = text, .at = text, .why = why};
    struct tk_schedule got = {0};
    unsigned set = 0;

    if (strlen(text) > TK_SCHEDULE_MAX)
        return refuse(&cur, "the schedule is longer than 2,000 bytes");
    blanks(&cur);
    if (!*cur.at)
        return tk_refuse(why, text, text, "the schedule is empty");
    do {
        if (!parse_days(&cur, &set) || !parse_times(&cur, set, &got))
            return false;
        got.holiday_group |= set == 1u << TK_HOLIDAY;
    } while (take(&cur, ","));
    if (*cur.at)
        return refuse(&cur, "expected a comma or the end after a group");
    *out = got;
    return true;
}

static bool is_holiday(const struct tk_holidays *holidays, tk_day day)
{
    size_t low = 0, high = holidays->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (holidays->days[mid] == day)
            return true;
        if (holidays->days[mid] < day)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

static const uint64_t *times_of(const struct tk_schedule *schedule, tk_day day, bool holiday)
{
    static const uint64_t none[COUNT(schedule->minute[0])];
    const uint64_t *times = schedule->minute[tk_day_weekday(day)];

    if (holiday && (schedule->holiday_group || memcmp(times, none, sizeof(none)) == 0))
        return schedule->minute[TK_HOLIDAY];
    return times;
}

static int unfit(struct tk_refusal *why, const char *reason)
{
    *why = (struct tk_refusal){.column = 0, .reason = reason};
    return -1;
}

int tk_schedule_expand(const struct tk_schedule *schedule, tk_day first, tk_day last,
                       const struct tk_holidays *holidays, struct tk_session_at *out,
                       struct tk_refusal *why)
{
    int count = 0;

    if (last < first)
        return unfit(why, "the run ends before it begins");
    if (last - first >= TK_RUN_DAYS_MAX)
        return unfit(why, "the run is longer than twenty years");
    for (tk_day day = first; day <= last; day++) {
        const uint64_t *times = times_of(schedule, day, is_holiday(holidays, day));

        for (int minute = 0; minute < 24 * 60; minute++) {
            if (!(times[minute / 64] >> minute % 64 & 1))
                continue;
            if (count == TK_SESSIONS_MAX)
                return unfit(why, "the run has more than 4,000 sessions");
            out[count++] = (struct tk_session_at){.day = day, .minute = minute};
        }
    }
    return count;
}
