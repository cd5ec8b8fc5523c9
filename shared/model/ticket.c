#include "shared/model/ticket.h"

#include <sodium.h>
#include <string.h>

#define VERSION   1
#define MESSAGE   12 /* version, key id, ticket id, generation */
#define SIGNATURE 64
#define SIZE      (MESSAGE + SIGNATURE)

_Static_assert(crypto_sign_BYTES == SIGNATURE, "Ed25519 signature");
_Static_assert(crypto_sign_SEEDBYTES == TK_TICKET_SEED, "Ed25519 seed");
_Static_assert(sizeof(((struct tk_ticket_key *)0)->open) == crypto_sign_PUBLICKEYBYTES,
               "open half");
_Static_assert(sizeof(((struct tk_ticket_key *)0)->secret) == crypto_sign_SECRETKEYBYTES,
               "secret half");

/* What is signed begins with this, so that no signature made for another purpose is ever a
 * ticket. */
static const unsigned char domain[16] = "ticketaka-ticket";

static void put(unsigned char *to, uint64_t value, int bytes)
{
    while (bytes--)
        *to++ = (unsigned char)(value >> (8 * bytes));
}

static uint64_t get(const unsigned char *from, int bytes)
{
    uint64_t value = 0;

    while (bytes--)
        value = value << 8 | *from++;
    return value;
}

/* Big-endian bytes to decimal digits, by repeated division; `bytes` is used up. */
static void to_digits(unsigned char bytes[SIZE], char code[TK_TICKET_DIGITS + 1])
{
    code[TK_TICKET_DIGITS] = '\0';
    for (int d = TK_TICKET_DIGITS; d-- > 0;) {
        unsigned rest = 0;

        for (int i = 0; i < SIZE; i++) {
            rest = rest << 8 | bytes[i];
            bytes[i] = (unsigned char)(rest / 10);
            rest %= 10;
        }
        code[d] = (char)('0' + rest);
    }
}

/* The way back; false when it is not exactly so many digits,
 * or a number too large for the bytes. */
static bool to_bytes(const char *code, unsigned char bytes[SIZE])
{
    if (strnlen(code, TK_TICKET_DIGITS + 1) != TK_TICKET_DIGITS)
        return false;
    memset(bytes, 0, SIZE);
    for (int d = 0; d < TK_TICKET_DIGITS; d++) {
        unsigned carry = (unsigned char)code[d] - (unsigned)'0';

        if (carry > 9)
            return false;
        for (int i = SIZE; i-- > 0;) {
            carry += bytes[i] * 10u;
            bytes[i] = (unsigned char)carry;
            carry >>= 8;
        }
        if (carry)
            return false;
    }
    return true;
}

static bool parse(const char *code, unsigned char bytes[SIZE], struct tk_ticket *ticket)
{
    /* A leading zero would need no check of its own: it makes the number too small for version
     * 1. */
    if (!to_bytes(code, bytes) || bytes[0] != VERSION)
        return false;
    ticket->key = bytes[1];
    ticket->id = get(bytes + 2, 8);
    ticket->generation = (uint16_t)get(bytes + 10, 2);
    return true;
}

static void to_sign(const unsigned char message[MESSAGE],
                    unsigned char out[sizeof domain + MESSAGE])
{
    memcpy(out, domain, sizeof domain);
    memcpy(out + sizeof domain, message, MESSAGE);
}

void tk_ticket_key_make(struct tk_ticket_key *key, uint8_t id,
                        const unsigned char seed[TK_TICKET_SEED])
{
    key->id = id;
    crypto_sign_seed_keypair(key->open, key->secret, seed);
}

void tk_ticket_sign(const struct tk_ticket *ticket, const struct tk_ticket_key *key,
                    char code[TK_TICKET_DIGITS + 1])
{
    unsigned char bytes[SIZE], text[sizeof domain + MESSAGE];

    bytes[0] = VERSION;
    bytes[1] = key->id;
    put(bytes + 2, ticket->id, 8);
    put(bytes + 10, ticket->generation, 2);
    to_sign(bytes, text);
    crypto_sign_detached(bytes + MESSAGE, NULL, text, sizeof text, key->secret);
    to_digits(bytes, code);
}

bool tk_ticket_read(const char *code, struct tk_ticket *out)
{
    unsigned char bytes[SIZE];
    struct tk_ticket ticket;

    if (!parse(code, bytes, &ticket))
        return false;
    *out = ticket;
    return true;
}

bool tk_ticket_verify(const char *code, const struct tk_ticket_key *key, struct tk_ticket *out)
{
    unsigned char bytes[SIZE], text[sizeof domain + MESSAGE];
    struct tk_ticket ticket;

    if (!parse(code, bytes, &ticket) || ticket.key != key->id)
        return false;
    to_sign(bytes, text);
    if (crypto_sign_verify_detached(bytes + MESSAGE, text, sizeof text, key->open) != 0)
        return false;
    *out = ticket;
    return true;
}
