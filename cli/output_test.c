#include "cli/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct column columns[] = {
    {"id", "Id", CELL_TEXT, "prfId"},      {"title", "Title", CELL_WIDE, "title"},
    {"price", "Price", CELL_MONEY, "won"}, {"at", "Starts", CELL_TIME, "at"},
    {"poster", "Poster", CELL_JSON, "p"},  {0},
};

static json_t *list(void)
{
    return json_pack("[{s:s,s:s,s:i,s:s,s:s},{s:s,s:s,s:i,s:n,s:n}]", "id", "PF1", "title", "햄릿",
                     "price", 80000, "at", "2026-12-24T19:30:00+09:00", "poster", "u", "id",
                     "PF100", "title", "Ham\tlet\n\033[31m\xe2\x80\xae red", "price", 1234567, "at",
                     "poster");
}

static void expect(struct out out, const char *text)
{
    json_t *rows = list();

    assert_non_null(rows);
    out_list(&out, columns, rows);
    assert_string_equal(out.text.data, text);
    json_decref(rows);
    tk_buf_release(&out.text);
}

static void draws_straight_tables(void **state)
{
    (void)state;
    expect((struct out){.mode = OUT_TABLE},
           "Id     Title                  Price  Starts\n"
           "PF1    햄릿                  80,000  2026-12-24 19:30\n"
           "PF100  Ham let �[31m red  1,234,567  -\n");
}

static void cuts_tables_to_the_terminal(void **state)
{
    (void)state;
    expect((struct out){.mode = OUT_TABLE, .columns = 46},
           "Id     Title           Price  Starts\n"
           "PF1    햄릿           80,000  2026-12-24 19:30\n"
           "PF100  Ham let ..  1,234,567  -\n");
}

static void escapes_tabs_and_lines(void **state)
{
    (void)state;
    expect((struct out){.mode = OUT_TSV}, "PF1\t햄릿\t80000\t2026-12-24T19:30:00+09:00\n"
                                          "PF100\tHam\\tlet\\n�[31m red\t1234567\t\n");
}

static void prints_ids(void **state)
{
    (void)state;
    expect((struct out){.mode = OUT_ID}, "PF1\nPF100\n");
}

static void escapes_json(void **state)
{
    (void)state;
    expect((struct out){.mode = OUT_JSON},
           "[{\"id\": \"PF1\", \"title\": \"햄릿\", \"price\": 80000, \"at\": "
           "\"2026-12-24T19:30:00+09:00\", \"poster\": \"u\"}, {\"id\": \"PF100\", \"title\": "
           "\"Ham\\tlet\\n\\u001B[31m\\u202e red\", \"price\": 1234567, \"at\": null, \"poster\": "
           "null}]\n");
}

/* What was escaped must read back as it was. */
static void json_reads_back(void **state)
{
    json_t *value = json_string("\xc2\x9b"
                                "31m\x7f\xef\xbb\xbf\xf3\xa0\x81\x81 가\xe2\x80\x8d");
    struct tk_buf text = {0};
    json_t *again;

    (void)state;
    out_json_text(&text, value, 0);
    for (size_t i = 0; i < text.len; i++)
        assert_true((unsigned char)text.data[i] >= 0x20 && text.data[i] != 0x7f);
    assert_null(strstr(text.data, "\xc2\x9b"));
    assert_null(strstr(text.data, "\xe2\x80\x8d"));
    assert_non_null(strstr(text.data, "가"));
    again = json_loads(text.data, JSON_DECODE_ANY, NULL);
    assert_true(json_equal(value, again));
    json_decref(value);
    json_decref(again);
    tk_buf_release(&text);
}

static void draws_records(void **state)
{
    struct out out = {.mode = OUT_TABLE};
    json_t *rows = list();

    (void)state;
    out_one(&out, columns, json_array_get(rows, 0));
    assert_string_equal(out.text.data, "Id      PF1\n"
                                       "Title   햄릿\n"
                                       "Price   80,000\n"
                                       "Starts  2026-12-24 19:30\n");
    json_decref(rows);
    tk_buf_release(&out.text);
}

static void reshapes(void **state)
{
    json_t *wire = json_pack("{s:s,s:i,s:s}", "prfId", "PF1", "won", 5, "unknown", "x");
    json_t *ours = out_reshape(columns, wire);

    (void)state;
    assert_string_equal(json_string_value(json_object_get(ours, "id")), "PF1");
    assert_true(json_is_null(json_object_get(ours, "title")));
    assert_null(json_object_get(ours, "unknown"));
    json_decref(ours);
    json_decref(wire);
}

static void groups_money(void **state)
{
    static const struct {
        long long won;
        const char *text;
    } rows[] = {{0, "0"},          {999, "999"},   {1000, "1,000"},
                {-1000, "-1,000"}, {-100, "-100"}, {123456789, "123,456,789"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tk_buf text = {0};

        out_money(&text, rows[i].won);
        assert_string_equal(text.data, rows[i].text);
        tk_buf_release(&text);
    }
}

static void makes_lines_safe(void **state)
{
    struct out out = {.mode = OUT_TABLE};

    (void)state;
    out_line(&out, "%s!", "a\033]0;title\007b");
    assert_string_equal(out.text.data, "a�]0;title�b!\n");
    tk_buf_release(&out.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_straight_tables),  cmocka_unit_test(cuts_tables_to_the_terminal),
        cmocka_unit_test(escapes_tabs_and_lines), cmocka_unit_test(prints_ids),
        cmocka_unit_test(escapes_json),           cmocka_unit_test(json_reads_back),
        cmocka_unit_test(draws_records),          cmocka_unit_test(reshapes),
        cmocka_unit_test(groups_money),           cmocka_unit_test(makes_lines_safe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
