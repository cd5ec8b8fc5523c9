#include "shared/model/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "shared/model/corpus_test.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* "2026-11-23 14:00;…" of a text between two days; what the expected file of the corpus holds. */
static char *expand(const char *text, const char *from, const char *to,
                    const struct tk_holidays *holidays, struct tk_refusal *why)
{
    struct tk_session_at *list = calloc(TK_SESSIONS_MAX, sizeof(*list));
    struct tk_schedule schedule;
    struct tk_buf out = {0};
    tk_day first, last;
    int count;

    assert_non_null(list);
    assert_true(tk_day_parse(from, from[4], &first) && tk_day_parse(to, to[4], &last));
    if (!tk_schedule_parse(text, &schedule, why)) {
        free(list);
        return NULL;
    }
    count = tk_schedule_expand(&schedule, first, last, holidays, list, why);
    tk_buf_puts(&out, "");
    for (int i = 0; i < count; i++) {
        char day[11], minute[6];

        tk_day_print(list[i].day, day);
        tk_minute_print(list[i].minute, minute);
        tk_buf_printf(&out, "%s%s %s", i ? ";" : "", day, minute);
    }
    free(list);
    if (count < 0) {
        tk_buf_release(&out);
        return NULL;
    }
    return out.data;
}

/* The week of Monday 2026-11-23 to Sunday 2026-11-29; its Wednesday, the 25th,
 * is made a holiday. */
static void groups_become_sessions(void **state)
{
    static const struct {
        const char *text, *sessions; /* day of the month and time */
    } rows[] = {
        {"화요일(20:00)", "24 20:00"},
        {"화요일 ~ 금요일(20:00)", "24 20:00;25 20:00;26 20:00;27 20:00"},
        {"금요일 ~ 월요일(15:00)", "23 15:00;27 15:00;28 15:00;29 15:00"},
        {"수요일 ~ 화요일(20:00)",
         "23 20:00;24 20:00;25 20:00;26 20:00;27 20:00;28 20:00;29 20:00"},
        {"토요일 ~ 토요일(14:00)", "28 14:00"},
        {"토요일(19:00,15:00,19:00)", "28 15:00;28 19:00"},
        {"토요일(15:00), 금요일 ~ 토요일(19:00)", "27 19:00;28 15:00;28 19:00"},
        {"수요일(20:00), 목요일(20:00), HOL(14:00)", "25 14:00;26 20:00"},
        {"목요일(20:00), HOL(14:00,18:00)", "25 14:00;25 18:00;26 20:00"},
        {"HOL(14:00), HOL(11:00)", "25 11:00;25 14:00"},
        {"HOL ~ 토요일(11:00,16:30)", "25 11:00;25 16:30;28 11:00;28 16:30"},
        {"수요일(14:00), HOL ~ 토요일(11:00)", "25 14:00;28 11:00"},
        {"수요일(14:00), HOL ~ 토요일(11:00), HOL(12:00)", "25 11:00;25 12:00;28 11:00"},
        {"월요일(00:00), 일요일(23:59)", "23 00:00;29 23:59"},
        /* layout that cannot be misread */
        {"토요일~일요일(14:00)", "28 14:00;29 14:00"},
        {"토요일 ( 14:00 , 19:00 ) ,일요일(14:00) ", "28 14:00;28 19:00;29 14:00"},
        {"\n\t토요일(14:00)\u00a0\u3000", "28 14:00"},
        {"금요일(19:30), 금요일(19:30)", "27 19:30"},
    };
    tk_day day;
    struct tk_holidays holidays = {.days = &day, .count = 1};

    (void)state;
    assert_true(tk_day_make(2026, 11, 25, &day));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tk_refusal why = {0};
        struct tk_buf want = {0};
        char *copy = strdup(rows[i].sessions), *save = NULL, *got;

        got = expand(rows[i].text, "2026.11.23", "2026.11.29", &holidays, &why);
        if (!got)
            fail_msg("'%s' was refused at %zu: %s", rows[i].text, why.column, why.reason);
        for (char *one = strtok_r(copy, ";", &save); one; one = strtok_r(NULL, ";", &save))
            tk_buf_printf(&want, "%s2026-11-%s", want.len ? ";" : "", one);
        assert_string_equal(got, want.data);
        free(got);
        free(copy);
        tk_buf_release(&want);
    }
}

static void the_rest_is_refused_with_its_column(void **state)
{
    static const struct {
        const char *text;
        size_t column;
    } rows[] = {
        {"", 1},
        {"  ", 1},
        {"매일(10:00)", 1},
        {"SAT(14:00)", 1},
        {"공휴일(15:00)", 1},
        {"  공휴일(15:00)", 3},
        {"토요일", 4},
        {"토요일(", 5},
        {"토요일()", 5},
        {"토요일(9:30)", 5},
        {"토요일(24:00)", 5},
        {"토요일(14:60)", 5},
        {"토요일(14:000)", 5},
        {"토요일(14:00,)", 11},
        {"토요일(14:00", 10},
        {"토요일(14:00 19:00)", 11},
        {"토요일(14:00),", 12},
        {"토요일(14:00)...", 11},
        {"토요일(14:00) 일요일(14:00)", 12},
        {"토요일 ~ (14:00)", 7},
        {"토요일 ~ 평일(14:00)", 7},
        {"일요일 ~ HOL(14:00)", 7},
        {"HOL ~ HOL(14:00)", 7},
        {"월요일 휴관", 5},
        {"화, 목, 금 19시30분", 1},
        {"토요일(１４:00)", 5},
        {"토\xff요일(14:00)", 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tk_schedule untouched = {.holiday_group = true};
        struct tk_refusal why = {0};

        if (tk_schedule_parse(rows[i].text, &untouched, &why))
            fail_msg("'%s' was understood", rows[i].text);
        if (why.column != rows[i].column)
            fail_msg("'%s': column %zu, not %zu", rows[i].text, why.column, rows[i].column);
        assert_non_null(why.reason);
        assert_true(untouched.holiday_group);
    }
}

static void holidays_without_hol_are_ordinary_days(void **state)
{
    tk_day day;
    struct tk_holidays holidays = {.days = &day, .count = 1}, none = {0};
    struct tk_refusal why;
    char *with, *without;

    (void)state;
    assert_true(tk_day_make(2026, 12, 25, &day)); /* a Friday */
    with = expand("금요일(20:00)", "2026.12.21", "2026.12.27", &holidays, &why);
    assert_string_equal(with, "2026-12-25 20:00");
    free(with);
    without = expand("금요일(20:00), HOL(14:00)", "2026.12.21", "2026.12.27", &none, &why);
    assert_string_equal(without, "2026-12-25 20:00");
    free(without);
}

static void runs_are_bounded(void **state)
{
    struct tk_holidays none = {0};
    struct tk_refusal why = {.column = 9};
    struct tk_buf text = {0};
    char *empty;

    (void)state;
    assert_null(expand("월요일(20:00)", "2026.12.02", "2026.12.01", &none, &why));
    assert_int_equal(why.column, 0);
    assert_null(expand("월요일(20:00)", "2026.12.02", "2048.12.01", &none, &why));
    assert_null(
        expand("월요일 ~ 일요일(14:00)", "2026.01.01", "2036.12.31", &none, &why)); /* 4,018 */
    empty = expand("월요일(20:00)", "2026.11.24", "2026.11.29", &none, &why);
    assert_string_equal(empty, "");
    free(empty);
    for (int i = 0; i < 200; i++)
        tk_buf_puts(&text, "월요일(20:00), ");
    tk_buf_puts(&text, "월요일(20:00)");
    assert_null(expand(text.data, "2026.11.24", "2026.11.29", &none, &why));
    assert_int_equal(why.column, 1);
    tk_buf_release(&text);
}

/* ---- the corpus -------------------------------------------------------------- */
static int by_day(const void *a, const void *b)
{
    tk_day x = *(const tk_day *)a, y = *(const tk_day *)b;

    return (x > y) - (x < y);
}

static struct tk_holidays corpus_holidays(tk_day *days, size_t max)
{
    char *text = corpus_read("holidays/holidays.json");
    json_t *list = json_loads(text, 0, NULL), *item;
    size_t i, count = 0;

    json_array_foreach (list, i, item) {
        int64_t date;

        assert_true(tk_parse_i64(json_string_value(json_object_get(item, "locdate")), 19000101,
                                 99991231, &date));
        assert_true(count < max);
        assert_true(tk_day_make((int)(date / 10000), (int)(date / 100 % 100), (int)(date % 100),
                                &days[count]));
        if (strcmp(json_string_value(json_object_get(item, "isHoliday")), "Y") == 0)
            count++;
    }
    json_decref(list);
    free(text);
    qsort(days, count, sizeof(*days), by_day);
    return (struct tk_holidays){.days = days, .count = count};
}

static json_t *corpus_expected(void)
{
    char *text = corpus_read("kopis/performances_expected_sessions.tsv"), *rest = text, *line;
    json_t *expected = json_object();

    while ((line = corpus_line(&rest))) {
        char *tab = strchr(line, '\t');

        if (*line == '#' || !tab)
            continue;
        *tab = '\0';
        assert_int_equal(json_object_set_new(expected, line, json_string(tab + 1)), 0);
    }
    free(text);
    return expected;
}

static const char *field(const json_t *item, const char *name)
{
    return json_string_value(json_object_get(item, name));
}

static void every_real_performance_expands_as_expected(void **state)
{
    char *text = corpus_read("kopis/performances.jsonl"), *rest = text, *line;
    struct tk_holidays holidays;
    tk_day days[400];
    json_t *expected;
    size_t count = 0;

    (void)state;
    if (!text)
        skip();
    holidays = corpus_holidays(days, COUNT(days));
    expected = corpus_expected();
    while ((line = corpus_line(&rest))) {
        json_t *item = json_loads(line, 0, NULL);
        struct tk_refusal why = {0};
        char *got = expand(field(item, "dtguidance"), field(item, "prfpdfrom"),
                           field(item, "prfpdto"), &holidays, &why);

        if (!got)
            fail_msg("%s: column %zu: %s", field(item, "mt20id"), why.column, why.reason);
        assert_string_equal(got, field(expected, field(item, "mt20id")));
        free(got);
        json_decref(item);
        count++;
    }
    assert_int_equal(count, 675);
    json_decref(expected);
    free(text);
}

static void every_real_schedule_is_understood(void **state)
{
    char *text = corpus_read("dtguidance.txt"), *rest = text, *line;
    size_t count = 0;

    (void)state;
    if (!text)
        skip();
    for (; (line = corpus_line(&rest)); count++) {
        struct tk_schedule schedule;
        struct tk_refusal why;

        if (!tk_schedule_parse(line, &schedule, &why))
            fail_msg("'%s': column %zu: %s", line, why.column, why.reason);
    }
    assert_int_equal(count, 227);
    free(text);
}

/* By line of dtguidance_edge.txt: 0 understood, else the column that is refused. */
static void every_edge_line_is_right_or_refused(void **state)
{
    static const size_t columns[] = {
        1,  1,  1, 1, 1, 1, 1, 1, /* empty, word, blank, dated list, 공휴일 twice, 19시, 매일 */
        0,  0,  0, 0, 0,          /* layout only */
        5,  5,  5, 5, 4,          /* 9:30, 24:00, 25:61, (), no times */
        5,  0,  0, 7, 0, 0,       /* HOL(), HOL twice, HOL ~, ~ HOL, one-day range, wrapped */
        17, 12, 1, 1, 1,          /* cut off, trailing comma, 평일, SAT, 화,수 */
        0,  0,  0, 5,             /* no-break space, plain, twice, 휴관 */
    };
    char *text = corpus_read("dtguidance_edge.txt"), *rest = text, *line;
    size_t at = 0;

    (void)state;
    if (!text)
        skip();
    for (; (line = corpus_line(&rest)); at++) {
        struct tk_refusal why = {0};
        struct tk_schedule schedule;

        assert_true(at < COUNT(columns));
        tk_schedule_parse(line, &schedule, &why);
        if (why.column != columns[at])
            fail_msg("line %zu '%s': column %zu, not %zu", at + 1, line, why.column, columns[at]);
    }
    assert_int_equal(at, COUNT(columns));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_become_sessions),
        cmocka_unit_test(the_rest_is_refused_with_its_column),
        cmocka_unit_test(holidays_without_hol_are_ordinary_days),
        cmocka_unit_test(runs_are_bounded),
        cmocka_unit_test(every_real_performance_expands_as_expected),
        cmocka_unit_test(every_real_schedule_is_understood),
        cmocka_unit_test(every_edge_line_is_right_or_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
