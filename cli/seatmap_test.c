#include "cli/seatmap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static json_t *seat(const char *name, const char *grade, const char *state, int x, int y)
{
    return json_pack("{s:s,s:s,s:s,s:i,s:i}", "seat", name, "grade", grade, "state", state, "x", x,
                     "y", y);
}

static void draws_a_hall(void **state)
{
    struct out out = {.mode = OUT_TABLE};
    json_t *hall = json_pack(
        "{s:[{s:s,s:i},{s:s,s:i}], s:[o,o,o,o,o,o,o]}", "grades", "grade", "R석", "price", 80000,
        "grade", "전석", "price", 5000, "seats", seat("A1", "R석", "free", 5, 1),
        seat("A2", "R석", "held", 6, 1), seat("A4", "R석", "sold", 8, 1),
        seat("C1", "전석", "free", 5, 3), seat("C2", "전석", "blocked", 6, 3),
        seat("2F:A1", "전석", "free", 1, 1), seat("2F:A2", "none", "odd", 2, 1));

    (void)state;
    assert_non_null(hall);
    seatmap_draw(&out, hall);
    assert_string_equal(out.text.data, "    = STAGE =\n"
                                       "     1 2   4\n"
                                       "   A R h   . A\n"
                                       "\n"
                                       "   C A x     C\n"
                                       "\n"
                                       "    = 2F =\n"
                                       "     1 2\n"
                                       "   A A x A\n"
                                       "\n"
                                       "  R R석             80,000  1/3\n"
                                       "  A 전석             5,000  2/3\n"
                                       "  h held   . sold   x not for sale\n");
    json_decref(hall);
    tk_buf_release(&out.text);
}

/* Whatever a server may claim about places: no crash, nothing beyond the grid. */
static void survives_odd_plans(void **state)
{
    struct out out = {.mode = OUT_TABLE};
    json_t *odd = json_pack("{s:[], s:[o,o,o,o,s,i]}", "grades", "seats",
                            seat("A1", "R", "free", 2000000000, -2000000000),
                            seat("A2", "R", "free", -2000000000, 2000000000),
                            seat("\033[2J", "R", "free", 1, 1), seat("B1", "R", "free", 1, 1), "x",
                            5);
    json_t *empty = json_object();

    (void)state;
    seatmap_draw(&out, odd);
    seatmap_draw(&out, empty);
    assert_null(strchr(out.text.data, '\033'));
    json_decref(odd);
    json_decref(empty);
    tk_buf_release(&out.text);
}

static void gives_every_grade_a_letter(void **state)
{
    json_t *grades = json_pack("[{s:s},{s:s},{s:s},{s:s}]", "grade", "R석", "grade", "rear",
                               "grade", "전석", "grade", "A석");
    char letters[64];

    (void)state;
    seatmap_letters(grades, letters);
    assert_string_equal(letters, "RBCA");
    json_decref(grades);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_a_hall),
        cmocka_unit_test(survives_odd_plans),
        cmocka_unit_test(gives_every_grade_a_letter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
