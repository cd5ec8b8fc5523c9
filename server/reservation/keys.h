/* The keys that sign tickets: files `<n>.key` (n = 1 … 255) of one folder, each an Ed25519 seed as
 * 64 hex digits. */
#ifndef RESERVATION_KEYS_H
#define RESERVATION_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/model/ticket.h"

struct ticket_keys {
    uint8_t current; /* signs new tickets */
    bool known[256];
    struct tk_ticket_key keys[256]; /* older ones keep their tickets readable */
};

/*
 * Loads every key of `dir`; `current` must be among them. Returns 0, or -1 after writing what is
 * wrong, and what to do, into `why`. A key file that others may read is refused.
 */
int ticket_keys_load(struct ticket_keys *keys, const char *dir, int64_t current, char *why,
                     size_t size);

/* The code of a ticket; false when its key is not known any more. */
bool ticket_code(const struct ticket_keys *keys, int64_t key, uint64_t id, uint16_t generation,
                 char code[TK_TICKET_DIGITS + 1]);

#endif
