#include "shared/model/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct tk_grade PRICES[] = {{"S석", 60000}, {"VIP석", 150000}, {"R석", 90000}};

static void has_two_hundred_seats_in_ten_rows(void **state)
{
    (void)state;
    struct tk_plan *plan = tk_plan_default(PRICES, 3);
    assert_non_null(plan);
    assert_int_equal(plan->seats, 200);
    assert_int_equal(plan->revision, 1);
    assert_int_equal(strlen(plan->map), plan->size);
    assert_int_equal(strlen(plan->gr), plan->size);
    assert_int_equal(strspn(plan->map, "f"), 20);
    assert_int_equal(plan->map[20], '\n');
    assert_int_equal(plan->gr[plan->size - 1], '\n');
    tk_plan_free(plan);
}

static void every_offset_has_one_name_and_back(void **state)
{
    (void)state;
    struct tk_plan *plan = tk_plan_default(PRICES, 3);
    size_t seats = 0;
    for (size_t i = 0; i < plan->size + 3; i++) {
        char name[TK_SEAT_NAME];
        int x, y;
        bool is_seat = i < plan->size && plan->map[i] == 'f';
        assert_int_equal(tk_plan_name(plan, i, name), is_seat);
        assert_int_equal(tk_plan_place(plan, i, &x, &y), is_seat);
        assert_int_equal(tk_plan_grade(plan, i) >= 0, is_seat);
        if (is_seat) {
            assert_int_equal(tk_plan_offset(plan, name), i);
            assert_int_equal(y * 21 + x, i);
            seats++;
        }
    }
    assert_int_equal(seats, plan->seats);
    assert_int_equal(tk_plan_offset(plan, "A1"), 0);
    assert_int_equal(tk_plan_offset(plan, "A.20"), 19);
    assert_int_equal(tk_plan_offset(plan, "J20"), 208);
    static const char *const none[] = {"A0",    "A21", "K1", "a1", "A01",
                                       "1F:A1", "A1 ", "1",  "",   "A999999"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(tk_plan_offset(plan, none[i]), -1);
    tk_plan_free(plan);
}

static void spreads_grades_dearest_in_front(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 20; n++) {
        struct tk_grade grades[20];
        for (size_t i = 0; i < n; i++) {
            snprintf(grades[i].name, sizeof grades[i].name, "G%zu", i);
            grades[i].price = (int64_t)(i * 7 % n) * 1000;
        }
        struct tk_plan *plan = tk_plan_default(grades, n);
        size_t count[20] = {0};
        int last = 0;
        for (size_t i = 0; i < plan->size; i++) {
            int grade = tk_plan_grade(plan, i);
            if (grade < 0)
                continue;
            assert_true(grade >= last && grade < (int)n);
            last = grade;
            count[grade]++;
        }
        for (size_t i = 0; i < n; i++) {
            assert_in_range(count[i], 200 / n, 200 / n + 1);
            assert_true(i == 0 || plan->grades[i - 1].price >= plan->grades[i].price);
        }
        tk_plan_free(plan);
    }
}

static void a_changed_price_list_is_another_fingerprint(void **state)
{
    (void)state;
    struct tk_grade other[3];
    memcpy(other, PRICES, sizeof other);
    struct tk_plan *a = tk_plan_default(PRICES, 3), *b = tk_plan_default(other, 3);
    assert_string_equal(a->sig, b->sig);
    assert_string_equal(a->grade_text, "VIP석\t150000\nR석\t90000\nS석\t60000\n");
    assert_int_equal(tk_plan_grade_index(a, "R석"), 1);
    assert_int_equal(tk_plan_grade_index(a, "없음"), -1);
    tk_plan_free(b);
    other[0].price++;
    b = tk_plan_default(other, 3);
    assert_string_not_equal(a->sig, b->sig);
    tk_plan_free(a);
    tk_plan_free(b);
}

static void refuses_none_and_too_many(void **state)
{
    (void)state;
    static const struct tk_grade many[TK_GRADES_MAX + 1];
    assert_null(tk_plan_default(PRICES, 0));
    assert_null(tk_plan_default(many, TK_GRADES_MAX + 1));
    tk_plan_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_two_hundred_seats_in_ten_rows),
        cmocka_unit_test(every_offset_has_one_name_and_back),
        cmocka_unit_test(spreads_grades_dearest_in_front),
        cmocka_unit_test(a_changed_price_list_is_another_fingerprint),
        cmocka_unit_test(refuses_none_and_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
