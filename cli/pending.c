#include "cli/pending.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/base/str.h"
#include "shared/base/time.h"

#define LIFE_MS      (24 * 3600 * INT64_C(1000))
#define DIGEST_CHARS 32
#define RECORD_LIMIT 4096

void key_make(char to[37])
{
    unsigned char bytes[16];
    uint64_t now = (uint64_t)tk_wall_ms();
    char hex[33];

    randombytes_buf(bytes, sizeof bytes);
    for (int i = 0; i < 6; i++)
        bytes[i] = (unsigned char)(now >> (40 - 8 * i));
    bytes[6] = (unsigned char)(0x70 | (bytes[6] & 0x0f));
    bytes[8] = (unsigned char)(0x80 | (bytes[8] & 0x3f));
    tk_hex(hex, bytes, sizeof bytes);
    snprintf(to, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static void digest(char to[DIGEST_CHARS + 1], const char *meaning)
{
    unsigned char hash[DIGEST_CHARS / 2];

    crypto_generichash(hash, sizeof hash, (const unsigned char *)meaning, strlen(meaning), NULL, 0);
    tk_hex(to, hash, sizeof hash);
}

/* Writes the record in place: it is short, and only this process, which has the lock, reads it. */
static int save(struct pending *pending, int64_t created)
{
    json_t *record = json_pack("{s:s, s:s, s:s, s:I}", "key", pending->key, "hold", pending->hold,
                               "what", pending->what, "created_ms", (json_int_t)created);
    char *text = record ? json_dumps(record, 0) : NULL;
    size_t size = text ? strlen(text) : 0;
    int failed = text ? 0 : ENOMEM;

    if (!failed && pwrite(pending->fd, text, size, 0) != (ssize_t)size)
        failed = errno ? errno : EIO;
    if (!failed && (ftruncate(pending->fd, (off_t)size) || fsync(pending->fd)))
        failed = errno;
    free(text);
    json_decref(record);
    return failed ? failed : sync_folder_of(pending->path);
}

static json_t *read_record(int fd)
{
    char text[RECORD_LIMIT];
    ssize_t size = pread(fd, text, sizeof text, 0);

    return size > 0 ? json_loadb(text, (size_t)size, 0, NULL) : NULL;
}

/* Takes an abandoned record over. false: it is in use, too old, or no record; what is useless is
 * removed. */
static bool take_over(struct pending *pending, const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    struct stat info;
    json_t *record;
    const char *key, *hold;
    int64_t age;
    bool good;

    if (fd < 0)
        return false;
    /* Someone may have finished and removed it between open and lock: then no link is left. */
    if (flock(fd, LOCK_EX | LOCK_NB) || fstat(fd, &info) || info.st_nlink == 0) {
        close(fd);
        return false;
    }
    record = read_record(fd);
    key = json_string_value(json_object_get(record, "key"));
    hold = json_string_value(json_object_get(record, "hold"));
    age = tk_wall_ms() - json_integer_value(json_object_get(record, "created_ms"));
    good = key && hold && age < LIFE_MS && tk_copy(pending->key, sizeof pending->key, key) &&
           tk_copy(pending->hold, sizeof pending->hold, hold) &&
           tk_copy(pending->path, sizeof pending->path, path);
    json_decref(record);
    if (!good) {
        unlink(path);
        close(fd);
        return false;
    }
    pending->fd = fd;
    pending->repeated = true;
    return true;
}

static bool find(struct pending *pending, const char *folder, const char *prefix)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    char path[PATH_SIZE];
    bool found = false;

    while (dir && !found && (entry = readdir(dir))) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= PATH_SIZE)
            continue;
        found = take_over(pending, path);
    }
    if (dir)
        closedir(dir);
    return found;
}

static int create(struct pending *pending, const char *folder, const char *prefix, const char *key)
{
    char own[37];
    int failed;

    key_make(own);
    if (!tk_copy(pending->key, sizeof pending->key, key ? key : own) ||
        snprintf(pending->path, sizeof pending->path, "%s/%s.%s", folder, prefix, own) >= PATH_SIZE)
        return ENAMETOOLONG;
    failed = make_parents(pending->path);
    if (failed)
        return failed;
    pending->fd = open(pending->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (pending->fd < 0 || flock(pending->fd, LOCK_EX | LOCK_NB))
        return errno;
    return save(pending, tk_wall_ms());
}

int pending_open(struct pending *pending, const char *meaning, const char *what, const char *key)
{
    char folder[PATH_SIZE], prefix[DIGEST_CHARS + 1];
    int failed;

    *pending = (struct pending){.fd = -1};
    if (!state_path(folder, "pending"))
        return ENOENT;
    snprintf(pending->what, sizeof pending->what, "%s", what);
    digest(prefix, meaning);
    if (find(pending, folder, prefix))
        return 0;
    failed = create(pending, folder, prefix, key);
    if (failed)
        pending_close(pending, true);
    return failed;
}

int pending_set_hold(struct pending *pending, const char *hold)
{
    if (!tk_copy(pending->hold, sizeof pending->hold, hold))
        return ENAMETOOLONG;
    return save(pending, tk_wall_ms());
}

void pending_close(struct pending *pending, bool definite)
{
    if (pending->fd < 0)
        return;
    if (definite)
        unlink(pending->path);
    close(pending->fd);
    pending->fd = -1;
}
