#include "server/common/breaker.h"

#include "shared/base/time.h"

#define PAUSE_MS 200

void tk_breaker_init(struct tk_breaker *breaker)
{
    *breaker = (struct tk_breaker){0};
    pthread_mutex_init(&breaker->lock, NULL);
}

void tk_breaker_release(struct tk_breaker *breaker)
{
    pthread_mutex_destroy(&breaker->lock);
}

bool tk_breaker_enter(struct tk_breaker *breaker)
{
    bool may;

    pthread_mutex_lock(&breaker->lock);
    may = !breaker->down || (!breaker->probing && tk_mono_ms() >= breaker->retry_at);
    if (may && breaker->down)
        breaker->probing = true;
    pthread_mutex_unlock(&breaker->lock);
    return may;
}

void tk_breaker_leave(struct tk_breaker *breaker, bool ok)
{
    pthread_mutex_lock(&breaker->lock);
    breaker->down = !ok;
    breaker->probing = false;
    breaker->retry_at = tk_mono_ms() + PAUSE_MS;
    pthread_mutex_unlock(&breaker->lock);
}
