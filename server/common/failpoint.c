#include "server/common/failpoint.h"

#ifdef TK_FAILPOINTS
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "shared/base/str.h"
#include "shared/base/time.h"

#define FILE_LIMIT 65536u
#define SLOTS      64
#define PAUSE_MS   60000
#define POLL_MS    10

/* How often a place was reached since its line was armed with just these words. */
struct slot {
    char name[64], action[64];
    int64_t reached;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot slots[SLOTS];

/* Copies the action armed for `name`; false when there is none. */
static bool armed(const char *path, const char *name, char *action, size_t size)
{
    char *text = tk_read_file(path, FILE_LIMIT, NULL), *save = NULL, *rest;
    bool found = false;

    for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line && !found;
         line = strtok_r(NULL, "\n", &save)) {
        line = tk_trim(line);
        rest = line + strcspn(line, " \t");
        found = (size_t)(rest - line) == strlen(name) && memcmp(line, name, strlen(name)) == 0 &&
                tk_copy(action, size, tk_trim(rest));
    }
    free(text);
    return found;
}

static void note(const char *path, const char *name)
{
    char log[4096], line[128];
    int length = snprintf(line, sizeof line, "%.100s\n", name), fd;

    if (snprintf(log, sizeof log, "%s.log", path) >= (int)sizeof log)
        return;
    fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (write(fd, line, (size_t)length) != length)
        fprintf(stderr, "failpoint: cannot write '%s'\n", log);
    close(fd);
}

/* The line is gone: the next one that is armed counts from the start. */
static void forget(const char *name)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < SLOTS; i++)
        if (strcmp(slots[i].name, name) == 0)
            slots[i].reached = 0;
    pthread_mutex_unlock(&lock);
}

/* Counts a reach of an armed place; returns how many there were. */
static int64_t reach(const char *name, const char *action)
{
    int64_t reached = 1;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &slots[i];

        if (*slot->name && strcmp(slot->name, name) != 0)
            continue;
        if (strcmp(slot->action, action) != 0)
            slot->reached = 0;
        if (tk_copy(slot->name, sizeof slot->name, name) &&
            tk_copy(slot->action, sizeof slot->action, action))
            reached = ++slot->reached;
        break;
    }
    pthread_mutex_unlock(&lock);
    return reached;
}

static void doze(int64_t ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&time, NULL);
}

static void pause_here(const char *path, const char *name)
{
    int64_t until = tk_mono_ms() + PAUSE_MS;
    char action[64];

    while (tk_mono_ms() < until && armed(path, name, action, sizeof action))
        doze(POLL_MS);
}

static bool strike(const char *path, const char *name, const char *action)
{
    int64_t ms;

    if (strcmp(action, "kill") == 0)
        kill(getpid(), SIGKILL);
    else if (strcmp(action, "pause") == 0)
        pause_here(path, name);
    else if (strncmp(action, "sleep ", 6) == 0 && tk_parse_i64(action + 6, 0, 600000, &ms))
        doze(ms);
    else if (strcmp(action, "error") == 0)
        return true;
    else
        fprintf(stderr, "failpoint: '%s' of '%s' is no action\n", action, name);
    return false;
}

bool tk_failpoint(const char *name)
{
    const char *path = getenv("TICKETAKA_FAILPOINTS");
    char action[64], *star;
    int64_t reached, wanted;

    if (!path || !*path)
        return false;
    note(path, name);
    if (!armed(path, name, action, sizeof action)) {
        forget(name);
        return false;
    }
    reached = reach(name, action);
    star = strrchr(action, '*');
    if (star && tk_parse_i64(star + 1, 1, INT64_MAX, &wanted)) {
        *star = '\0';
        if (reached != wanted)
            return false;
    }
    return strike(path, name, action);
}
#else
/* A release build has no failpoints, and an empty file is no C. */
extern const char tk_no_failpoints;
const char tk_no_failpoints = 0;
#endif
