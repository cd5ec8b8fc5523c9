#include "server/performance/cache.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "server/performance/performance.h"
#include "shared/base/str.h"
#include "shared/base/time.h"

#define SLOTS    256
#define KEY_MAX  320
#define ROWS_MAX 500

/* jansson counts references atomically and a dump only reads, so that one tree serves many threads.
 */
#if !JSON_HAVE_ATOMIC_BUILTINS && !JSON_HAVE_SYNC_BUILTINS
#error "this jansson counts references without atomics: the cache would not be safe"
#endif

struct slot {
    char key[KEY_MAX];
    json_t *data;
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

json_t *cache_get(const char *key)
{
    struct slot *slot = slot_of(key);
    json_t *data = NULL;

    pthread_mutex_lock(&lock);
    if (slot->data && tk_mono_ms() < slot->until && strcmp(slot->key, key) == 0)
        data = json_incref(slot->data);
    pthread_mutex_unlock(&lock);
    return data;
}

void cache_put(const char *key, json_t *data, size_t rows)
{
    struct slot *slot = slot_of(key);
    json_t *old;

    if (!data || rows > ROWS_MAX || strlen(key) >= KEY_MAX || perf_conf.catalogue_ms == 0)
        return;
    pthread_mutex_lock(&lock);
    old = slot->data;
    tk_copy(slot->key, sizeof(slot->key), key);
    slot->data = json_incref(data);
    slot->until = tk_mono_ms() + perf_conf.catalogue_ms;
    pthread_mutex_unlock(&lock);
    json_decref(old);
}

void cache_forget(void)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < SLOTS; i++) {
        json_decref(slots[i].data);
        slots[i] = (struct slot){0};
    }
    pthread_mutex_unlock(&lock);
}
