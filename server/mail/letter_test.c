#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>

#include "server/mail/letter.h"

static struct tk_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = tk_arena_new(1 << 20);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    tk_arena_free(arena);
    return 0;
}

/* A good reservation with one member changed; `value` is stolen. */
static json_t *reservation(const char *name, json_t *value)
{
    json_t *message = json_pack(
        "{s:i, s:s, s:s, s:s, s:i, s:s, s:s, s:i, s:s, s:[{s:s,s:s,s:s},{s:s,s:s,s:s}]}",
        "reservationId", 77, "memberEmail", "kim@example.com", "performanceTitle",
        "별 <헤는> 밤 & \"가을\"", "facility", "달빛극장", "reservationTicketCount", 2,
        "reservationDate", "2026-12-24", "reservationTime", "19:30", "reservationPrice", 1234567,
        "reservationPoster", "https://example.com/p.png?a=1&b=2", "seats", "seat", "A1", "grade",
        "R석", "code", "0123456789012345678901234567890123456789012", "seat", "A2", "grade", "R석",
        "code", "99");

    assert_non_null(message);
    if (name)
        json_object_set_new(message, name, value);
    return message;
}

static void test_ticket_shows_everything(void **state)
{
    json_t *message = reservation(NULL, NULL);
    struct letter letter;
    const char *why;

    (void)state;
    assert_true(letter_ticket(message, arena, &letter, &why));
    assert_string_equal(letter.to, "kim@example.com");
    assert_string_equal(letter.subject, "[Ticketaka] 예약 정보 발송해 드립니다.");
    assert_int_equal(letter.image_count, 2);
    assert_string_equal(letter.images[0].cid, "qrcode");
    assert_string_equal(letter.images[1].cid, "qrcode2");
    assert_memory_equal(letter.images[1].png, "\x89PNG", 4);
    assert_non_null(strstr(letter.html, "별 &lt;헤는&gt; 밤 &amp; &quot;가을&quot;"));
    assert_non_null(strstr(letter.html, "src=\"cid:qrcode\""));
    assert_non_null(strstr(letter.html, "src=\"cid:qrcode2\""));
    assert_non_null(strstr(letter.html, "p.png?a=1&amp;b=2"));
    assert_non_null(strstr(letter.html, "1,234,567원"));
    assert_null(strstr(letter.html, "<헤는>"));
    assert_non_null(strstr(letter.text, "별 <헤는> 밤"));
    assert_non_null(
        strstr(letter.text, "일시: 2026-12-24\n회차: 19:30\n장소: 달빛극장\n인원: 2명"));
    assert_non_null(strstr(letter.text, "0123 4567 8901 2345 6789 0123 4567 8901 2345 6789\n012"));
    json_decref(message);
}

static void test_poison_is_named(void **state)
{
    static const struct {
        const char *name, *value;
    } rows[] = {
        {"memberEmail", "null"},
        {"memberEmail", "\"a@b.c\\r\\nRCPT TO:<x@y.z>\""},
        {"memberEmail", "\"a b@example.com\""},
        {"memberEmail", "7"},
        {"reservationId", "null"},
        {"reservationId", "\"\""},
        {"performanceTitle", "null"},
        {"seats", "null"},
        {"seats", "[]"},
        {"seats", "{}"},
        {"seats", "[{\"seat\":\"A1\",\"code\":\"12x\"}]"},
        {"seats", "[{\"seat\":\"A1\",\"code\":\"\"}]"},
        {"seats", "[{\"code\":\"12\"}]"},
        {"seats", "[7]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *message = reservation(rows[i].name,
                                      json_loads(rows[i].value, JSON_DECODE_ANY, NULL));
        struct letter letter;
        const char *why = NULL;

        assert_false(letter_ticket(message, arena, &letter, &why));
        assert_non_null(why);
        json_decref(message);
    }
}

static void test_control_characters_are_dropped(void **state)
{
    json_t *message = reservation("performanceTitle", json_string("밤\r\nBcc: x@y.z\x1b[2J"));
    struct letter letter;
    const char *why;

    (void)state;
    assert_true(letter_ticket(message, arena, &letter, &why));
    assert_non_null(strstr(letter.text, "밤Bcc: x@y.z[2J\n"));
    assert_null(strchr(letter.text, '\x1b'));
    json_decref(message);
}

static void test_unsafe_poster_is_left_out(void **state)
{
    json_t *message = reservation("reservationPoster", json_string("javascript:alert(1)"));
    struct letter letter;
    const char *why;

    (void)state;
    assert_true(letter_ticket(message, arena, &letter, &why));
    assert_null(strstr(letter.html, "javascript"));
    json_decref(message);
}

static void test_code_of_sign_up(void **state)
{
    json_t *good = json_pack("{s:s,s:s}", "email", "lee@example.com", "authNum", "012345");
    json_t *bad = json_pack("{s:s,s:s}", "email", "lee@example.com", "authNum", "12345");
    struct letter letter;
    const char *why;

    (void)state;
    assert_true(letter_valid(good, arena, &letter, &why));
    assert_string_equal(letter.subject, "[Ticketaka] 회원 가입 인증 번호 발송");
    assert_non_null(strstr(letter.text, "012345"));
    assert_non_null(strstr(letter.html, "<h1>012345</h1>"));
    assert_int_equal(letter.image_count, 0);
    assert_false(letter_valid(bad, arena, &letter, &why));
    assert_non_null(why);
    json_decref(good);
    json_decref(bad);
}

static void test_header_words_are_short_and_whole(void **state)
{
    const char *coded = letter_encode_header(arena, "[Ticketaka] 회원 가입 인증 번호 발송");
    const char *line = coded;

    (void)state;
    assert_string_equal(letter_encode_header(arena, "a"), "=?UTF-8?B?YQ==?=");
    assert_string_equal(letter_encode_header(arena, "한글"), "=?UTF-8?B?7ZWc6riA?=");
    while (line) {
        const char *end = strstr(line, "\r\n ");

        assert_true((end ? (size_t)(end - line) : strlen(line)) <= 75);
        line = end ? end + 3 : NULL;
    }
}

static void test_memory_short_is_no_poison(void **state)
{
    json_t *message = reservation(NULL, NULL);
    struct tk_arena *tiny = tk_arena_new(2000);
    struct letter letter;
    const char *why = "unset";

    (void)state;
    assert_false(letter_ticket(message, tiny, &letter, &why));
    assert_null(why);
    tk_arena_free(tiny);
    json_decref(message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ticket_shows_everything),
        cmocka_unit_test(test_poison_is_named),
        cmocka_unit_test(test_control_characters_are_dropped),
        cmocka_unit_test(test_unsafe_poster_is_left_out),
        cmocka_unit_test(test_code_of_sign_up),
        cmocka_unit_test(test_header_words_are_short_and_whole),
        cmocka_unit_test(test_memory_short_is_no_poison),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
