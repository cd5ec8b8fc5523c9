#include "server/common/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define EVENTS   256
#define NOT_HEAP SIZE_MAX

struct tk_watch {
    struct tk_loop *loop;
    void (*fn)(uint32_t, void *);
    void *arg;
    int fd;
    struct tk_watch *next_dead;
};

struct tk_timer {
    struct tk_loop *loop;
    int64_t due_us, every_us; /* 0: once */
    size_t at;                /* index in the heap; NOT_HEAP while it fires */
    bool cancelled;
    void (*fn)(void *);
    void *arg;
};

struct post {
    void (*fn)(void *);
    void *arg;
};

struct posts {
    struct post *items;
    size_t count, cap;
};

struct tk_loop {
    int epoll, wake;
    _Atomic bool stopping;
    struct tk_watch *dead; /* removed, but perhaps still named by an event of this round */
    struct tk_timer **heap;
    size_t timers, timers_cap;
    int64_t (*prepare)(void *);
    void *prepare_arg;
    pthread_mutex_t lock; /* guards `posted` */
    struct posts posted, running;
    _Atomic int64_t worst_us, last_worst_us;
    int64_t second;
};

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct tk_loop *tk_loop_new(void)
{
    struct tk_loop *loop = calloc(1, sizeof *loop);
    struct epoll_event event = {.events = EPOLLIN};

    if (!loop)
        return NULL;
    pthread_mutex_init(&loop->lock, NULL);
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loop->epoll < 0 || loop->wake < 0 ||
        epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->wake, &event) < 0) {
        int saved = errno;

        tk_loop_free(loop);
        errno = saved;
        return NULL;
    }
    return loop;
}

static void bury(struct tk_loop *loop)
{
    for (struct tk_watch *next; loop->dead; loop->dead = next) {
        next = loop->dead->next_dead;
        free(loop->dead);
    }
}

void tk_loop_free(struct tk_loop *loop)
{
    if (!loop)
        return;
    bury(loop);
    for (size_t i = 0; i < loop->timers; i++)
        free(loop->heap[i]);
    free(loop->heap);
    free(loop->posted.items);
    free(loop->running.items);
    if (loop->wake >= 0)
        close(loop->wake);
    if (loop->epoll >= 0)
        close(loop->epoll);
    pthread_mutex_destroy(&loop->lock);
    free(loop);
}

/* ---- watches -------------------------------------------------------------------- */
struct tk_watch *tk_loop_watch(struct tk_loop *loop, int fd, uint32_t events,
                               void (*fn)(uint32_t, void *), void *arg)
{
    struct tk_watch *watch = calloc(1, sizeof *watch);
    struct epoll_event event = {.events = events, .data.ptr = watch};

    if (!watch)
        return NULL;
    *watch = (struct tk_watch){.loop = loop, .fn = fn, .arg = arg, .fd = fd};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
        return watch;
    free(watch);
    return NULL;
}

void tk_watch_change(struct tk_watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};

    /* Fails only when the fd was closed behind our back; then there is nothing left to watch. */
    (void)epoll_ctl(watch->loop->epoll, EPOLL_CTL_MOD, watch->fd, &event);
}

void tk_watch_remove(struct tk_watch *watch)
{
    if (!watch)
        return;
    (void)epoll_ctl(watch->loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    watch->fn = NULL;
    watch->next_dead = watch->loop->dead;
    watch->loop->dead = watch;
}

/* ---- timers: a binary heap ------------------------------------------------------ */
static void place(struct tk_loop *loop, size_t at, struct tk_timer *timer)
{
    loop->heap[at] = timer;
    timer->at = at;
}

static void sift_up(struct tk_loop *loop, size_t at, struct tk_timer *timer)
{
    while (at > 0 && loop->heap[(at - 1) / 2]->due_us > timer->due_us) {
        place(loop, at, loop->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    place(loop, at, timer);
}

static void sift_down(struct tk_loop *loop, size_t at, struct tk_timer *timer)
{
    for (size_t child; (child = 2 * at + 1) < loop->timers; at = child) {
        if (child + 1 < loop->timers && loop->heap[child + 1]->due_us < loop->heap[child]->due_us)
            child++;
        if (loop->heap[child]->due_us >= timer->due_us)
            break;
        place(loop, at, loop->heap[child]);
    }
    place(loop, at, timer);
}

static void heap_remove(struct tk_loop *loop, struct tk_timer *timer)
{
    size_t at = timer->at;
    struct tk_timer *last = loop->heap[--loop->timers];

    loop->heap[loop->timers] = NULL;
    timer->at = NOT_HEAP;
    if (last == timer)
        return;
    if (at > 0 && loop->heap[(at - 1) / 2]->due_us > last->due_us)
        sift_up(loop, at, last);
    else
        sift_down(loop, at, last);
}

static struct tk_timer *heap_first(struct tk_loop *loop)
{
    struct tk_timer *first = loop->heap[0];

    heap_remove(loop, first);
    return first;
}

static bool heap_room(struct tk_loop *loop)
{
    size_t cap = loop->timers_cap ? loop->timers_cap * 2 : 64;
    struct tk_timer **heap;

    if (loop->timers < loop->timers_cap)
        return true;
    heap = realloc(loop->heap, cap * sizeof(struct tk_timer *));
    if (!heap)
        return false;
    loop->heap = heap;
    loop->timers_cap = cap;
    return true;
}

static struct tk_timer *timer_add(struct tk_loop *loop, int64_t ms, bool repeat, void (*fn)(void *),
                                  void *arg)
{
    struct tk_timer *timer = heap_room(loop) ? calloc(1, sizeof *timer) : NULL;

    if (!timer)
        return NULL;
    if (ms < (repeat ? 1 : 0))
        ms = repeat ? 1 : 0;
    *timer = (struct tk_timer){.loop = loop, .due_us = now_us() + ms * 1000, .fn = fn, .arg = arg};
    timer->every_us = repeat ? ms * 1000 : 0;
    sift_up(loop, loop->timers++, timer);
    return timer;
}

struct tk_timer *tk_loop_after(struct tk_loop *loop, int64_t ms, void (*fn)(void *), void *arg)
{
    return timer_add(loop, ms, false, fn, arg);
}

struct tk_timer *tk_loop_every(struct tk_loop *loop, int64_t ms, void (*fn)(void *), void *arg)
{
    return timer_add(loop, ms, true, fn, arg);
}

void tk_timer_cancel(struct tk_timer *timer)
{
    if (!timer)
        return;
    timer->cancelled = true;
    if (timer->at == NOT_HEAP)
        return; /* it is firing: fire_timers frees it */
    heap_remove(timer->loop, timer);
    free(timer);
}

/* What is due now, and not what the callbacks add: a timer of 0 ms must not starve the sockets. */
static void fire_timers(struct tk_loop *loop, int64_t now)
{
    while (loop->timers && loop->heap[0]->due_us <= now) {
        struct tk_timer *timer = heap_first(loop);

        timer->fn(timer->arg);
        if (timer->cancelled || !timer->every_us) {
            free(timer);
            continue;
        }
        if (!heap_room(loop)) /* what repeats keeps deadlines: rather die than lose it */
            abort();
        timer->due_us += timer->every_us;
        if (timer->due_us <= now) /* late by more than a period: skip, do not catch up */
            timer->due_us = now + timer->every_us;
        sift_up(loop, loop->timers++, timer);
    }
}

/* ---- posts ---------------------------------------------------------------------- */
static bool post_room(struct posts *posts)
{
    size_t cap = posts->cap ? posts->cap * 2 : 256;
    struct post *items;

    if (posts->count < posts->cap)
        return true;
    items = realloc(posts->items, cap * sizeof *items);
    if (!items)
        return false;
    posts->items = items;
    posts->cap = cap;
    return true;
}

static void wake(struct tk_loop *loop)
{
    uint64_t one = 1;

    /* EAGAIN would mean 2^64-1 wake-ups are pending: awake anyway. */
    while (write(loop->wake, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

void tk_loop_post(struct tk_loop *loop, void (*fn)(void *), void *arg)
{
    bool first;

    pthread_mutex_lock(&loop->lock);
    /* A lost result would leave its request hanging for ever: rather die than lose it. */
    if (!post_room(&loop->posted))
        abort();
    first = loop->posted.count == 0;
    loop->posted.items[loop->posted.count++] = (struct post){fn, arg};
    pthread_mutex_unlock(&loop->lock);
    if (first)
        wake(loop);
}

static void run_posts(struct tk_loop *loop)
{
    struct posts batch;

    pthread_mutex_lock(&loop->lock);
    batch = loop->posted;
    loop->posted = loop->running;
    loop->posted.count = 0;
    pthread_mutex_unlock(&loop->lock);
    loop->running = batch;
    for (size_t i = 0; i < batch.count; i++)
        batch.items[i].fn(batch.items[i].arg);
}

void tk_loop_flush(struct tk_loop *loop)
{
    do
        run_posts(loop);
    while (loop->posted.count > 0);
}

/* ---- the loop ------------------------------------------------------------------- */
void tk_loop_stop(struct tk_loop *loop)
{
    loop->stopping = true;
    wake(loop);
}

void tk_loop_prepare(struct tk_loop *loop, int64_t (*fn)(void *), void *arg)
{
    loop->prepare = fn;
    loop->prepare_arg = arg;
}

static int wait_ms(struct tk_loop *loop)
{
    int64_t ms = loop->prepare ? loop->prepare(loop->prepare_arg) : -1, timer;

    if (loop->timers) {
        timer = (loop->heap[0]->due_us - now_us() + 999) / 1000;
        timer = timer < 0 ? 0 : timer;
        ms = ms < 0 || timer < ms ? timer : ms;
    }
    return ms < 0 || ms > 60000 ? 60000 : (int)ms;
}

static void note_lag(struct tk_loop *loop, int64_t began, int64_t now)
{
    int64_t second = now / 1000000;

    if (second != loop->second) {
        loop->last_worst_us = second == loop->second + 1 ? loop->worst_us : 0;
        loop->worst_us = 0;
        loop->second = second;
    }
    if (now - began > loop->worst_us)
        loop->worst_us = now - began;
}

static void dispatch(struct tk_loop *loop, const struct epoll_event *events, int count)
{
    for (int i = 0; i < count; i++) {
        struct tk_watch *watch = events[i].data.ptr;
        uint64_t drained;

        if (watch && watch->fn)
            watch->fn(events[i].events, watch->arg);
        else if (!watch && read(loop->wake, &drained, sizeof drained) < 0 && errno != EAGAIN)
            abort(); /* our own eventfd is gone: nothing can be finished any more */
    }
}

int tk_loop_run(struct tk_loop *loop)
{
    struct epoll_event events[EVENTS];
    int64_t began = now_us();

    while (!loop->stopping) {
        int timeout = wait_ms(loop), count;

        note_lag(loop, began, now_us());
        count = epoll_wait(loop->epoll, events, EVENTS, timeout);
        if (count < 0 && errno != EINTR)
            return -1;
        began = now_us();
        dispatch(loop, events, count > 0 ? count : 0);
        run_posts(loop);
        fire_timers(loop, began);
        bury(loop);
    }
    return 0;
}

int64_t tk_loop_lag_us(const struct tk_loop *loop)
{
    int64_t worst = loop->worst_us, last = loop->last_worst_us;

    return worst > last ? worst : last;
}
