/* The handlers of the route table: one file per resource. */
#ifndef MEMBER_ROUTES_H
#define MEMBER_ROUTES_H

#include "server/common/httpd.h"

tk_handler check_duplicate_email_post, validation_post, signup_post, login_post, info_get, jwks_get,
    refresh_post, logout_post, internal_get;

#endif
