#include "server/common/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct job {
    void (*fn)(void *);
    void *arg;
};

struct tk_workers {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct job *ring;
    size_t first, count, max;
    bool stopping;
    char name[16];
    size_t threads;
    pthread_t thread[];
};

static bool take(struct tk_workers *workers, struct job *job)
{
    bool got;

    pthread_mutex_lock(&workers->lock);
    while (!workers->count && !workers->stopping)
        pthread_cond_wait(&workers->more, &workers->lock);
    got = workers->count > 0;
    if (got) {
        *job = workers->ring[workers->first];
        workers->first = (workers->first + 1) % workers->max;
        workers->count--;
    }
    pthread_mutex_unlock(&workers->lock);
    return got;
}

static void *work(void *arg)
{
    struct tk_workers *workers = arg;
    struct job job;

    pthread_setname_np(pthread_self(), workers->name);
    while (take(workers, &job))
        job.fn(job.arg);
    return NULL;
}

struct tk_workers *tk_workers_new(const char *name, size_t threads, size_t queue_max)
{
    struct tk_workers *workers = calloc(1, sizeof *workers + threads * sizeof(pthread_t));
    int failed = 0;

    if (!workers)
        return NULL;
    workers->max = queue_max ? queue_max : 1;
    workers->ring = calloc(workers->max, sizeof *workers->ring);
    if (!workers->ring) {
        free(workers);
        return NULL;
    }
    snprintf(workers->name, sizeof workers->name, "%s", name);
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->more, NULL);
    while (workers->threads < threads && !failed) {
        failed = pthread_create(&workers->thread[workers->threads], NULL, work, workers);
        workers->threads += !failed;
    }
    if (failed) {
        tk_workers_free(workers);
        errno = failed;
        return NULL;
    }
    return workers;
}

bool tk_workers_submit(struct tk_workers *workers, void (*fn)(void *), void *arg)
{
    bool taken;

    pthread_mutex_lock(&workers->lock);
    taken = !workers->stopping && workers->count < workers->max;
    if (taken) {
        workers->ring[(workers->first + workers->count) % workers->max] = (struct job){fn, arg};
        workers->count++;
        pthread_cond_signal(&workers->more);
    }
    pthread_mutex_unlock(&workers->lock);
    return taken;
}

size_t tk_workers_queued(struct tk_workers *workers)
{
    size_t count;

    pthread_mutex_lock(&workers->lock);
    count = workers->count;
    pthread_mutex_unlock(&workers->lock);
    return count;
}

void tk_workers_free(struct tk_workers *workers)
{
    if (!workers)
        return;
    pthread_mutex_lock(&workers->lock);
    workers->stopping = true;
    pthread_cond_broadcast(&workers->more);
    pthread_mutex_unlock(&workers->lock);
    for (size_t i = 0; i < workers->threads; i++)
        pthread_join(workers->thread[i], NULL);
    pthread_cond_destroy(&workers->more);
    pthread_mutex_destroy(&workers->lock);
    free(workers->ring);
    free(workers);
}
