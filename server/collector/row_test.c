#include "server/collector/row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A document of this text, as document_read would give it; rows begin at its first one. */
struct fixture {
    struct tk_arena *arena;
    struct document doc;
    const char *why;
    bool good;
};

static struct fixture open_text(const char *text)
{
    struct fixture fix = {.arena = tk_arena_new(4 << 20)};
    char path[] = "/tmp/ticketaka-row-test.XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    fix.good = document_read(path, fix.arena, &fix.doc, &fix.why);
    unlink(path);
    return fix;
}

static void close_text(struct fixture *fix)
{
    document_release(&fix->doc);
    tk_arena_free(fix->arena);
}

static void documents_are_told_apart(void **state)
{
    static const struct {
        const char *text;
        bool good;
        enum kind kind; /* of the first row; KIND_COUNT: there is no row */
    } rows[] = {
        {"", true, KIND_COUNT},
        {" \n", true, KIND_COUNT},
        {"<dbs/>", true, KIND_COUNT},
        {"<dbs><db><mt20id>P</mt20id><mt10id>F</mt10id></db></dbs>", true, KIND_PERFORMANCE},
        {"<dbs><db><mt20id>P</mt20id><prfnm>x</prfnm></db></dbs>", true, KIND_NONE},
        {"<dbs><db><mt10id>F</mt10id><adres>x</adres></db></dbs>", true, KIND_FACILITY},
        {"<dbs><db><mt10id>F</mt10id><sidonm>x</sidonm></db></dbs>", true, KIND_NONE},
        {"<boxofs><boxof><mt20id>P</mt20id></boxof></boxofs>", true, KIND_RANK},
        {"<response><header><resultCode>00</resultCode></header><body><items><item>"
         "<locdate>20260101</locdate></item></items></body></response>",
         true, KIND_HOLIDAY},
        {"<response><body><items/></body></response>", true, KIND_COUNT},
        {"<dbs><db><returncode>02</returncode></db></dbs>", false, KIND_COUNT},
        {"<response><header><resultCode>30</resultCode></header></response>", false, KIND_COUNT},
        {"<dbs><db>", false, KIND_COUNT},
        {"<dbs>&undefined;</dbs>", false, KIND_COUNT},
        {"<!DOCTYPE dbs><dbs/>", false, KIND_COUNT},
        {"<other/>", false, KIND_COUNT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture fix = open_text(rows[i].text);

        if (fix.good != rows[i].good)
            fail_msg("'%s': %s", rows[i].text, fix.why ? fix.why : "accepted");
        assert_true(fix.good || fix.why);
        if (fix.doc.first)
            assert_int_equal(row_kind(fix.doc.first), rows[i].kind);
        else
            assert_int_equal(rows[i].kind, KIND_COUNT);
        close_text(&fix);
    }
}

static void texts_are_trimmed_and_only_their_own(void **state)
{
    struct fixture fix = open_text(
        "<dbs><db><a> \u00a0x y\n</a><b> </b><c>1<d>2</d>3</c><e><![CDATA[<&>]]></e>"
        "<f>&#127908;</f></db><db><a>second</a></db></dbs>");
    const xmlNode *row = fix.doc.first;

    (void)state;
    assert_true(fix.good);
    assert_string_equal(row_text(row, "a", fix.arena), "x y");
    assert_null(row_text(row, "b", fix.arena));
    assert_string_equal(row_raw(row, "b", fix.arena), " ");
    assert_string_equal(row_text(row, "c", fix.arena), "13");
    assert_string_equal(row_text(row, "e", fix.arena), "<&>");
    assert_string_equal(row_text(row, "f", fix.arena), "🎤");
    assert_null(row_text(row, "missing", fix.arena));
    assert_string_equal(row_raw(row, "missing", fix.arena), "");
    row = row_next(row);
    assert_string_equal(row_text(row, "a", fix.arena), "second");
    assert_null(row_next(row));
    close_text(&fix);
}

static void addresses_are_of_the_web(void **state)
{
    (void)state;
    assert_null(web_address(NULL));
    assert_null(web_address("javascript:alert(1)"));
    assert_null(web_address("data:text/html,x"));
    assert_non_null(web_address("HTTPS://x.example.com/"));
    assert_non_null(web_address("http://x.example.com/?a:b"));
    assert_non_null(web_address("www.example.com"));
    assert_non_null(web_address("www.example.com/a:b"));
}

static void facilities(void **state)
{
    static const struct {
        const char *la, *lo, *seats, *latitude, *longitude;
        int scale;
    } rows[] = {
        {"37.521120000000000", "127.12836360000005", "41376", "37.521120000000000",
         "127.12836360000005", 41376},
        {"37", "-127.5", "15,000", "37", "-127.5", 15000},
        {"0", "0.0", "0", NULL, NULL, 0},
        {" ", "", " ", NULL, NULL, 0},
        {"91", "181", "-5", NULL, NULL, 0},
        {"37.5x", "1e2", "many", NULL, NULL, 0},
        {"37.", "12.5.5", "99999999999999999999", "37.", NULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[512];
        struct fixture fix;
        struct facility facility;
        struct issues issues = {0};

        snprintf(text, sizeof(text),
                 "<dbs><db><mt10id>FC1</mt10id><fcltynm>N </fcltynm><la>%s</la><lo>%s</lo>"
                 "<seatscale>%s</seatscale></db></dbs>",
                 rows[i].la, rows[i].lo, rows[i].seats);
        fix = open_text(text);
        assert_true(facility_read(fix.doc.first, fix.arena, &facility, &issues));
        assert_string_equal(facility.name, "N");
        assert_int_equal(facility.seat_scale, rows[i].scale);
        if (rows[i].latitude)
            assert_string_equal(facility.latitude, rows[i].latitude);
        else
            assert_null(facility.latitude);
        if (rows[i].longitude)
            assert_string_equal(facility.longitude, rows[i].longitude);
        else
            assert_null(facility.longitude);
        close_text(&fix);
    }
}

static struct fixture open_performance(const char *venue, const char *schedule, const char *prices)
{
    char text[1024];

    snprintf(text, sizeof(text),
             "<dbs><db><mt20id>PF1</mt20id><prfnm>T</prfnm><prfpdfrom>2026.11.23</prfpdfrom>"
             "<prfpdto>2026.11.29</prfpdto><fcltynm>%s</fcltynm><pcseguidance>%s</pcseguidance>"
             "<mt10id>FC1</mt10id><dtguidance>%s</dtguidance></db></dbs>",
             venue, prices, schedule);
    return open_text(text);
}

static void venues_lose_their_hall(void **state)
{
    static const char *const rows[][2] = {
        {"예술극장 (대극장)", "예술극장"},
        {"예술극장", "예술극장"},
        {"극장 (구. 소극장 (1관)) (극장 (1관))", "극장 (구. 소극장 (1관))"},
        {"KSPO DOME(체조경기장)", "KSPO DOME(체조경기장)"},
        {"(괄호)", "(괄호)"},
        {"괄호)", "괄호)"},
    };
    const struct tk_holidays none = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture fix = open_performance(rows[i][0], "월요일(20:00)", "전석무료");
        struct performance performance;
        struct issues issues = {0};

        assert_true(performance_read(fix.doc.first, &none, fix.arena, &performance, &issues));
        assert_string_equal(performance.facility_name, rows[i][1]);
        close_text(&fix);
    }
}

static void performances_tell_all_that_is_wrong(void **state)
{
    const struct tk_holidays none = {0};
    struct fixture fix = open_performance("x", "매일(10:00)", "무료");
    struct performance performance;
    struct issues issues = {0};

    (void)state;
    assert_false(performance_read(fix.doc.first, &none, fix.arena, &performance, &issues));
    assert_int_equal(issues.count, 2);
    assert_string_equal(issues.row[0].field, "dtguidance");
    assert_string_equal(issues.row[0].text, "매일(10:00)");
    assert_int_equal(issues.row[0].column, 1);
    assert_string_equal(issues.row[1].field, "pcseguidance");
    close_text(&fix);

    fix = open_performance("x", "화요일(20:00), 수요일(20:00)", "R석 2,000원, S석 1,000원 ");
    issues.count = 0;
    assert_true(performance_read(fix.doc.first, &none, fix.arena, &performance, &issues));
    assert_int_equal(performance.session_count, 2);
    assert_int_equal(performance.prices.count, 2);
    assert_string_equal(performance.sty_urls, "[]");
    assert_null(performance.cast);
    close_text(&fix);
}

static void issues_are_bounded(void **state)
{
    struct issues issues = {0};

    (void)state;
    for (int i = 0; i < 100; i++)
        issue_add(&issues, "f", NULL, 0, "r");
    assert_int_equal(issues.count, ISSUES_MAX);
    assert_string_equal(issues.row[0].text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_told_apart),
        cmocka_unit_test(texts_are_trimmed_and_only_their_own),
        cmocka_unit_test(addresses_are_of_the_web),
        cmocka_unit_test(facilities),
        cmocka_unit_test(venues_lose_their_hall),
        cmocka_unit_test(performances_tell_all_that_is_wrong),
        cmocka_unit_test(issues_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
