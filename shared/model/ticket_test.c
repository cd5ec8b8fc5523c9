#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "shared/model/ticket.h"

static struct tk_ticket_key key1, key2;

static int set_up(void **state)
{
    unsigned char seed[TK_TICKET_SEED];

    (void)state;
    if (sodium_init() < 0)
        return -1;
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (unsigned char)i;
    tk_ticket_key_make(&key1, 1, seed);
    seed[0] = 0xff;
    tk_ticket_key_make(&key2, 2, seed);
    return 0;
}

static void comes_back_as_signed(void **state)
{
    static const uint64_t ids[] = {0, 1, 255, UINT64_MAX, UINT64_C(0x8000000000000000), 1234567890};
    static const uint16_t generations[] = {0, 1, 2, 65535};
    char code[TK_TICKET_DIGITS + 1], again[TK_TICKET_DIGITS + 1];

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        for (size_t g = 0; g < sizeof generations / sizeof *generations; g++) {
            struct tk_ticket in = {.id = ids[i], .generation = generations[g]}, out;

            tk_ticket_sign(&in, &key1, code);
            tk_ticket_sign(&in, &key1, again);
            assert_string_equal(code, again); /* a replay shows the same ticket */
            assert_int_equal(strlen(code), TK_TICKET_DIGITS);
            assert_int_equal(strspn(code, "0123456789"), TK_TICKET_DIGITS);
            assert_int_not_equal(code[0], '0');
            assert_true(tk_ticket_read(code, &out));
            assert_int_equal(out.key, 1);
            assert_true(tk_ticket_verify(code, &key1, &out));
            assert_true(out.id == ids[i]);
            assert_int_equal(out.generation, generations[g]);
        }
}

/* Computed apart from this code (OpenSSL's Ed25519, another language's integers): printed tickets
 * stay good. */
static void has_a_format_that_never_changes(void **state)
{
    struct tk_ticket in = {.id = UINT64_C(0x0123456789abcdef), .generation = 1};
    char code[TK_TICKET_DIGITS + 1];

    (void)state;
    tk_ticket_sign(&in, &key1, code);
    assert_string_equal(code,
                        "4165796654272782965605629974460166652936484250512794952242004492093048"
                        "8518101696433065890729044684067891357449590168136607464276865771463276"
                        "06275087106235611520490960553124761292811");
    assert_true(TK_TICKET_DIGITS <= 202); /* QR version 5, level M, numeric mode (ISO/IEC 18004) */
}

/* Every digit, every other value: 181 × 9 forgeries. */
static void refuses_any_changed_digit(void **state)
{
    struct tk_ticket in = {.id = UINT64_C(0x0123456789abcdef), .generation = 1};
    struct tk_ticket out = {.id = 7};
    char code[TK_TICKET_DIGITS + 1];

    (void)state;
    tk_ticket_sign(&in, &key1, code);
    for (int d = 0; d < TK_TICKET_DIGITS; d++) {
        char right = code[d];

        for (char c = '0'; c <= '9'; c++) {
            code[d] = c;
            assert_int_equal(tk_ticket_verify(code, &key1, &out), c == right);
            if (c != right)
                assert_false(out.id != 7 && out.id != in.id);
        }
        code[d] = right;
    }
}

static void refuses_two_swapped_digits(void **state)
{
    struct tk_ticket in = {.id = 42, .generation = 1}, out;
    char code[TK_TICKET_DIGITS + 1];

    (void)state;
    tk_ticket_sign(&in, &key1, code);
    for (int d = 0; d + 1 < TK_TICKET_DIGITS; d++) {
        char a = code[d], b = code[d + 1];

        code[d] = b;
        code[d + 1] = a;
        assert_int_equal(tk_ticket_verify(code, &key1, &out), a == b);
        code[d] = a;
        code[d + 1] = b;
    }
}

static void refuses_other_keys(void **state)
{
    struct tk_ticket in = {.id = 42, .generation = 1}, out;
    struct tk_ticket_key liar = key2;
    char code[TK_TICKET_DIGITS + 1];

    (void)state;
    tk_ticket_sign(&in, &key1, code);
    assert_false(tk_ticket_verify(code, &key2, &out));
    liar.id = 1; /* says it is key 1, signs with key 2 */
    tk_ticket_sign(&in, &liar, code);
    assert_true(tk_ticket_read(code, &out));
    assert_false(tk_ticket_verify(code, &key1, &out));
}

static void refuses_other_spellings(void **state)
{
    struct tk_ticket in = {.id = 42, .generation = 1}, out = {.id = 7};
    char code[TK_TICKET_DIGITS + 1], text[TK_TICKET_DIGITS + 8];

    (void)state;
    tk_ticket_sign(&in, &key1, code);
    static const char *const around[][2] = {{"0", ""}, {"", "0"}, {" ", ""}, {"", "\n"}, {"+", ""}};
    for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
        strcpy(text, around[i][0]);
        strcat(text, code);
        strcat(text, around[i][1]);
        assert_false(tk_ticket_verify(text, &key1, &out));
        assert_false(tk_ticket_read(text, &out));
    }
    assert_false(tk_ticket_verify("", &key1, &out));
    assert_false(tk_ticket_verify(code + 1, &key1, &out));
    strcpy(text, code);
    text[90] = 'a';
    assert_false(tk_ticket_verify(text, &key1, &out));
    text[90] = '/'; /* one below '0' */
    assert_false(tk_ticket_verify(text, &key1, &out));
    memset(text, '0', TK_TICKET_DIGITS);
    text[TK_TICKET_DIGITS] = '\0';
    assert_false(tk_ticket_verify(text, &key1, &out));
    memset(text, '9', TK_TICKET_DIGITS);
    assert_false(tk_ticket_verify(text, &key1, &out));
    assert_true(out.id == 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_signed),
        cmocka_unit_test(has_a_format_that_never_changes),
        cmocka_unit_test(refuses_any_changed_digit),
        cmocka_unit_test(refuses_two_swapped_digits),
        cmocka_unit_test(refuses_other_keys),
        cmocka_unit_test(refuses_other_spellings),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
