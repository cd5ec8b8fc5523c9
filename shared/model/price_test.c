#include "shared/model/price.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "shared/model/corpus_test.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* "label=won;…" */
static char *parse(const char *text, struct tk_refusal *why)
{
    struct tk_prices prices;
    struct tk_buf out = {0};

    if (!tk_prices_parse(text, &prices, why))
        return NULL;
    for (size_t i = 0; i < prices.count; i++)
        tk_buf_printf(&out, "%s%s=%lld", i ? ";" : "", prices.row[i].seat_type,
                      (long long)prices.row[i].won);
    return out.data;
}

static void lists_are_read(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"전석 30,000원", "전석=30000"},
        {"R석 1,200,000원, S석 900,000원", "R석=1200000;S석=900000"},
        {"전석 900원", "전석=900"},
        {"전석 50000원", "전석=50000"},
        {"전석 100,000,000원", "전석=100000000"},
        {"전석 30,000 원", "전석=30000"},
        {" 전석 30,000원,S석 20,000원 ", "전석=30000;S석=20000"},
        {"시야방해 R석 84,000원", "시야방해 R석=84000"},
        {"커플석(2인) 99,000원", "커플석(2인)=99000"},
        {"얼리버드(1차, 2차) 30,000원, 1일권(토) 9,000원",
         "얼리버드(1차, 2차)=30000;1일권(토)=9000"},
        {"얼리버드(1,2차) 30,000원", "얼리버드(1,2차)=30000"},
        {"R,S석 30,000원", "R,S석=30000"},
        {"얼리버드 1,2차 30,000원", "얼리버드 1,2차=30000"},
        {"3층 지정석 110,000원", "3층 지정석=110000"},
        {"원형석 10,000원, 정원 밖 5,000원", "원형석=10000;정원 밖=5000"},
        {"전석 30,000원, 전석 30,000원", "전석=30000"},
        {"전석무료", "전석=0"},
        {"전석무료 \u00a0", "전석=0"},
        {"좌석\u00a0R 10,000원", "좌석\u00a0R=10000"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tk_refusal why = {0};
        char *got = parse(rows[i].text, &why);

        if (!got)
            fail_msg("'%s' was refused at %zu: %s", rows[i].text, why.column, why.reason);
        assert_string_equal(got, rows[i].want);
        free(got);
    }
}

static void the_rest_is_refused_with_its_column(void **state)
{
    static const struct {
        const char *text;
        size_t column;
    } rows[] = {
        {"", 1},
        {"   ", 1},
        {"무료", 1},
        {"현장 문의", 1},
        {"10,000원", 1},
        {"R석 5만원", 4},
        {"VIP 12만원 / R 9만9천원", 5},
        {"전석 0원", 4},
        {"전석 0,000원", 4},
        {"전석 -1,000원", 4},
        {"전석 1.5원", 5},
        {"R석 ,000원", 4},
        {"R석 1,2,000원", 7},
        {"R석 1234,000원", 8},
        {"R석 1,00원", 8},
        {"R석 30,000,원", 11},
        {"R석30,000원", 3},
        {"R석 100,000,001원", 4},
        {"R석 99,999,999,999원", 4},
        {"R석 30,000, S석 20,000원", 10},
        {"R석 30,000,S석 20,000원", 10},
        {"R석 30,000 S석 20,000원", 10},
        {"R석 1,030,000 S석 20,000원", 13},
        {"R석, S석 20,000원", 3},
        {"R석 30,000원 / S석 20,000원", 12},
        {"R석 30,000원 이상", 12},
        {"R석 30,000원,", 12},
        {"R석 30,000원,, S석 20,000원", 12},
        {"R석 30,000원, 현장 문의", 13},
        {"R석 30,000원, R석 20,000원", 13},
        {"전석무료, R석 10,000원", 5},
        {"R\x1b[31m석 10,000원", 2},
        {"R\xff 10,000원", 2},
        {"가나다라마바사아자차가나다라마바사아자차가나다라마바사아자차가나다라마바사아자차"
         "가나다라마바사아자차석 10,000원",
         51},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tk_prices untouched = {.count = 77};
        struct tk_refusal why = {0};

        if (tk_prices_parse(rows[i].text, &untouched, &why))
            fail_msg("'%s' was understood", rows[i].text);
        if (why.column != rows[i].column)
            fail_msg("'%s': column %zu, not %zu (%s)", rows[i].text, why.column, rows[i].column,
                     why.reason);
        assert_int_equal(untouched.count, 77);
    }
}

static void lists_are_bounded(void **state)
{
    struct tk_buf text = {0};
    struct tk_prices prices;
    struct tk_refusal why;

    (void)state;
    for (int i = 0; i < TK_PRICES_MAX; i++)
        tk_buf_printf(&text, "%sS%d 1,000원", i ? ", " : "", i);
    assert_true(tk_prices_parse(text.data, &prices, &why));
    assert_int_equal(prices.count, TK_PRICES_MAX);
    tk_buf_puts(&text, ", T 1,000원");
    assert_false(tk_prices_parse(text.data, &prices, &why));
    while (text.len <= TK_PRICES_TEXT_MAX)
        tk_buf_putc(&text, ' ');
    assert_false(tk_prices_parse(text.data, &prices, &why));
    assert_int_equal(why.column, 1);
    tk_buf_release(&text);
}

static void every_real_list_is_read(void **state)
{
    char *text = corpus_read("pcseguidance.txt"), *rest = text, *line;
    size_t count = 0;

    (void)state;
    if (!text)
        skip();
    for (; (line = corpus_line(&rest)); count++) {
        struct tk_prices prices;
        struct tk_refusal why;

        if (!tk_prices_parse(line, &prices, &why))
            fail_msg("'%s': column %zu: %s", line, why.column, why.reason);
    }
    assert_true(count == 163);
    free(text);
}

/* By line of pcseguidance_edge.txt: what it means, or the column that is refused. */
static void every_edge_line_is_right_or_refused(void **state)
{
    static const struct {
        const char *want;
        size_t column;
    } rows[] = {
        {NULL, 1},
        {"전석=0", 0},
        {"전석=0", 0},
        {NULL, 1},
        {"R석=1200000;S석=900000", 0},
        {"전석=900", 0},
        {"전석=50000", 0},
        {NULL, 4},
        {"전석=30000", 0},
        {NULL, 13},
        {"시야방해 R석=1000", 0},
        {"커플석(2인)=99000", 0},
        {"얼리버드(1,2차)=30000", 0},
        {"얼리버드(1차, 2차)=30000", 0},
        {NULL, 4},
        {"전석=30000", 0},
        {NULL, 4},
        {NULL, 4},
        {NULL, 5},
        {NULL, 1},
        {NULL, 1},
        {NULL, 4},
        {"전석=30000;S석=20000", 0},
    };
    char *text = corpus_read("pcseguidance_edge.txt"), *rest = text, *line;
    size_t at = 0;

    (void)state;
    if (!text)
        skip();
    for (; (line = corpus_line(&rest)); at++) {
        struct tk_refusal why = {0};
        char *got = parse(line, &why);

        assert_true(at < COUNT(rows));
        if (why.column != rows[at].column || !got != !rows[at].want ||
            (got && strcmp(got, rows[at].want) != 0))
            fail_msg("line %zu '%s': %s, column %zu", at + 1, line, got ? got : "refused",
                     why.column);
        free(got);
    }
    assert_int_equal(at, COUNT(rows));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read),
        cmocka_unit_test(the_rest_is_refused_with_its_column),
        cmocka_unit_test(lists_are_bounded),
        cmocka_unit_test(every_real_list_is_read),
        cmocka_unit_test(every_edge_line_is_right_or_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
