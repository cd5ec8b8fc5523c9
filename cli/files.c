#include "cli/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shared/base/str.h"
#include "shared/base/time.h"

#define SECRET_LIMIT 65536

static bool user_path(char to[PATH_SIZE], const char *variable, const char *below, const char *name)
{
    const char *base = getenv(variable), *home = getenv("HOME");
    int length;

    /* XDG: a relative path in these variables is to be ignored. */
    if (base && base[0] == '/')
        length = snprintf(to, PATH_SIZE, "%s/ticketaka/%s", base, name);
    else if (home && home[0] == '/')
        length = snprintf(to, PATH_SIZE, "%s/%s/ticketaka/%s", home, below, name);
    else
        return false;
    return length > 0 && length < PATH_SIZE;
}

bool state_path(char to[PATH_SIZE], const char *name)
{
    return user_path(to, "XDG_STATE_HOME", ".local/state", name);
}

bool config_path(char to[PATH_SIZE], const char *name)
{
    return user_path(to, "XDG_CONFIG_HOME", ".config", name);
}

int make_parents(const char *path)
{
    char part[PATH_SIZE];

    if (!tk_copy(part, sizeof part, path))
        return ENAMETOOLONG;
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0700) && errno != EEXIST)
            return errno;
        *slash = '/';
    }
    return 0;
}

int sync_folder_of(const char *path)
{
    char folder[PATH_SIZE];
    char *slash;
    int fd, failed;

    if (!tk_copy(folder, sizeof folder, path))
        return ENAMETOOLONG;
    slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    failed = fsync(fd) ? errno : 0;
    close(fd);
    return failed;
}

static int write_all(int fd, const char *text)
{
    size_t size = strlen(text);

    while (size) {
        ssize_t wrote = write(fd, text, size);

        if (wrote < 0 && errno != EINTR)
            return errno;
        if (wrote > 0) {
            text += wrote;
            size -= (size_t)wrote;
        }
    }
    return fsync(fd) ? errno : 0;
}

int write_atomically(const char *path, const char *text)
{
    char beside[PATH_SIZE + 8];
    int fd, failed = make_parents(path);

    if (failed)
        return failed;
    snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    fd = mkostemp(beside, O_CLOEXEC); /* 0600 */
    if (fd < 0)
        return errno;
    failed = write_all(fd, text);
    close(fd);
    if (!failed && rename(beside, path))
        failed = errno;
    if (failed)
        unlink(beside);
    return failed ? failed : sync_folder_of(path);
}

int lock_file(const char *path, int64_t timeout_ms)
{
    static const struct timespec pause = {0, 20 * 1000 * 1000};
    int64_t deadline = tk_mono_ms() + timeout_ms;
    int fd, failed = make_parents(path);

    fd = failed ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        errno = failed ? failed : errno;
        return -1;
    }
    while (flock(fd, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK || tk_mono_ms() >= deadline) {
            failed = errno;
            close(fd);
            errno = failed;
            return -1;
        }
        nanosleep(&pause, NULL);
    }
    return fd;
}

char *read_secret(const char *path, bool strict)
{
    struct stat info;
    size_t size;
    char *text;

    if (stat(path, &info))
        return NULL;
    if (strict && (info.st_mode & 077)) {
        errno = EPERM;
        return NULL;
    }
    text = tk_read_file(path, SECRET_LIMIT, &size);
    if (!text)
        return NULL;
    while (size && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        text[--size] = '\0';
    if (!size || strlen(text) != size) {
        free(text);
        errno = EINVAL;
        return NULL;
    }
    return text;
}
