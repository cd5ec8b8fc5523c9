#include "server/performance/routes.h"

#include "server/common/validate.h"
#include "server/performance/catalogue.h"

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

const struct tk_route performance_routes[] = {
    {
        .name = "performance-search",
        .method = "GET",
        .pattern = "/performance/search",
        .auth = TK_AUTH_PUBLIC,
        .params = search_params,
        .handle = search_get,
    },
    {
        .name = "performance-cat",
        .method = "GET",
        .pattern = "/performance/cat",
        .auth = TK_AUTH_PUBLIC,
        .params = cat_params,
        .handle = cat_get,
    },
    {
        .name = "performance-rank",
        .method = "GET",
        .pattern = "/performance/rank",
        .auth = TK_AUTH_PUBLIC,
        .handle = rank_get,
    },
    /* No check of p: whatever is no id is answered as one that does not exist. */
    {
        .name = "performance-detail",
        .method = "GET",
        .pattern = "/performance",
        .auth = TK_AUTH_PUBLIC,
        .handle = detail_get,
    },
};
const size_t performance_route_count = sizeof(performance_routes) / sizeof(performance_routes[0]);
