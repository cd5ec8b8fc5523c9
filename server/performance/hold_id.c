#include "server/performance/hold_id.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/str.h"

enum {
    KEY = 32,
    RANDOM = 12,
    MAC = 16
}; /* RANDOM and MAC in bytes; 8 bytes of the MAC are shown */

static unsigned char key[KEY];

bool hold_id_init(const char *key_file)
{
    size_t size;
    char *text = key_file ? tk_read_file(key_file, 200, &size) : NULL;
    bool ok = text && sodium_init() >= 0 && tk_unhex(key, sizeof key, tk_trim(text));
    if (text)
        sodium_memzero(text, size);
    free(text);
    return ok;
}

/* The context keeps the three uses of the key apart. */
static void keyed(const char *context, const char *text, int64_t member, unsigned char out[MAC])
{
    char line[256];
    int len = snprintf(line, sizeof line, "%s|%s|%" PRId64, context, text, member);
    crypto_generichash(out, MAC, (const unsigned char *)line, (unsigned long long)len, key,
                       sizeof key);
}

static void make(int64_t session, const unsigned char random[RANDOM], int64_t member,
                 char out[HOLD_ID])
{
    unsigned char mac[MAC];
    char hex[2 * RANDOM + 1], tail[17];
    tk_hex(hex, random, RANDOM);
    snprintf(out, HOLD_ID, "%" PRId64 "-%s", session, hex);
    keyed("hold", out, member, mac);
    tk_hex(tail, mac, 8);
    size_t len = strlen(out);
    snprintf(out + len, HOLD_ID - len, "-%s", tail);
}

void hold_id_new(int64_t session, int64_t member, char out[HOLD_ID])
{
    unsigned char random[RANDOM];
    randombytes_buf(random, sizeof random);
    make(session, random, member, out);
}

int64_t hold_id_session(const char *id)
{
    char digits[24];
    size_t len = strcspn(id, "-");
    int64_t session;
    if (id[len] != '-' || len >= sizeof digits)
        return 0;
    memcpy(digits, id, len);
    digits[len] = '\0';
    return tk_parse_i64(digits, 1, INT64_MAX, &session) ? session : 0;
}

bool hold_id_check(const char *id, int64_t member, int64_t *session)
{
    unsigned char random[RANDOM];
    char hex[2 * RANDOM + 1], good[HOLD_ID];
    int64_t number = hold_id_session(id);
    const char *dash = strchr(id, '-');
    if (number == 0 || strlen(dash + 1) != 2 * RANDOM + 17)
        return false;
    memcpy(hex, dash + 1, 2 * RANDOM);
    hex[2 * RANDOM] = '\0';
    if (!tk_unhex(random, RANDOM, hex))
        return false;
    make(number, random, member, good);
    if (strlen(good) != strlen(id) || sodium_memcmp(good, id, strlen(good)) != 0)
        return false;
    *session = number;
    return true;
}

void hold_id_successor(const char *id, int64_t member, char out[HOLD_ID])
{
    unsigned char mac[MAC];
    keyed("next", id, member, mac);
    make(hold_id_session(id), mac, member, out);
}

void hold_hash(const char *text, char out[33])
{
    unsigned char hash[16];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)text, strlen(text), NULL, 0);
    tk_hex(out, hash, sizeof hash);
}
