/*
 * The outbox relays: what a transaction wrote is published with confirms and then deleted, at least
 * once, in the order of the ids. One relay for seat rows and one for mail rows, each a thread with
 * a connection of its own, so that a mail that cannot be completed never delays a seat. Of several
 * processes one leads (a named lock of the database). RabbitMQ away: the rows stay.
 */
#ifndef RESERVATION_RELAY_H
#define RESERVATION_RELAY_H

#include "server/common/app.h"
#include "server/common/metrics.h"
#include "server/reservation/keys.h"

enum relay_kind { RELAY_SEATS, RELAY_MAILS };

struct relay;

/* Starts the thread; `member_url` is needed for mails. NULL after logging why not. */
struct relay *relay_start(struct tk_app *app, enum relay_kind kind, const struct ticket_keys *keys,
                          const char *member_url);
/* Look now. Any thread. */
void relay_wake(struct relay *relay);
/* Whether RabbitMQ answered within the last seconds. Any thread. */
bool relay_up(struct relay *relay);
/* Finishes the batch in hand, then joins. NULL is fine. */
void relay_stop(struct relay *relay);
/* Registers the relays' metrics. */
void relay_metrics(void);

#endif
