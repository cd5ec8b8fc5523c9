#include "server/member/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shared/base/time.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void addresses_become_canonical(void **state)
{
    static const struct {
        const char *text, *canon; /* NULL: refused */
    } rows[] = {
        {"a@b.kr", "a@b.kr"},
        {"Kim.Min-Su+tag@Example.CO.KR", "kim.min-su+tag@example.co.kr"},
        {"o'neil_!#$%&*/=?^`{|}~@x-1.example", "o'neil_!#$%&*/=?^`{|}~@x-1.example"},
        {"", NULL},
        {"@", NULL},
        {"plain", NULL},
        {"@b.kr", NULL},
        {"a@", NULL},
        {"a@kr", NULL},
        {"a@b@c.kr", NULL},
        {"a@.kr", NULL},
        {"a@b.", NULL},
        {"a@b..kr", NULL},
        {".a@b.kr", NULL},
        {"a.@b.kr", NULL},
        {"a..a@b.kr", NULL},
        {" a@b.kr", NULL},
        {"a@b.kr ", NULL},
        {"a b@c.kr", NULL},
        {"a\r\nBcc: x@y.kr", NULL},
        {"a@b.kr\r\nBcc: x@y.kr", NULL},
        {"a\x7f@b.kr", NULL},
        {"\"a\"@b.kr", NULL},
        {"a@[127.0.0.1]", NULL},
        {"<a@b.kr>", NULL},
        {"a@b.kr,c@d.kr", NULL},
        {"한글@b.kr", NULL},
        {"a@한글.kr", NULL},
        {"a_b@c_d.kr", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char to[EMAIL_SIZE] = "untouched";
        bool fine = email_canon(to, rows[i].text);
        if (fine != (rows[i].canon != NULL))
            fail_msg("'%s' was %s", rows[i].text, fine ? "accepted" : "refused");
        assert_string_equal(to, rows[i].canon ? rows[i].canon : "untouched");
    }
}

static void address_lengths_are_limited(void **state)
{
    char text[300], to[EMAIL_SIZE];
    (void)state;
    memset(text, 'a', sizeof text);
    memcpy(text + 64, "@b.kr", 6);
    assert_true(email_canon(to, text)); /* local part of 64 */
    memset(text, 'a', sizeof text);
    memcpy(text + 65, "@b.kr", 6);
    assert_false(email_canon(to, text));
    /* 190 bytes in all, then 191 */
    for (size_t size = 190; size <= 191; size++) {
        memset(text, 'a', size);
        text[size] = '\0';
        text[10] = '@';
        for (size_t i = 60; i < size - 1; i += 50)
            text[i] = '.';
        assert_int_equal(email_canon(to, text), size == 190);
    }
}

/* 2026-01-01T00:00 in Seoul is 2025-12-31T15:00Z. */
#define NEW_YEAR_MS (INT64_C(1767193200) * 1000)

static void adults_are_told_by_the_year_in_seoul(void **state)
{
    (void)state;
    assert_true(is_adult("2007-12-31", NEW_YEAR_MS));
    assert_true(is_adult("2007-01-01", NEW_YEAR_MS));
    assert_false(is_adult("2008-01-01", NEW_YEAR_MS));
    assert_false(is_adult("2007-01-01", NEW_YEAR_MS - 1));
    assert_true(is_adult("2006-12-31", NEW_YEAR_MS - 1));
    assert_true(is_adult(NULL, NEW_YEAR_MS));
    assert_false(is_adult("", NEW_YEAR_MS));
    assert_false(is_adult("2007-02-30", NEW_YEAR_MS));
}

static void genders_have_two_spellings(void **state)
{
    (void)state;
    assert_int_equal(gender_of("남"), 'M');
    assert_int_equal(gender_of("M"), 'M');
    assert_int_equal(gender_of("여"), 'F');
    assert_int_equal(gender_of("F"), 'F');
    assert_int_equal(gender_of("m"), 0);
    assert_int_equal(gender_of(""), 0);
}

static void codes_are_six_digits_however_they_are_sent(void **state)
{
    static const struct {
        const char *json;
        enum code_form form;
        const char *digits;
    } rows[] = {
        {"12345", CODE_FORM_OK, "012345"},      {"\"12345\"", CODE_FORM_OK, "012345"},
        {"\"012345\"", CODE_FORM_OK, "012345"}, {"0", CODE_FORM_OK, "000000"},
        {"999999", CODE_FORM_OK, "999999"},     {"1000000", CODE_FORM_WRONG, NULL},
        {"-1", CODE_FORM_WRONG, NULL},          {"-9223372036854775808", CODE_FORM_WRONG, NULL},
        {"\"-12345\"", CODE_FORM_WRONG, NULL},  {"\"-0\"", CODE_FORM_WRONG, NULL},
        {"\"0012345\"", CODE_FORM_WRONG, NULL}, {"\"\"", CODE_FORM_WRONG, NULL},
        {"\" 12345\"", CODE_FORM_WRONG, NULL},  {"\"12a45\"", CODE_FORM_WRONG, NULL},
        {"\"0x12\"", CODE_FORM_WRONG, NULL},    {"\"١٢\"", CODE_FORM_WRONG, NULL},
        {"null", CODE_FORM_WRONG, NULL},        {"true", CODE_FORM_TYPE, NULL},
        {"12345.0", CODE_FORM_TYPE, NULL},      {"[\"012345\"]", CODE_FORM_TYPE, NULL},
        {"{\"a\":1}", CODE_FORM_TYPE, NULL},
    };
    char digits[CODE_SIZE];
    (void)state;
    assert_int_equal(code_digits(NULL, digits), CODE_FORM_WRONG);
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *value = json_loads(rows[i].json, JSON_DECODE_ANY, NULL);
        assert_non_null(value);
        if (code_digits(value, digits) != rows[i].form)
            fail_msg("%s", rows[i].json);
        if (rows[i].digits)
            assert_string_equal(digits, rows[i].digits);
        json_decref(value);
    }
}

static void scopes_are_known_words_in_one_order(void **state)
{
    char scope[64], bad[32] = "";
    (void)state;
    assert_true(scope_canon("box", scope, bad));
    assert_string_equal(scope, "member box");
    assert_true(scope_canon("admin, door,member box,box", scope, bad));
    assert_string_equal(scope, "member box door admin");
    assert_true(scope_canon("member,box,door,manager,admin,kiosk", scope, bad));
    assert_string_equal(scope, "member box door manager admin kiosk");
    assert_true(scope_canon("", scope, bad));
    assert_string_equal(scope, "member");
    assert_false(scope_canon("box,root", scope, bad));
    assert_string_equal(bad, "root");
    assert_false(scope_canon("bo", scope, bad));
    assert_false(scope_canon("boxes", scope, bad));
    assert_false(scope_canon("a-word-far-longer-than-any-buffer-would-like", scope, bad));
    assert_int_equal(strlen(bad), 31);
}

static bool birth_fits(const char *text)
{
    json_t *value = json_string(text);
    bool fits = check_birth(NULL, value);
    json_decref(value);
    return fits;
}

static void births_are_days_of_the_past(void **state)
{
    tk_day today;
    int minute;
    char text[11];
    (void)state;
    assert_true(birth_fits("1900-01-01"));
    assert_true(birth_fits("2000-02-29"));
    assert_false(birth_fits("1899-12-31"));
    assert_false(birth_fits("2001-02-29"));
    assert_false(birth_fits("2000-2-29"));
    assert_false(birth_fits("20000229"));
    assert_false(birth_fits(""));
    tk_seoul(tk_wall_ms(), &today, &minute);
    tk_day_print(today + 1, text);
    assert_false(birth_fits(text));
    tk_day_print(today - 1, text);
    assert_true(birth_fits(text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_become_canonical),
        cmocka_unit_test(address_lengths_are_limited),
        cmocka_unit_test(adults_are_told_by_the_year_in_seoul),
        cmocka_unit_test(genders_have_two_spellings),
        cmocka_unit_test(codes_are_six_digits_however_they_are_sent),
        cmocka_unit_test(scopes_are_known_words_in_one_order),
        cmocka_unit_test(births_are_days_of_the_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
