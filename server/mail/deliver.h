/*
 * From a queue to SMTP. A message is acknowledged only when its mail is out and recorded, is
 * waiting in a delay queue, or is dead. Between the server's 250 and our record lies the one gap in
 * which a crash repeats a mail; its Message-ID is then the same.
 *
 *   SMTP answers        what happens to the message
 *   250                 recorded as sent, acknowledged
 *   4xx, broken off     delay queue with one more attempt; the tenth time dead
 *   5xx                 dead at once
 *   nobody there        delay queue, not counted as an attempt; likewise when the sent log is away
 *   (any, too old)      dead: a ticket after 3 days, a sign-up code after 5 minutes
 *   unreadable          dead
 */
#ifndef MAIL_DELIVER_H
#define MAIL_DELIVER_H

#include "server/common/app.h"
#include "server/mail/smtp.h"

struct courier;

/* Starts `mail_threads` consumers of mail.queue and one of valid.queue. NULL: memory is short. */
struct courier *courier_start(struct tk_app *app, const struct smtp_conf *smtp, int mail_threads);
/* Finishes the mails in hand. NULL is fine. */
void courier_stop(struct courier *courier);
/* true while every consumer is connected. */
bool courier_up(const struct courier *courier);

#endif
