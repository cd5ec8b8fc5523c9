/* For tests only: lines of the optional corpus that TICKETAKA_CORPUS names. */
#ifndef TK_MODEL_CORPUS_TEST_H
#define TK_MODEL_CORPUS_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/str.h"

/* Content of a corpus file, to be freed; NULL when there is no corpus, which it says aloud. */
static inline char *corpus_read(const char *name)
{
    const char *folder = getenv("TICKETAKA_CORPUS");
    char path[4096], *text;
    size_t size;

    if (!folder) {
        printf("skipped: corpus %s (TICKETAKA_CORPUS is not set)\n", name);
        return NULL;
    }
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    text = tk_read_file(path, 16 << 20, &size);
    if (!text) {
        printf("cannot read the corpus file '%s'\n", path);
        abort();
    }
    return text;
}

/* Next line, empty ones too, NUL-terminated in place; NULL at the end. */
static inline char *corpus_line(char **rest)
{
    char *line = *rest, *end;

    if (!*line)
        return NULL;
    end = strchr(line, '\n');
    if (!end) {
        *rest = line + strlen(line);
        return line;
    }
    *end = '\0';
    *rest = end + 1;
    return line;
}

#endif
