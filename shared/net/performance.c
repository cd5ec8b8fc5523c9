#include "shared/net/performance.h"

#include <inttypes.h>
#include <stdio.h>

static void get_page(struct tk_api *api, const char *prefix, const char *word, int page,
                     struct tk_answer *answer)
{
    char suffix[32];

    snprintf(suffix, sizeof suffix, "&page=%d", page);
    tk_api_get(api, 0, prefix, word, suffix, answer);
}

void tk_performance_search(struct tk_api *api, const char *keyword, int page,
                           struct tk_answer *answer)
{
    get_page(api, "/performance/search?keyword=", keyword, page, answer);
}

void tk_performance_by_genre(struct tk_api *api, const char *genre, int page,
                             struct tk_answer *answer)
{
    get_page(api, "/performance/cat?genre=", genre, page, answer);
}

void tk_performance_rank(struct tk_api *api, struct tk_answer *answer)
{
    tk_api_get(api, 0, "/performance/rank", NULL, "", answer);
}

void tk_performance_get(struct tk_api *api, const char *id, struct tk_answer *answer)
{
    tk_api_get(api, 0, "/performance?p=", id, "", answer);
}

static void get_session(struct tk_api *api, int64_t session, const char *suffix,
                        struct tk_answer *answer)
{
    char id[24];

    snprintf(id, sizeof id, "%" PRId64, session);
    tk_api_get(api, 0, "/performance/session/", id, suffix, answer);
}

void tk_session_get(struct tk_api *api, int64_t session, struct tk_answer *answer)
{
    get_session(api, session, "", answer);
}

void tk_session_seats(struct tk_api *api, int64_t session, struct tk_answer *answer)
{
    get_session(api, session, "/seats", answer);
}

static json_t *want_body(const struct tk_hold_want *want)
{
    json_t *body = json_pack("{s:I}", "prfSessionId", (json_int_t)want->session);

    if (!body)
        return NULL;
    if (want->seats) {
        json_object_set(body, "seats", want->seats);
        return body;
    }
    json_object_set_new(body, "count", json_integer(want->count));
    if (want->grade)
        json_object_set_new(body, "seatType", json_string(want->grade));
    if (want->zone)
        json_object_set_new(body, "zone", json_string(want->zone));
    json_object_set_new(body, "together", json_boolean(want->together));
    return body;
}

void tk_hold_create(struct tk_api *api, const struct tk_hold_want *want, struct tk_answer *answer)
{
    tk_api_post(api, TK_CALL_LOGIN | TK_CALL_KEYED, "/performance/rsv/hold", NULL, "",
                want_body(want), answer);
}

void tk_hold_get(struct tk_api *api, const char *hold, struct tk_answer *answer)
{
    tk_api_get(api, TK_CALL_LOGIN, "/performance/rsv/hold/", hold, "", answer);
}

void tk_hold_extend(struct tk_api *api, const char *hold, struct tk_answer *answer)
{
    tk_api_post(api, TK_CALL_LOGIN | TK_CALL_KEYED, "/performance/rsv/hold/", hold, "/extend",
                json_object(), answer);
}

void tk_hold_release(struct tk_api *api, const char *hold, struct tk_answer *answer)
{
    tk_api_delete(api, TK_CALL_LOGIN | TK_CALL_KEYED, "/performance/rsv/hold/", hold, answer);
}

void tk_hold_sell(struct tk_api *api, const struct tk_sale_want *want, struct tk_answer *answer)
{
    json_t *payment = json_pack("{s:s}", "method", want->method);

    if (payment && want->tendered)
        json_object_set_new(payment, "tendered", json_integer(want->tendered));
    tk_api_post(api, TK_CALL_LOGIN | TK_CALL_KEYED, "/performance/rsv/create", NULL, "",
                json_pack("{s:s, s:o}", "holdId", want->hold, "payment", payment), answer);
}
