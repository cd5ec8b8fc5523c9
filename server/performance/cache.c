#include "server/performance/cache.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/performance/performance.h"
#include "shared/base/time.h"

#define SLOTS   256
#define KEY_MAX 320

struct slot {
    char key[KEY_MAX];
    char *body;
    size_t size;
    int64_t until; /* tk_mono_ms */
};

static struct slot slots[SLOTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct slot *slot_of(const char *key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
    return &slots[(hash ^ hash >> 32) % SLOTS];
}

bool cache_get(const char *key, struct tk_buf *out)
{
    struct slot *slot = slot_of(key);
    bool found;

    pthread_mutex_lock(&lock);
    found = slot->body && tk_mono_ms() < slot->until && strcmp(slot->key, key) == 0;
    if (found)
        tk_buf_add(out, slot->body, slot->size);
    pthread_mutex_unlock(&lock);
    return found;
}

void cache_put(const char *key, const char *body, size_t size)
{
    struct slot *slot = slot_of(key);
    char *copy, *old;

    if (size > CACHE_BODY_MAX || strlen(key) >= KEY_MAX || perf_conf.catalogue_ms == 0)
        return;
    copy = malloc(size + 1); /* never 0 bytes */
    if (!copy)
        return;
    memcpy(copy, body, size);
    pthread_mutex_lock(&lock);
    old = slot->body;
    tk_copy(slot->key, sizeof(slot->key), key);
    slot->body = copy;
    slot->size = size;
    slot->until = tk_mono_ms() + perf_conf.catalogue_ms;
    pthread_mutex_unlock(&lock);
    free(old);
}

void cache_forget(void)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < SLOTS; i++) {
        free(slots[i].body);
        slots[i] = (struct slot){0};
    }
    pthread_mutex_unlock(&lock);
}
