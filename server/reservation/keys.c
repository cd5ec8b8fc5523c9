#include "server/reservation/keys.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "shared/base/str.h"

static int complain(char *why, size_t size, const char *path, const char *what)
{
    snprintf(why, size, "ticket key '%s': %s", path, what);
    return -1;
}

static int load_one(struct ticket_keys *keys, uint8_t n, const char *path, char *why, size_t size)
{
    unsigned char seed[TK_TICKET_SEED];
    struct stat info;
    size_t length;
    char *text;
    bool fits;

    if (stat(path, &info) != 0)
        return errno == ENOENT ? 0 : complain(why, size, path, strerror(errno));
    if (info.st_mode & (S_IRWXG | S_IRWXO))
        return complain(why, size, path, "others may read it; run chmod 600 on it");
    text = tk_read_file(path, 256, &length);
    if (!text)
        return complain(why, size, path, strerror(errno));
    fits = tk_unhex(seed, sizeof seed, tk_trim(text));
    sodium_memzero(text, length);
    free(text);
    if (!fits)
        return complain(why, size, path,
                        "is not 64 hex digits; make one with openssl rand -hex 32");
    tk_ticket_key_make(&keys->keys[n], n, seed);
    sodium_memzero(seed, sizeof seed);
    keys->known[n] = true;
    return 0;
}

int ticket_keys_load(struct ticket_keys *keys, const char *dir, int64_t current, char *why,
                     size_t size)
{
    char path[4096];

    *keys = (struct ticket_keys){0};
    if (!dir)
        return complain(why, size, "", "no folder; set ticket-key-dir");
    for (int n = 1; n <= UINT8_MAX; n++) {
        if ((size_t)snprintf(path, sizeof path, "%s/%d.key", dir, n) >= sizeof path)
            return complain(why, size, dir, "the folder's name is too long");
        if (load_one(keys, (uint8_t)n, path, why, size) != 0)
            return -1;
    }
    if (current < 1 || current > UINT8_MAX || !keys->known[current]) {
        snprintf(path, sizeof path, "%s/%lld.key", dir, (long long)current);
        return complain(why, size, path, "is missing; make it, or set ticket-key to another");
    }
    keys->current = (uint8_t)current;
    return 0;
}

bool ticket_code(const struct ticket_keys *keys, int64_t key, uint64_t id, uint16_t generation,
                 char code[TK_TICKET_DIGITS + 1])
{
    struct tk_ticket ticket = {.id = id, .generation = generation};

    if (key < 1 || key > UINT8_MAX || !keys->known[key])
        return false;
    tk_ticket_sign(&ticket, &keys->keys[key], code);
    return true;
}
