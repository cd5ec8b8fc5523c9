#include "server/member/routes.h"

#include "server/common/validate.h"
#include "server/member/member.h"
#include "server/member/rules.h"

#define BODY_MAX 4096

static const struct tk_param email_params[] = {
    {TK_IN_BODY, "email", check_email, true},
    {0},
};
/* authNum has no check here: null or missing is a wrong code, not a wrong value. */
static const struct tk_param signup_params[] = {
    {TK_IN_BODY, "email", check_email, true},
    {TK_IN_BODY, "password", tk_check_password, true},
    {TK_IN_BODY, "name", tk_check_name, true},
    {TK_IN_BODY, "birth", check_birth, true},
    {TK_IN_BODY, "phone", tk_check_phone, true},
    {TK_IN_BODY, "gender", tk_check_gender, true},
    {0},
};
/* No rules of form: what cannot be a member's address or password is answered as a wrong one. */
static const struct tk_param login_params[] = {
    {TK_IN_BODY, "email", check_attempt, true},
    {TK_IN_BODY, "password", check_attempt, true},
    {0},
};
static const struct tk_param token_params[] = {
    {TK_IN_BODY, "refreshToken", tk_check_token, true},
    {0},
};
static const struct tk_param id_params[] = {
    {TK_IN_PATH, "id", tk_check_id, true},
    {0},
};

const struct tk_route member_routes[] = {
    {
        .name = "check-email",
        .method = "POST",
        .pattern = "/member/checkDuplicateEmail",
        .auth = TK_AUTH_PUBLIC,
        .body_max = BODY_MAX,
        .params = email_params,
        .handle = check_duplicate_email_post,
    },
    {
        .name = "validation",
        .method = "POST",
        .pattern = "/member/validation",
        .auth = TK_AUTH_PUBLIC,
        .body_max = BODY_MAX,
        .params = email_params,
        .handle = validation_post,
    },
    {
        .name = "signup",
        .method = "POST",
        .pattern = "/member/signup",
        .auth = TK_AUTH_PUBLIC,
        .body_max = BODY_MAX,
        .params = signup_params,
        .handle = signup_post,
    },
    {
        .name = "login",
        .method = "POST",
        .pattern = "/member/login",
        .auth = TK_AUTH_PUBLIC,
        .body_max = BODY_MAX,
        .params = login_params,
        .handle = login_post,
    },
    {
        .name = "info",
        .method = "GET",
        .pattern = "/member/info",
        .auth = TK_AUTH_MEMBER,
        .handle = info_get,
    },
    {
        .name = "jwks",
        .method = "GET",
        .pattern = "/member/.well-known/jwks.json",
        .auth = TK_AUTH_PUBLIC,
        .where = TK_ON_LOOP,
        .handle = jwks_get,
    },
    {
        .name = "refresh",
        .method = "POST",
        .pattern = "/member/refresh",
        .auth = TK_AUTH_PUBLIC, /* the refresh token in the body is the proof */
        .body_max = BODY_MAX,
        .params = token_params,
        .handle = refresh_post,
    },
    {
        .name = "logout",
        .method = "POST",
        .pattern = "/member/logout",
        .auth = TK_AUTH_PUBLIC,
        .body_max = BODY_MAX,
        .params = token_params,
        .handle = logout_post,
    },
    {
        .name = "member-internal",
        .method = "GET",
        .pattern = "/member/internal/:id",
        .auth = TK_AUTH_SERVICE,
        .params = id_params,
        .handle = internal_get,
    },
};
const size_t member_route_count = sizeof member_routes / sizeof *member_routes;
