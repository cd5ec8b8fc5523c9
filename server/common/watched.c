#include "server/common/watched.h"

#include "shared/base/str.h"
#include "shared/base/time.h"

#define LOOK_MS 1000

static bool same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

char *tk_watched_read(struct tk_watched *file, size_t limit, size_t *size)
{
    int64_t now = tk_mono_ms();
    struct stat st;
    char *text;

    if (!file->path || (file->looked_at && now - file->looked_at < LOOK_MS))
        return NULL;
    file->looked_at = now;
    if (stat(file->path, &st) != 0 || (file->known && same(&st, &file->seen)))
        return NULL;
    text = tk_read_file(file->path, limit, size);
    if (!text)
        return NULL;
    file->seen = st; /* as it was before reading: a change in between is seen at the next look */
    file->known = true;
    return text;
}
