/* The routes of holds and seats; see openapi.yaml. All on the loop. */
#ifndef PERFORMANCE_HOLD_H
#define PERFORMANCE_HOLD_H

#include "server/common/httpd.h"
#include "server/performance/op.h"

tk_handler hold_post, check_post, withdraw_post, hold_get, hold_delete, extend_post;
tk_handler session_get_remaining, seats_get;
tk_handler create_post; /* on a worker */

/* How many seats this member may hold in one session. */
int64_t hold_cap(const struct tk_who *who);
/* "held" and the like, of a byte of the map. */
const char *seat_state(char byte);

#endif
