/*
 * The JSON of a sale: what the performance service asks for, what the transaction takes and stores,
 * what is answered and mailed. Pure functions but for the random ticket ids.
 */
#ifndef RESERVATION_SALE_JSON_H
#define RESERVATION_SALE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "server/reservation/keys.h"

/*
 * Checks the body of POST /reservation/create and returns the document that procedure sale_create
 * takes, with a fresh ticket id for each seat (a new reference); NULL after writing which value is
 * wrong into `why`.
 */
json_t *sale_read(const json_t *body, uint8_t ticket_key, char *why, size_t size);

/*
 * The data of an answer, from the text that the transaction stored under the sale's key: ticket ids
 * become codes. NULL when the text is not one of ours, a key is gone, or memory is short.
 */
json_t *sale_answer(const char *stored, const struct ticket_keys *keys);

/*
 * Makes the body of an outbox row `mail` what the contract says: ticket ids become codes, and the
 * addressee is filled in where the sale named none. `email` and `name` may be NULL. false as above.
 */
bool sale_mail(json_t *mail, const struct ticket_keys *keys, const char *email, const char *name);

#endif
