#include "server/reservation/routes.h"

#include "server/common/validate.h"

static const struct tk_param id_in_path[] = {{TK_IN_PATH, "id", tk_check_id, true}, {0}};
static const struct tk_param ask_body[] = {{TK_IN_BODY, "holdId", tk_check_hold, false},
                                           {TK_IN_BODY, "memberId", tk_check_id, false},
                                           {TK_IN_BODY, "createKey", tk_check_key, false},
                                           {0}};
static const struct tk_param create_body[] = {{TK_IN_BODY, "holdId", tk_check_hold, true},
                                              {TK_IN_BODY, "requestHash", tk_check_key, true},
                                              {0}};
static const struct tk_param session_in_body[] = {{TK_IN_BODY, "prfSessionId", tk_check_id, true},
                                                  {0}};

const struct tk_route reservation_routes[] = {
    {.name = "reservation-create",
     .method = "POST",
     .pattern = "/reservation/create",
     .auth = TK_AUTH_SERVICE,
     .body_max = 65536,
     .params = create_body,
     .handle = sale_create_post},
    {.name = "reservation-ask",
     .method = "POST",
     .pattern = "/reservation/ask",
     .auth = TK_AUTH_SERVICE,
     .body_max = 1024,
     .params = ask_body,
     .handle = sale_ask_post},
    {.name = "reservation-rebuild",
     .method = "POST",
     .pattern = "/reservation/rebuild",
     .auth = TK_AUTH_SERVICE,
     .body_max = 1024,
     .params = session_in_body,
     .handle = sale_rebuild_post},
    {.name = "reservation-lists",
     .method = "GET",
     .pattern = "/reservation/lists",
     .auth = TK_AUTH_MEMBER,
     .handle = reservation_lists_get},
    {.name = "reservation-list",
     .method = "GET",
     .pattern = "/reservation/list/:id",
     .auth = TK_AUTH_MEMBER,
     .params = id_in_path,
     .handle = reservation_get},
    {.name = "reservation-delete",
     .method = "DELETE",
     .pattern = "/reservation/delete/:id",
     .auth = TK_AUTH_MEMBER,
     .params = id_in_path,
     .handle = reservation_delete},
    {.name = "reservation-ticket",
     .method = "GET",
     .pattern = "/reservation/:id/ticket",
     .auth = TK_AUTH_MEMBER,
     .params = id_in_path,
     .handle = reservation_ticket_get},
};

const size_t reservation_route_count = sizeof reservation_routes / sizeof *reservation_routes;
