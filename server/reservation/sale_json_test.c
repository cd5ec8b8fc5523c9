#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/reservation/sale_json.h"

static const char good[] =
    "{\"holdId\":\"1-aaaaaaaaaaaa-bb\",\"requestHash\":\"0123456789abcdef\",\"memberId\":7,"
    "\"clerkId\":null,"
    "\"performanceId\":\"PF1\",\"performanceTitle\":\"햄릿\",\"poster\":\"\",\"facility\":"
    "\"소극장\","
    "\"prfSessionId\":3,\"date\":\"2027-01-02\",\"time\":\"19:30\",\"total\":300,"
    "\"payment\":{\"method\":\"cash\",\"tendered\":500},\"createKey\":\"k-12345678\","
    "\"customer\":{\"name\":\"김\",\"phone\":\"010-1234-5678\",\"email\":\"kim@example.com\"},"
    "\"seats\":[{\"seat\":\"1F:A2\",\"grade\":\"R\",\"price\":100},"
    "{\"seat\":\"1F:A1\",\"grade\":\"S\",\"price\":200}]}";

static struct ticket_keys keys;
static char folder[] = "/tmp/ticketaka-keys.XXXXXX";

static void write_key(const char *name, const char *text, mode_t mode)
{
    char path[200];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void drop_key(const char *name)
{
    char path[200];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
}

#define SEED_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SEED_B "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"

static int set_up(void **state)
{
    char why[300];

    (void)state;
    if (sodium_init() < 0 || !mkdtemp(folder))
        return -1;
    write_key("1.key", SEED_A "\n", 0600);
    write_key("2.key", SEED_B, 0600);
    return ticket_keys_load(&keys, folder, 2, why, sizeof why);
}

static int tear_down(void **state)
{
    (void)state;
    drop_key("1.key");
    drop_key("2.key");
    return rmdir(folder);
}

/* ---- keys ---- */

static void keys_are_refused_with_a_reason(void **state)
{
    struct ticket_keys other;
    char why[300];

    (void)state;
    assert_int_equal(ticket_keys_load(&other, folder, 3, why, sizeof why), -1);
    assert_non_null(strstr(why, "3.key"));
    assert_int_equal(ticket_keys_load(&other, NULL, 1, why, sizeof why), -1);
    assert_non_null(strstr(why, "ticket-key-dir"));
    write_key("9.key", SEED_A, 0640);
    assert_int_equal(ticket_keys_load(&other, folder, 1, why, sizeof why), -1);
    assert_non_null(strstr(why, "chmod 600"));
    write_key("9.key", "abc", 0600);
    assert_int_equal(ticket_keys_load(&other, folder, 1, why, sizeof why), -1);
    assert_non_null(strstr(why, "64 hex digits"));
    drop_key("9.key");
}

static void older_keys_stay_readable(void **state)
{
    char one[TK_TICKET_DIGITS + 1], two[TK_TICKET_DIGITS + 1];
    struct tk_ticket ticket;

    (void)state;
    assert_int_equal(keys.current, 2);
    assert_true(ticket_code(&keys, 1, 42, 1, one));
    assert_true(ticket_code(&keys, 2, 42, 1, two));
    assert_string_not_equal(one, two);
    assert_true(tk_ticket_verify(one, &keys.keys[1], &ticket));
    assert_false(ticket_code(&keys, 3, 42, 1, one));
    assert_false(ticket_code(&keys, 0, 42, 1, one));
    assert_false(ticket_code(&keys, 256, 42, 1, one));
}

/* ---- the request ---- */

static json_t *read_text(const char *text, char *why, size_t size)
{
    json_t *body = json_loads(text, 0, NULL), *sale;

    assert_non_null(body);
    sale = sale_read(body, 2, why, size);
    json_decref(body);
    return sale;
}

static void a_good_request_becomes_the_document(void **state)
{
    char why[200];
    json_t *sale = read_text(good, why, sizeof why), *seats = json_object_get(sale, "seats");
    const char *first = json_string_value(json_object_get(json_array_get(seats, 0), "ticket"));
    const char *second = json_string_value(json_object_get(json_array_get(seats, 1), "ticket"));

    (void)state;
    assert_non_null(sale);
    assert_int_equal(json_integer_value(json_object_get(sale, "ticketKey")), 2);
    assert_string_equal(json_string_value(json_object_get(sale, "method")), "cash");
    assert_int_equal(json_integer_value(json_object_get(sale, "tendered")), 500);
    assert_string_equal(json_string_value(json_object_get(sale, "customerEmail")),
                        "kim@example.com");
    assert_string_equal(json_string_value(json_object_get(sale, "createKey")), "k-12345678");
    assert_null(json_object_get(sale, "clerkId")); /* null, like 0, is nobody */
    assert_string_equal(json_string_value(json_object_get(json_array_get(seats, 0), "seat")),
                        "1F:A2");
    assert_string_not_equal(first, second);
    json_decref(sale);
}

/* Sets `path` ("a" or "a.b" or "seats.1.price") of the good body to `value` and expects a refusal
 * naming `word`. */
static void refused(const char *path, const char *value, const char *word)
{
    json_t *body = json_loads(good, 0, NULL), *at = body, *sale;
    char copy[64], why[200] = "", *name, *next;

    strcpy(copy, path);
    for (name = strtok(copy, "."); (next = strtok(NULL, ".")); name = next)
        at = json_is_array(at) ? json_array_get(at, (size_t)atoi(name)) : json_object_get(at, name);
    if (json_is_array(at))
        json_array_set_new(at, (size_t)atoi(name), json_loads(value, JSON_DECODE_ANY, NULL));
    else if (!value)
        json_object_del(at, name);
    else
        json_object_set_new(at, name, json_loads(value, JSON_DECODE_ANY, NULL));
    sale = sale_read(body, 2, why, sizeof why);
    if (sale)
        fail_msg("'%s' = %s was taken", path, value ? value : "(nothing)");
    if (!strstr(why, word))
        fail_msg("'%s' = %s: '%s' does not name '%s'", path, value ? value : "(nothing)", why,
                 word);
    json_decref(body);
}

static void a_bad_value_is_named(void **state)
{
    static const struct {
        const char *path, *value, *word;
    } cases[] = {
        {"memberId", NULL, "memberId"},
        {"memberId", "-1", "memberId"},
        {"memberId", "\"7\"", "memberId"},
        {"memberId", "1.5", "memberId"},
        {"prfSessionId", "0", "prfSessionId"},
        {"prfSessionId", "null", "prfSessionId"},
        {"performanceId", "\"a b\"", "performanceId"},
        {"performanceTitle", "7", "performanceTitle"},
        {"date", "\"2027-02-30\"", "date"},
        {"time", "\"24:00\"", "time"},
        {"total", "299", "total"},
        {"total", "1000000000001", "total"},
        {"payment.method", "\"\"", "method"},
        {"payment.tendered", "-1", "tendered"},
        {"createKey", "\"short\"", "createKey"},
        {"createKey", "7", "createKey"},
        {"createKey", "\"01234567890123456789012345678901234567890123456789012345678901234\"",
         "createKey"},
        {"customer.email", "\"nobody\"", "email"},
        {"customer.email", "\"a@b.c\\r\\nBcc: x@y.z\"", "email"},
        {"terminal", "\"01234567890123456789012345678901234567890123456789012345678901234\"",
         "terminal"},
        {"seats", "[]", "seats"},
        {"seats", "{}", "seats"},
        {"seats.1.price", "-1", "seats"},
        {"seats.1.seat", "\"1F:A2\"", "twice"},
        {"seats.1.seat", "\"\"", "seats[1]"},
        {"seats.1.seat", "\"012345678901234567890123456789012\"", "seats[1]"},
        {"seats.1.grade", "null", "seats[1]"},
        {"seats.0", "7", "seats[0]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(cases[i].path, cases[i].value, cases[i].word);
}

static void a_hundred_seats_and_no_more(void **state)
{
    json_t *body = json_loads(good, 0, NULL), *seats = json_array(), *sale;
    char name[16], why[200];

    (void)state;
    json_object_set_new(body, "seats", seats);
    json_object_set_new(body, "total", json_integer(0));
    for (int i = 0; i < 101; i++) {
        snprintf(name, sizeof name, "A%d", i);
        json_array_append_new(seats,
                              json_pack("{s:s, s:s, s:i}", "seat", name, "grade", "R", "price", 0));
        sale = sale_read(body, 2, why, sizeof why);
        assert_int_equal(sale != NULL, i < 100);
        json_decref(sale);
    }
    json_decref(body);
}

/* ---- the answer ---- */

static const char sold[] =
    "{\"outcome\":\"sold\",\"reservationId\":5,\"change\":9,\"ticketKey\":1,\"total\":100,"
    "\"createdAt\":\"2027-01-01T00:00:00\",\"requestHash\":\"h\","
    "\"seats\":[{\"seat\":\"A1\",\"grade\":\"R\",\"price\":100,\"ticket\":\"18446744073709551615\"}"
    "]}";

static void a_stored_sale_answers_with_codes(void **state)
{
    json_t *answer = sale_answer(sold, &keys), *again = sale_answer(sold, &keys);
    json_t *ticket = json_array_get(json_object_get(answer, "tickets"), 0);
    struct tk_ticket read;

    (void)state;
    assert_true(json_equal(answer, again));
    assert_true(
        tk_ticket_verify(json_string_value(json_object_get(ticket, "code")), &keys.keys[1], &read));
    assert_true(read.id == UINT64_MAX);
    assert_null(json_object_get(answer, "ticketKey"));
    assert_null(json_object_get(json_array_get(json_object_get(answer, "seats"), 0), "ticket"));
    json_decref(answer);
    json_decref(again);
}

static void a_stored_refusal_answers_as_it_is(void **state)
{
    json_t *answer = sale_answer("{\"outcome\":\"refused\",\"change\":3,\"conflicts\":[\"A1\"]}",
                                 &keys);

    (void)state;
    assert_int_equal(json_array_size(json_object_get(answer, "conflicts")), 1);
    json_decref(answer);
    assert_null(sale_answer("{\"outcome\":", &keys));
    assert_null(sale_answer(NULL, &keys));
    assert_null(sale_answer("[]", &keys));
    assert_null(
        sale_answer("{\"seats\":[{\"seat\":\"A1\",\"ticket\":\"1\"}],\"ticketKey\":77}", &keys));
}

static void a_mail_gets_its_codes_and_its_addressee(void **state)
{
    json_t *named = json_loads(sold, 0, NULL), *asked = json_loads(sold, 0, NULL);
    json_t *nobody = json_loads(sold, 0, NULL);

    (void)state;
    json_object_set_new(named, "memberEmail", json_string("own@example.com"));
    assert_true(sale_mail(named, &keys, "member@example.com", "김"));
    assert_string_equal(json_string_value(json_object_get(named, "memberEmail")),
                        "own@example.com");
    json_object_set_new(asked, "memberEmail", json_null());
    assert_true(sale_mail(asked, &keys, "member@example.com", "김"));
    assert_string_equal(json_string_value(json_object_get(asked, "memberEmail")),
                        "member@example.com");
    assert_string_equal(json_string_value(json_object_get(asked, "memberName")), "김");
    assert_non_null(json_object_get(json_array_get(json_object_get(asked, "seats"), 0), "code"));
    assert_null(json_object_get(json_array_get(json_object_get(asked, "seats"), 0), "ticket"));
    assert_false(sale_mail(nobody, &keys, NULL, NULL));
    json_decref(named);
    json_decref(asked);
    json_decref(nobody);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_refused_with_a_reason),
        cmocka_unit_test(older_keys_stay_readable),
        cmocka_unit_test(a_good_request_becomes_the_document),
        cmocka_unit_test(a_bad_value_is_named),
        cmocka_unit_test(a_hundred_seats_and_no_more),
        cmocka_unit_test(a_stored_sale_answers_with_codes),
        cmocka_unit_test(a_stored_refusal_answers_as_it_is),
        cmocka_unit_test(a_mail_gets_its_codes_and_its_addressee),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
