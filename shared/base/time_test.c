#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "shared/base/time.h"

static void test_every_day_round_trips(void **state)
{
    tk_day first, last, again;
    int weekday;

    (void)state;
    assert_true(tk_day_make(1, 1, 1, &first));
    assert_true(tk_day_make(9999, 12, 31, &last));
    assert_int_equal(last - first + 1,
                     3652059); /* days of the proleptic calendar's years 1 to 9999 */
    weekday = tk_day_weekday(first);
    assert_int_equal(weekday, 0); /* a Monday */
    for (tk_day day = first; day <= last; day++) {
        int y, m, d;

        tk_day_split(day, &y, &m, &d);
        if (!tk_day_make(y, m, d, &again) || again != day || tk_day_weekday(day) != weekday)
            fail_msg("day %d is %d-%d-%d", day, y, m, d);
        weekday = (weekday + 1) % 7;
    }
}

static void test_days_that_do_not_exist(void **state)
{
    static const char *const bad[] = {"2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00",
                                      "2026-04-31", "2026-1-01",  "2026/01/01", "2026-01-01 ",
                                      "",           "2100-02-29", "-026-01-01"};
    tk_day day;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(tk_day_parse(bad[i], '-', &day));
    assert_true(tk_day_parse("2024-02-29", '-', &day));
    assert_true(tk_day_parse("2024.02.29", '.', &day));
    assert_int_equal(day, 19782);
}

static void test_minutes(void **state)
{
    static const char *const bad[] = {"24:00", "9:30", "09:60", "0930", "09:30 ", "ab:cd", ""};
    char text[6];
    int minute;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(tk_minute_parse(bad[i], &minute));
    assert_true(tk_minute_parse("19:30", &minute));
    assert_int_equal(minute, 1170);
    tk_minute_print(minute, text);
    assert_string_equal(text, "19:30");
}

static void test_seoul_is_nine_hours_ahead(void **state)
{
    char text[20];
    tk_day day;
    int minute;

    (void)state;
    tk_seoul_print(INT64_C(1767193199999), text); /* 2025-12-31T14:59:59.999Z */
    assert_string_equal(text, "2025-12-31T23:59:59");
    tk_seoul_print(INT64_C(1767193200000), text);
    assert_string_equal(text, "2026-01-01T00:00:00");
    tk_seoul(-1, &day, &minute);
    assert_int_equal(day, 0);
    assert_int_equal(minute, 539);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day_round_trips),
        cmocka_unit_test(test_days_that_do_not_exist),
        cmocka_unit_test(test_minutes),
        cmocka_unit_test(test_seoul_is_nine_hours_ahead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
