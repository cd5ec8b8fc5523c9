#include "server/performance/routes.h"

#include "server/common/validate.h"
#include "server/performance/catalogue.h"
#include "server/performance/hold.h"

#define BODY_MAX 16384

static const struct tk_param search_params[] = {
    {TK_IN_QUERY, "keyword", tk_check_keyword, false},
    {TK_IN_QUERY, "page", tk_check_page, false},
    {0},
};
static const struct tk_param cat_params[] = {
    {TK_IN_QUERY, "genre", tk_check_keyword, true},
    {TK_IN_QUERY, "page", tk_check_page, false},
    {0},
};

/* Count is checked against what the caller may hold, which the route does not know. */
static const struct tk_param check_params[] = {
    {TK_IN_BODY, "prfSessionId", tk_check_id, true},
    {TK_IN_BODY, "count", tk_check_count, true},
    {0},
};
static const struct tk_param session_params[] = {
    {TK_IN_PATH, "id", tk_check_id, true},
    {0},
};
static const struct tk_param withdraw_params[] = {
    {TK_IN_BODY, "prfSessionId", tk_check_id, true},
    {0},
};
static const struct tk_param hold_params[] = {
    {TK_IN_BODY, "prfSessionId", tk_check_id, true}, {TK_IN_BODY, "seats", tk_check_seats, false},
    {TK_IN_BODY, "count", tk_check_count, false},    {TK_IN_BODY, "seatType", tk_check_text, false},
    {TK_IN_BODY, "zone", tk_check_text, false},      {TK_IN_BODY, "together", tk_check_bool, false},
    {TK_IN_BODY, "terminal", tk_check_text, false},  {0},
};
/* Two forms: ours has a holdId and a payment, the documented one the session and a price; create.c
 * looks closer. */
static const struct tk_param create_params[] = {
    {TK_IN_BODY, "holdId", tk_check_hold, false},
    {TK_IN_BODY, "payment", tk_check_object, false},
    {TK_IN_BODY, "customer", tk_check_object, false},
    {TK_IN_BODY, "performanceId", tk_check_prf, false},
    {TK_IN_BODY, "prfSessionId", tk_check_id, false},
    {TK_IN_BODY, "price", tk_check_won, false},
    {0},
};

const struct tk_route performance_routes[] = {
    {
        .name = "performance-search",
        .method = "GET",
        .pattern = "/performance/search",
        .auth = TK_AUTH_PUBLIC,
        .params = search_params,
        .where = TK_ON_LOOP,
        .handle = search_get,
    },
    {
        .name = "performance-cat",
        .method = "GET",
        .pattern = "/performance/cat",
        .auth = TK_AUTH_PUBLIC,
        .params = cat_params,
        .where = TK_ON_LOOP,
        .handle = cat_get,
    },
    {
        .name = "performance-rank",
        .method = "GET",
        .pattern = "/performance/rank",
        .auth = TK_AUTH_PUBLIC,
        .where = TK_ON_LOOP,
        .handle = rank_get,
    },
    /* No check of p: whatever is no id is answered as one that does not exist. */
    {
        .name = "performance-detail",
        .method = "GET",
        .pattern = "/performance",
        .auth = TK_AUTH_PUBLIC,
        .where = TK_ON_LOOP,
        .handle = detail_get,
    },
    {
        .name = "session-remaining",
        .method = "GET",
        .pattern = "/performance/session/:id",
        .auth = TK_AUTH_PUBLIC,
        .where = TK_ON_LOOP,
        .params = session_params,
        .handle = session_get_remaining,
    },
    {
        .name = "session-seats",
        .method = "GET",
        .pattern = "/performance/session/:id/seats",
        .auth = TK_AUTH_PUBLIC,
        .where = TK_ON_LOOP,
        .params = session_params,
        .handle = seats_get,
    },
    {
        .name = "rsv-check",
        .method = "POST",
        .pattern = "/performance/rsv/check",
        .auth = TK_AUTH_MEMBER,
        .where = TK_ON_LOOP,
        .body_max = BODY_MAX,
        .params = check_params,
        .handle = check_post,
    },
    {
        .name = "rsv-withdraw",
        .method = "POST",
        .pattern = "/performance/rsv/withdraw",
        .auth = TK_AUTH_MEMBER,
        .where = TK_ON_LOOP,
        .body_max = BODY_MAX,
        .params = withdraw_params,
        .handle = withdraw_post,
    },
    /* The outcome of a sale that is late is never "failed". */
    {
        .name = "rsv-create",
        .method = "POST",
        .pattern = "/performance/rsv/create",
        .auth = TK_AUTH_MEMBER,
        .body_max = BODY_MAX,
        .deadline_ms = 8000,
        .late = TK_OUTCOME_UNKNOWN,
        .params = create_params,
        .handle = create_post,
    },
    {
        .name = "rsv-hold",
        .method = "POST",
        .pattern = "/performance/rsv/hold",
        .auth = TK_AUTH_MEMBER,
        .where = TK_ON_LOOP,
        .body_max = BODY_MAX,
        .params = hold_params,
        .handle = hold_post,
    },
    {
        .name = "rsv-hold-look",
        .method = "GET",
        .pattern = "/performance/rsv/hold/:holdId",
        .auth = TK_AUTH_MEMBER,
        .where = TK_ON_LOOP,
        .handle = hold_get,
    },
    {
        .name = "rsv-hold-release",
        .method = "DELETE",
        .pattern = "/performance/rsv/hold/:holdId",
        .auth = TK_AUTH_MEMBER,
        .where = TK_ON_LOOP,
        .handle = hold_delete,
    },
    {
        .name = "rsv-hold-extend",
        .method = "POST",
        .pattern = "/performance/rsv/hold/:holdId/extend",
        .auth = TK_AUTH_MEMBER,
        .where = TK_ON_LOOP,
        .body_max = 1024,
        .handle = extend_post,
    },
};
const size_t performance_route_count = sizeof(performance_routes) / sizeof(performance_routes[0]);
