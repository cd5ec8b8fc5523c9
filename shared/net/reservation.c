#include "shared/net/reservation.h"

#include <inttypes.h>
#include <stdio.h>

struct id_text {
    char text[24];
};

static struct id_text id_text(int64_t id)
{
    struct id_text out;

    snprintf(out.text, sizeof out.text, "%" PRId64, id);
    return out;
}

void tk_reservation_list(struct tk_api *api, struct tk_answer *answer)
{
    tk_api_get(api, TK_CALL_LOGIN, "/reservation/lists", NULL, "", answer);
}

void tk_reservation_get(struct tk_api *api, int64_t id, struct tk_answer *answer)
{
    tk_api_get(api, TK_CALL_LOGIN, "/reservation/list/", id_text(id).text, "", answer);
}

void tk_reservation_cancel(struct tk_api *api, int64_t id, struct tk_answer *answer)
{
    tk_api_delete(api, TK_CALL_LOGIN | TK_CALL_KEYED, "/reservation/delete/", id_text(id).text,
                  answer);
}

void tk_reservation_ticket(struct tk_api *api, int64_t id, struct tk_answer *answer)
{
    tk_api_get(api, TK_CALL_LOGIN, "/reservation/", id_text(id).text, "/ticket", answer);
}
