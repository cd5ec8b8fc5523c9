/*
 * ticketaka-reservation: what its files share.
 *
 * Named places where a debug build can be struck (server/common/failpoint.h), in the order of a
 * sale:
 *
 *   reservation.before-call    the CALL was not sent yet; error: as if there were no connection
 *   reservation.after-commit   it is committed, nobody knows; error: the connection is lost
 *   reservation.before-reply   the outcome is known here; error: 503 OUTCOME_UNKNOWN
 *   reservation.before-ask     error: as if there were no connection
 *   rebuild.before-reply       floor and seats are read; error: 503 UNAVAILABLE
 *   cancel.before-call         error: as if there were no connection
 *   cancel.after-commit        the cancel is committed, nobody knows; error: outcome unknown
 *   relay.before-publish       rows are read; error: as if the broker were away
 *   relay.after-confirm        the broker has them, the rows stay; error: they come again
 */
#ifndef RESERVATION_SERVICE_H
#define RESERVATION_SERVICE_H

#include <stdint.h>

#include "server/common/app.h"
#include "server/common/metrics.h"
#include "server/reservation/keys.h"

struct relay;

struct service {
    struct ticket_keys keys;
    struct relay *seats, *mails;
};

/* Commits seen by this process, cancels, and creates answered with a refusal. */
extern struct tk_metric sold_total, cancelled_total, refused_total;

static inline struct service *service_of(struct tk_req *req)
{
    return tk_req_app(req)->state;
}

/* Has the relays look at once instead of at their next poll. Any thread. */
void service_wake(struct service *service);

/* 503 with Retry-After: the same request gives the answer later. */
enum tk_err outcome_unknown(struct tk_reply *reply);

#endif
