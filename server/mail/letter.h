/*
 * What a message of the queues becomes: a mail with a text and an HTML part and pictures. Pure:
 * JSON in, letter out. Everything that came from outside is checked for header injection, escaped
 * for HTML, cut.
 */
#ifndef MAIL_LETTER_H
#define MAIL_LETTER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "shared/base/arena.h"

#define LETTER_SEATS_MAX 100

struct letter_image {
    char cid[16]; /* "qrcode", "qrcode2", … */
    const void *png;
    size_t size;
};

struct letter {
    const char *to;      /* bare address */
    const char *subject; /* UTF-8, one line */
    const char *text, *html;
    const struct letter_image *images;
    size_t image_count;
};

/*
 * `mail.queue`: the reservation. One picture for each seat's code, the first as cid:qrcode.
 * `valid.queue`: {email, authNum}.
 * All memory is the arena's. On false *why says what is wrong with the message, without quoting it;
 * such a message can never be sent (NULL *why: memory was short, it may be tried again).
 */
bool letter_ticket(const json_t *message, struct tk_arena *arena, struct letter *out,
                   const char **why);
bool letter_valid(const json_t *message, struct tk_arena *arena, struct letter *out,
                  const char **why);

/* `text` as an RFC 2047 encoded-word sequence (UTF-8, base64), folded so that no word is over 75
 * bytes. */
char *letter_encode_header(struct tk_arena *arena, const char *text);

#endif
