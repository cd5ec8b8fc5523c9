/* SMTP out, through libcurl. One struct smtp per thread; it keeps its connection and opens a new
 * one after any trouble. */
#ifndef MAIL_SMTP_H
#define MAIL_SMTP_H

#include <stdbool.h>
#include <stdint.h>

#include "server/mail/letter.h"

struct smtp_conf {
    const char *url;                  /* smtp://host:port or smtps:// */
    const char *from;                 /* "Name <address>" or a bare address */
    const char *user, *password_file; /* NULL: no log-in */
    bool starttls; /* demand STARTTLS; always so with a user: no password in the clear */
    int64_t connect_ms, total_ms;
};

enum smtp_result {
    SMTP_SENT,  /* 250 after DATA */
    SMTP_LATER, /* 4xx: this mail was put off, or the connection broke after the server had answered
                 */
    SMTP_NEVER, /* 5xx: this mail will never be taken */
    SMTP_DOWN,  /* no server there: not the mail's fault */
};

struct smtp;
struct smtp *
smtp_new(const struct smtp_conf *conf); /* `conf` is kept; NULL: memory, or a bad `from` */
void smtp_free(struct smtp *smtp);
/*
 * Blocks for at most conf->total_ms. `message_id` (printable ASCII without space, <, >) makes a
 * repeated mail recognisable as the same one.
 */
enum smtp_result smtp_send(struct smtp *smtp, const struct letter *letter, const char *message_id);
/* What the last send failed with, for the log: "550 …" cut short, or libcurl's words. Never an
 * address. */
const char *smtp_error(const struct smtp *smtp);
/* true when something accepts connections there, within a second (for /readyz). */
bool smtp_reachable(const struct smtp_conf *conf);

#endif
