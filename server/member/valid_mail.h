/* The mail with a code: published to valid.exchange with valid.key, sent by the mail service. */
#ifndef MEMBER_VALID_MAIL_H
#define MEMBER_VALID_MAIL_H

#include "server/common/app.h"
#include "server/member/code.h"

/* Once, at start. 0, or -1 when the process is out of thread keys. */
int valid_mail_init(void);
/* Publishes and waits for the broker's confirm. true: it is on the queue. Any worker; blocking. */
bool valid_mail_send(struct tk_app *app, const char *email, const struct code *code,
                     const char *traceparent);
/* For /readyz. */
bool valid_mail_up(struct tk_app *app);

#endif
