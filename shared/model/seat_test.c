#include "shared/model/seat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void reads_and_prints(void **state)
{
    (void)state;
    static const struct {
        const char *text, *zone, *row, *no, *canonical;
    } rows[] = {
        {"1F:A12", "1F", "A", "12", "1F:A12"},
        {"1F:A.12", "1F", "A", "12", "1F:A12"},
        {"2F:3.12", "2F", "3", "12", "2F:3.12"},
        {"A1", "", "A", "1", "A1"},
        {"A.1", "", "A", "1", "A1"},
        {"GA:0001", "GA", "", "0001", "GA:0001"},
        {"1층:가12", "1층", "가", "12", "1층:가12"},
        {"B2.7", "", "B2", "7", "B2.7"},
        {"11.2", "", "11", "2", "11.2"},
        {"1.12", "", "1", "12", "1.12"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tk_seat seat;
        char out[TK_SEAT_NAME];
        assert_true(tk_seat_parse(rows[i].text, &seat));
        assert_string_equal(seat.zone, rows[i].zone);
        assert_string_equal(seat.row, rows[i].row);
        assert_string_equal(seat.no, rows[i].no);
        tk_seat_print(&seat, out);
        assert_string_equal(out, rows[i].canonical);
        assert_true(tk_seat_canonical(out, out));
        assert_string_equal(out, rows[i].canonical);
    }
}

static void refuses_what_is_no_name(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "A",
        ":A1",
        "1F:",
        "1F:A",
        "A 1",
        "A1 ",
        " A1",
        "A1\n",
        "A..1",
        ".1",
        "1F:.1",
        "A:B:1",
        "A1,A2",
        "A\0011",
        "A1234567",
        "A1;\"",
        "1F:A'1",
        "A-very-long-row-name1",
        "A-very-long-zone-name:A1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct tk_seat seat = {.row = "kept"};
        assert_false(tk_seat_parse(bad[i], &seat));
        assert_string_equal(seat.row, "kept");
    }
}

/* Row 1 seat 12 and row 11 seat 2 must not be one name, nor any other pair. */
static void names_never_collide(void **state)
{
    (void)state;
    char names[30 * 30][TK_SEAT_NAME];
    size_t n = 0;
    for (int row = 1; row <= 30; row++)
        for (int no = 1; no <= 30; no++) {
            struct tk_seat seat = {0};
            snprintf(seat.row, sizeof seat.row, "%u", (unsigned)row % 1000);
            snprintf(seat.no, sizeof seat.no, "%u", (unsigned)no % 1000);
            tk_seat_print(&seat, names[n++]);
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            assert_string_not_equal(names[i], names[j]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_prints),
        cmocka_unit_test(refuses_what_is_no_name),
        cmocka_unit_test(names_never_collide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
