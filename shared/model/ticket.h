/*
 * The code on a ticket: digits only, so that a QR code of version 5, level M, in numeric mode (202
 * digits) holds it and a person can type it. One code per seat. No I/O.
 *
 * message   = version (1 byte: 1), key id (1), ticket id (8, random), generation (2), big-endian
 * signature = Ed25519 over "ticketaka-ticket" and the message (64 bytes)
 * code      = message and signature read as one big number, in decimal
 *
 * With version 1 in the highest byte the number always has 181 digits and none of them is a leading
 * zero, so every ticket has exactly one spelling. Whether the ticket is still good (cancelled,
 * already used, replaced by a newer generation) only the reservation service knows.
 */
#ifndef TK_MODEL_TICKET_H
#define TK_MODEL_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#define TK_TICKET_DIGITS 181
#define TK_TICKET_SEED   32 /* bytes: what a key file holds, as hex */

struct tk_ticket {
    uint8_t key; /* 1 … 255: which key signed it */
    uint64_t id;
    uint16_t generation; /* counts reprints that make the older code void; 1 is the first */
};

struct tk_ticket_key {
    uint8_t id;
    unsigned char open[32];   /* what a scanner knows */
    unsigned char secret[64]; /* what only the reservation service knows; zeros in a scanner */
};

/* Derives both halves. Wipe the seed afterwards. */
void tk_ticket_key_make(struct tk_ticket_key *key, uint8_t id,
                        const unsigned char seed[TK_TICKET_SEED]);

/* Writes the code of ticket `id`, `generation` under `key` (ticket->key is not read).
 * Deterministic. */
void tk_ticket_sign(const struct tk_ticket *ticket, const struct tk_ticket_key *key,
                    char code[TK_TICKET_DIGITS + 1]);

/*
 * Reads a code without believing it: to learn which key to verify with. false, and *out untouched,
 * unless it is 181 digits of a version 1 code.
 */
bool tk_ticket_read(const char *code, struct tk_ticket *out);

/* true when `key` signed this very code; else *out is untouched. */
bool tk_ticket_verify(const char *code, const struct tk_ticket_key *key, struct tk_ticket *out);

#endif
