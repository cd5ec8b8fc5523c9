#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shared/net/member.h"
#include "shared/net/performance.h"
#include "shared/net/reservation.h"

/* A fake that writes down what it is asked: "METHOD PATH FLAGS BODY". */
struct fake {
    struct tk_api api;
    char seen[512];
};

static void note(struct tk_api *api, const struct tk_call *call, struct tk_answer *answer)
{
    struct fake *fake = (struct fake *)api;
    char *body = call->body ? json_dumps(call->body, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

    memset(answer, 0, sizeof *answer);
    snprintf(fake->seen, sizeof fake->seen, "%s %s %u %s", call->method, call->path, call->flags,
             body ? body : "-");
    free(body);
}

static struct fake fake = {.api = {.send = note}};

#define SEEN(text, call)                                                                           \
    do {                                                                                           \
        struct tk_answer answer;                                                                   \
        call;                                                                                      \
        assert_string_equal(fake.seen, text);                                                      \
    } while (0)

static void asks_the_member_service(void **state)
{
    const struct tk_signup form = {"a@b.c", "secret12", "김하나", "1990-01-31", "010-1-2", "F"};

    (void)state;
    SEEN("POST /member/login 2 {\"email\":\"a@b.c\",\"password\":\"p\\\"w\"}",
         tk_member_login(&fake.api, "a@b.c", "p\"w", &answer));
    SEEN("POST /member/checkDuplicateEmail 0 {\"email\":\"a@b.c\"}",
         tk_member_mail_code(&fake.api, "a@b.c", &answer));
    SEEN("POST /member/validation 0 {\"authNum\":\"012345\",\"email\":\"a@b.c\"}",
         tk_member_validate(&fake.api, "a@b.c", "012345", &answer));
    SEEN("POST /member/signup 0 {\"birth\":\"1990-01-31\",\"email\":\"a@b.c\",\"gender\":\"F\","
         "\"name\":\"김하나\",\"password\":\"secret12\",\"phone\":\"010-1-2\"}",
         tk_member_signup(&fake.api, &form, &answer));
    SEEN("POST /member/refresh 0 {\"refreshToken\":\"r\"}",
         tk_member_refresh(&fake.api, "r", &answer));
    SEEN("GET /member/info 3 -", tk_member_info(&fake.api, &answer));
}

static void asks_the_performance_service(void **state)
{
    struct tk_hold_want want = {.session = 11, .count = 2, .grade = "R석", .together = true};
    struct tk_sale_want sale = {.hold = "11-a-b", .method = "cash", .tendered = 100000};

    (void)state;
    SEEN("GET /performance/search?keyword=a%26b%20%ED%96%84&page=3 2 -",
         tk_performance_search(&fake.api, "a&b 햄", 3, &answer));
    SEEN("GET /performance?p=PF%2F1 2 -", tk_performance_get(&fake.api, "PF/1", &answer));
    SEEN("GET /performance/session/11/seats 2 -", tk_session_seats(&fake.api, 11, &answer));
    SEEN("POST /performance/rsv/hold 5 "
         "{\"count\":2,\"prfSessionId\":11,\"seatType\":\"R석\",\"together\":true}",
         tk_hold_create(&fake.api, &want, &answer));
    want = (struct tk_hold_want){.session = 11, .seats = json_pack("[s,s]", "A1", "A2")};
    SEEN("POST /performance/rsv/hold 5 {\"prfSessionId\":11,\"seats\":[\"A1\",\"A2\"]}",
         tk_hold_create(&fake.api, &want, &answer));
    json_decref(want.seats);
    SEEN("POST /performance/rsv/create 5 "
         "{\"holdId\":\"11-a-b\",\"payment\":{\"method\":\"cash\",\"tendered\":100000}}",
         tk_hold_sell(&fake.api, &sale, &answer));
    SEEN("DELETE /performance/rsv/hold/..%2Fx 5 -", tk_hold_release(&fake.api, "../x", &answer));
}

static void asks_the_reservation_service(void **state)
{
    (void)state;
    SEEN("GET /reservation/lists 3 -", tk_reservation_list(&fake.api, &answer));
    SEEN("DELETE /reservation/delete/42 5 -", tk_reservation_cancel(&fake.api, 42, &answer));
    SEEN("GET /reservation/42/ticket 3 -", tk_reservation_ticket(&fake.api, 42, &answer));
}

/* A text that is no UTF-8 cannot become JSON: nothing may be sent. */
static void refuses_what_is_no_text(void **state)
{
    struct tk_answer answer;

    (void)state;
    strcpy(fake.seen, "nothing");
    tk_member_login(&fake.api, "a@b.c", "\xff", &answer);
    assert_string_equal(fake.seen, "nothing");
    assert_int_equal(answer.sent, TK_HTTP_NOT_SENT);
    tk_answer_release(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_the_member_service),
        cmocka_unit_test(asks_the_performance_service),
        cmocka_unit_test(asks_the_reservation_service),
        cmocka_unit_test(refuses_what_is_no_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
