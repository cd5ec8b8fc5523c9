#include "shared/base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void valid_is_strict(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        bool valid;
    } rows[] = {
        {"", 0, true},
        {"a\0b", 3, true},
        {"한글", 6, true},
        {"\xf4\x8f\xbf\xbf", 4, true}, /* U+10FFFF */
        {"\xf4\x90\x80\x80", 4, false},
        {"\xc0\xaf", 2, false},     /* overlong '/' */
        {"\xe0\x9f\xbf", 3, false}, /* overlong U+07FF */
        {"\xf0\x8f\xbf\xbf", 4, false},
        {"\xed\xa0\x80", 3, false}, /* surrogate */
        {"\xed\x9f\xbf", 3, true},
        {"\xfe", 1, false},
        {"\x80", 1, false},
        {"\xea\xb0", 2, false}, /* cut */
        {"\xb0\xa1", 2, false}, /* CP949 */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(tk_utf8_valid(rows[i].bytes, rows[i].size), rows[i].valid);
}

static void every_character_round_trips(void **state)
{
    (void)state;
    for (uint32_t cp = 1; cp <= 0x10ffff; cp += cp < 0x11000 ? 1 : 37) {
        struct tk_buf buf = {0};
        uint32_t got;

        if (cp >= 0xd800 && cp <= 0xdfff)
            continue;
        tk_utf8_put(&buf, cp);
        assert_int_equal(tk_utf8_next(buf.data, buf.len, &got), buf.len);
        assert_int_equal(got, cp);
        tk_buf_release(&buf);
    }
}

static void sanitize_and_columns(void **state)
{
    static const struct {
        const char *in, *out;
        size_t columns;
    } rows[] = {
        {"", "", 0},
        {"R석 1층", "R석 1층", 7},
        {"a\tb\r\nc", "a b  c", 6},
        {"\x1b[31mred\x1b[0m\a", "\xef\xbf\xbd[31mred\xef\xbf\xbd[0m\xef\xbf\xbd", 13},
        {"c1 \xc2\x9b"
         "31m",
         "c1 \xef\xbf\xbd"
         "31m",
         7},
        {"bidi \u202eabc\u202c \u2066x\u2069", "bidi abc x", 10},
        {"zero\u200bwidth bom\ufeff", "zerowidth bom", 13},
        {"nbsp\u00a0here \u3164x", "nbsp here  x", 12},
        {"\xff\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 4},
        {"\u1112\u1161\u11ab\u1100\u1173\u11af", "\u1112\u1161\u11ab\u1100\u1173\u11af", 4},
        {"👩\u200d🎤", "👩🎤", 4},
        {"🇰🇷", "🇰🇷", 2},
        {"☺\ufe0f", "☺", 1},
        {"Ⅱ①’·※★♥", "Ⅱ①’·※★♥", 7},
        {"Ａ～￦〜", "Ａ～￦〜", 8},
        {"Lé", "Lé", 2},
        {"Le\u0301", "Le\u0301", 2},
        {"\xee\x80\x80\xef\xbf\xbf", "\xef\xbf\xbd\xef\xbf\xbd", 2},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tk_buf buf = {0};

        tk_sanitize(&buf, rows[i].in);
        assert_string_equal(buf.data, rows[i].out);
        assert_int_equal(tk_columns(rows[i].in), rows[i].columns);
        tk_buf_release(&buf);
    }
}

static void marks_are_limited(void **state)
{
    struct tk_buf in = {0}, out = {0};

    (void)state;
    tk_buf_putc(&in, 'a');
    for (int i = 0; i < 1000; i++)
        tk_utf8_put(&in, 0x301);
    tk_sanitize(&out, in.data);
    assert_int_equal(tk_utf8_count(out.data), 1 + 8);
    tk_buf_release(&in);
    tk_buf_release(&out);
}

static void cut_and_pad(void **state)
{
    static const struct {
        const char *in;
        size_t columns;
        const char *fit, *left, *right;
    } rows[] = {
        {"한글", 4, "한글", "한글", "한글"},
        {"한글", 6, "한글", "한글  ", "  한글"},
        {"한글문", 5, "한..", "한.. ", " 한.."},
        {"한글문", 4, "한..", "한..", "한.."},
        {"한글문", 3, "..", ".. ", " .."},
        {"한글", 1, ".", ".", "."},
        {"한글", 0, "", "", ""},
        {"", 2, "", "  ", "  "},
        {"abcdef", 5, "abc..", "abc..", "abc.."},
        {"e\u0301e\u0301e\u0301xyz", 4, "e\u0301e\u0301..", "e\u0301e\u0301..", "e\u0301e\u0301.."},
        {"🇰🇷🇰🇷🇰🇷", 5, "🇰🇷..", "🇰🇷.. ", " 🇰🇷.."},
        {"12,000", 8, "12,000", "12,000  ", "  12,000"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tk_buf fit = {0}, left = {0}, right = {0};

        tk_fit(&fit, rows[i].in, rows[i].columns);
        tk_pad(&left, rows[i].in, rows[i].columns, TK_LEFT);
        tk_pad(&right, rows[i].in, rows[i].columns, TK_RIGHT);
        assert_string_equal(fit.data, rows[i].fit);
        assert_string_equal(left.data ? left.data : "", rows[i].left);
        assert_string_equal(right.data ? right.data : "", rows[i].right);
        tk_buf_release(&fit);
        tk_buf_release(&left);
        tk_buf_release(&right);
    }
}

/* Whatever comes in, what goes out is valid, of the promised width, and free of what moves a
 * terminal. */
static void check_safe(const char *line)
{
    struct tk_buf out = {0};
    uint32_t cp;

    tk_sanitize(&out, line);
    assert_true(tk_utf8_valid(out.data, out.len));
    for (size_t i = 0; i < out.len;) {
        i += tk_utf8_next(out.data + i, out.len - i, &cp);
        assert_true(cp >= 0x20 && (cp < 0x7f || cp > 0x9f));
        assert_false(cp >= 0x200b && cp <= 0x200f);
        assert_false(cp >= 0x2028 && cp <= 0x202e);
        assert_false(cp >= 0x2060 && cp <= 0x206f);
        assert_int_not_equal(cp, 0xfeff);
    }
    for (size_t columns = 0; columns < 40; columns++) {
        struct tk_buf cell = {0};

        tk_pad(&cell, line, columns, TK_LEFT);
        assert_int_equal(tk_columns(cell.data ? cell.data : ""), columns);
        assert_true(tk_utf8_valid(cell.data ? cell.data : "", cell.len));
        tk_buf_release(&cell);
    }
    tk_buf_release(&out);
}

static void random_bytes_are_safe(void **state)
{
    unsigned seed = 20260914;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        char line[64];
        size_t size = (size_t)(rand_r(&seed) % 63);

        for (size_t i = 0; i < size; i++)
            line[i] = (char)(rand_r(&seed) % 255 + 1);
        line[size] = '\0';
        check_safe(line);
    }
}

static void corpus(void **state)
{
    static const char *const files[] = {"utf8_edge.txt", "utf8_invalid.bin"};
    const char *folder = getenv("TICKETAKA_CORPUS");
    char path[4096];

    (void)state;
    if (!folder) {
        puts("skipped: UTF-8 corpus (TICKETAKA_CORPUS is not set)");
        skip();
    }
    for (size_t i = 0; i < COUNT(files); i++) {
        char *text, *save = NULL;
        size_t size, lines = 0;

        snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
        text = tk_read_file(path, 1 << 20, &size);
        assert_non_null(text);
        assert_int_equal(tk_utf8_valid(text, size), i == 0);
        for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
            check_safe(line);
            lines++;
        }
        assert_true(lines >= 5);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_is_strict),
        cmocka_unit_test(every_character_round_trips),
        cmocka_unit_test(sanitize_and_columns),
        cmocka_unit_test(marks_are_limited),
        cmocka_unit_test(cut_and_pad),
        cmocka_unit_test(random_bytes_are_safe),
        cmocka_unit_test(corpus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
