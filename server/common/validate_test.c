#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "server/common/validate.h"

typedef bool check(const char *, const json_t *);

struct row {
    const char *name;
    check *fn;
    const char *json; /* any JSON value; strings are tried as text of a path or query too */
    bool good;
};

#define LONG50                                                                                                                                   \
    "가나다라마바사아자차가나다라마바사아자차가나다라마바사아자차가나다라마바사아자차가나다라마바" \
    "사아자차"
#define A100                                                                                       \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaaaa"
#define GOOD(f, j)                                                                                 \
    {                                                                                              \
#f, tk_check_##f, j, true                                                                  \
    }
#define BAD(f, j)                                                                                  \
    {                                                                                              \
#f, tk_check_##f, j, false                                                                 \
    }

static const struct row rows[] = {
    GOOD(id, "1"),
    GOOD(id, "\"1\""),
    GOOD(id, "9223372036854775807"),
    GOOD(id, "\"9223372036854775807\""),
    BAD(id, "0"),
    BAD(id, "-1"),
    BAD(id, "\"\""),
    BAD(id, "\"9223372036854775808\""),
    BAD(id, "\"1 \""),
    BAD(id, "\" 1\""),
    BAD(id, "\"+1\""),
    BAD(id, "\"1e3\""),
    BAD(id, "\"0x1\""),
    BAD(id, "1.0"),
    BAD(id, "true"),
    BAD(id, "null"),
    BAD(id, "[1]"),
    BAD(id, "{}"),
    BAD(id, "\"１\""),
    GOOD(page, "0"),
    GOOD(page, "\"1000000\""),
    BAD(page, "1000001"),
    BAD(page, "-1"),
    GOOD(count, "1"),
    GOOD(count, "\"100\""),
    BAD(count, "0"),
    BAD(count, "101"),
    BAD(count, "2147483648"),
    BAD(count, "\"x\""),
    GOOD(won, "0"),
    GOOD(won, "1000000000000"),
    BAD(won, "1000000000001"),
    BAD(won, "-1"),
    GOOD(text, "\"\""),
    GOOD(text, "\"가 나\""),
    GOOD(text, "\"" A100 A100 "\""),
    BAD(text, "\"" A100 A100 "a\""),
    BAD(text, "\"a\\nb\""),
    BAD(text, "\"\\u007f\""),
    BAD(text, "\"\\u0085\""),
    BAD(text, "\"\\u001b[31m\""),
    BAD(text, "7"),
    BAD(text, "null"),
    GOOD(keyword, "\"100%\""),
    GOOD(keyword, "\"\""),
    BAD(keyword, "\"" A100 A100 "a\""),
    GOOD(email, "\"a@b.kr\""),
    GOOD(email, "\"홍.길동@예.한국\""),
    GOOD(email, "\"a+b_c-d@x-y.co.kr\""),
    BAD(email, "\"a.b\""),
    BAD(email, "\"a@b\""),
    BAD(email, "\"@b.kr\""),
    BAD(email, "\"a@\""),
    BAD(email, "\"a@.kr\""),
    BAD(email, "\"a@b.\""),
    BAD(email, "\"a@b@c.kr\""),
    BAD(email, "\"a b@c.kr\""),
    BAD(email, "\"a@b.kr\\r\\nBcc: x@y.kr\""),
    BAD(email, "\"<a@b.kr>\""),
    BAD(email, "\"a@b.kr,c@d.kr\""),
    BAD(email, "\"" A100 A100 "@b.kr\""),
    GOOD(password, "\"12345678\""),
    GOOD(password, "\"비밀번호\""),
    BAD(password, "\"1234567\""),
    BAD(password, "\"" A100 A100 A100 "\""),
    BAD(password, "12345678"),
    BAD(password, "\"1234567\\u0000\""),
    GOOD(name, "\"김철\""),
    GOOD(name, "\"" LONG50 "\""),
    BAD(name, "\"" LONG50 "가\""),
    BAD(name, "\"김\""),
    BAD(name, "\"a\\tb\""),
    GOOD(day, "\"2024-02-29\""),
    BAD(day, "\"2023-02-29\""),
    BAD(day, "\"2024-2-9\""),
    BAD(day, "\"2024-13-01\""),
    BAD(day, "\"2024.02.01\""),
    BAD(day, "\"2024-02-01 \""),
    GOOD(phone, "\"010-1234-5678\""),
    GOOD(phone, "\"011-123-4567\""),
    BAD(phone, "\"02-123-4567\""),
    BAD(phone, "\"01012345678\""),
    BAD(phone, "\"010-12345-678\""),
    BAD(phone, "\"010-1234-567\""),
    BAD(phone, "\"010-1234-56789\""),
    BAD(phone, "\"010-1234-567a\""),
    BAD(phone, "\"01a-1234-5678\""),
    GOOD(gender, "\"남\""),
    GOOD(gender, "\"여\""),
    GOOD(gender, "\"M\""),
    GOOD(gender, "\"F\""),
    BAD(gender, "\"m\""),
    BAD(gender, "\"\""),
    BAD(gender, "1"),
    GOOD(key, "\"abc-DEF_1:2.3\""),
    BAD(key, "\"1234567\""),
    BAD(key, "\"12345678 \""),
    BAD(key, "\"" A100 "\""),
    GOOD(prf, "\"PF123456\""),
    BAD(prf, "\"\""),
    BAD(prf, "\"a/b\""),
    BAD(prf, "\"123456789012345678901\""),
    GOOD(hold, "\"12-0123456789abcdef01234567-0123456789abcdef\""),
    BAD(hold, "\"12-ABCDEF01\""),
    BAD(hold, "\"1234567\""),
    GOOD(seats, "[\"1F:A12\"]"),
    BAD(seats, "[]"),
    BAD(seats, "[1]"),
    BAD(seats, "[\"\"]"),
    BAD(seats, "[\"a\\nb\"]"),
    BAD(seats, "\"A1\""),
    BAD(seats, "[\"123456789012345678901234567890123\"]"),
    BAD(seats, "{\"0\":\"A1\"}"),
    GOOD(object, "{}"),
    BAD(object, "[]"),
    BAD(object, "\"{}\""),
    GOOD(bool, "true"),
    GOOD(bool, "false"),
    BAD(bool, "1"),
    BAD(bool, "\"true\""),
    GOOD(token, "\"abcdefghij0123456789\""),
    BAD(token, "\"abcdefghij012345678\""),
    BAD(token, "\"abcdefghij0123456789=\""),
};

static void checks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *r = &rows[i];
        json_t *value = json_loads(r->json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        const char *text = json_string_value(value);

        assert_non_null(value);
        if (r->fn(NULL, value) != r->good)
            fail_msg("%s says %d of %s", r->name, !r->good, r->json);
        if (text && strlen(text) == json_string_length(value) && r->fn(text, NULL) != r->good)
            fail_msg("%s says %d of the text %s", r->name, !r->good, r->json);
        json_decref(value);
    }
}

static void refuses_bad_utf8(void **state)
{
    static check *const all[] = {tk_check_text, tk_check_keyword, tk_check_name, tk_check_password,
                                 tk_check_email};

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        assert_false(all[i]("abcdefgh@b.kr\xff", NULL));
        assert_false(all[i]("abcdefgh\xed\xa0\x80@b.kr", NULL)); /* a surrogate */
        assert_false(all[i]("abcdefgh\xc0\xaf@b.kr", NULL));     /* overlong */
        assert_false(all[i](NULL, NULL));
    }
}

static void bounds_seats(void **state)
{
    json_t *seats = json_array();

    (void)state;
    for (int i = 0; i < 100; i++)
        json_array_append_new(seats, json_string("A1"));
    assert_true(tk_check_seats(NULL, seats));
    json_array_append_new(seats, json_string("A1"));
    assert_false(tk_check_seats(NULL, seats));
    json_decref(seats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(checks), cmocka_unit_test(refuses_bad_utf8),
                                       cmocka_unit_test(bounds_seats)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
