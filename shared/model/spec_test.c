#include "shared/model/spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void joined(char to[2048], char names[TK_SPEC_SEATS][TK_SEAT_NAME], int count)
{
    *to = '\0';
    for (int i = 0; i < count; i++) {
        strcat(to, i ? " " : "");
        strcat(to, names[i]);
    }
}

static void reads(void **state)
{
    static const struct {
        const char *text, *names;
    } rows[] = {
        {"A12", "A12"},
        {"A12,A13", "A12 A13"},
        {"A12-14", "A12 A13 A14"},
        {"A12+3", "A12 A13 A14"},
        {" A 12 , B 3 ", "A12 B3"},
        {"1F:F12,F13,2F:A1,A2", "1F:F12 1F:F13 2F:A1 2F:A2"},
        {"2F:3.12-13", "2F:3.12 2F:3.13"},
        {"GA:0001+2", "GA:0001 GA:0002"},
        {"1층 F열 12번", "1F:F12"},
        {"1층:가12-13", "1층:가12 1층:가13"},
        {"A9-11", "A9 A10 A11"},
        {"A1.", NULL},
    };

    (void)state;
    for (size_t i = 0; rows[i].names; i++) {
        char names[TK_SPEC_SEATS][TK_SEAT_NAME], text[2048];
        size_t column;
        int count = tk_spec_read(rows[i].text, names, &column);

        assert_true(count > 0);
        joined(text, names, count);
        assert_string_equal(text, rows[i].names);
    }
}

static void refuses(void **state)
{
    static const struct {
        const char *text;
        size_t column;
    } rows[] = {
        {"", 1},
        {"A", 1},
        {"A12,", 5},
        {",A12", 1},
        {"A12,A12", 5},
        {"A14-12", 1},
        {"A1+51", 1},
        {"A1-51", 1},
        {"A1+0", 1},
        {"A1-", 1},
        {"A1+", 1},
        {"A1--2", 1},
        {"A1-2-3", 1},
        {"F*", 1},
        {"A1\033[31m", 1},
        {"A1+-2", 1},
        {"A1-99999999999999999999", 1},
        {"A1-30,B1-30", 7},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char names[TK_SPEC_SEATS][TK_SEAT_NAME];
        size_t column = 0;

        assert_int_equal(tk_spec_read(rows[i].text, names, &column), -1);
        assert_int_equal(column, rows[i].column);
    }
}

static void reads_fifty_and_no_more(void **state)
{
    char names[TK_SPEC_SEATS][TK_SEAT_NAME];
    size_t column;

    (void)state;
    assert_int_equal(tk_spec_read("A1-50", names, &column), 50);
    assert_string_equal(names[49], "A50");
    assert_int_equal(tk_spec_read("A1-50,B1", names, &column), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(refuses),
        cmocka_unit_test(reads_fifty_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
