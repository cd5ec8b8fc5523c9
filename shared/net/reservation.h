/* The reservation service as its members see it.
 * Every answer is the caller's to release (http.h). */
#ifndef TK_NET_RESERVATION_H
#define TK_NET_RESERVATION_H

#include "shared/net/api.h"

/* Rows, newest first, cancelled ones included; NO_RESERVATION_LIST when there is none. */
void tk_reservation_list(struct tk_api *api, struct tk_answer *answer);
void tk_reservation_get(struct tk_api *api, int64_t id, struct tk_answer *answer);
/* Cancelling twice answers the same. NO_RESERVATION_LIST: absent, or another member's. */
void tk_reservation_cancel(struct tk_api *api, int64_t id, struct tk_answer *answer);
/* The signed ticket codes and what a printed ticket shows. */
void tk_reservation_ticket(struct tk_api *api, int64_t id, struct tk_answer *answer);

#endif
