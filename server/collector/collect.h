/*
 * One run over a folder of XML answers: holidays, facilities, performances, ranks, in this order
 * whatever the files are called. What cannot be understood is set aside, logged and recorded; the
 * run goes on. Running twice over the same folder leaves the same rows.
 */
#ifndef TK_COLLECTOR_COLLECT_H
#define TK_COLLECTOR_COLLECT_H

#include <stdint.h>
#include <stdio.h>

#include "server/common/db.h"

struct collected {
    struct {
        int added, updated, same;
    } holidays, facilities, performances;
    int sessions_added, sessions_opened, sessions_closed;
    int ranks;
    int files, lists; /* files read; rows of lists, whose details are other documents */
    int set_aside;
};

/*
 * `now_ms` is the wall clock. Returns TK_DB_OK, or what the database said when it could not go on;
 * -1 and errno when the folder cannot be read.
 */
int collect(struct tk_db *db, const char *folder, int64_t now_ms, struct collected *out);
/* One line for people. */
void collected_print(const struct collected *collected, FILE *out);

#endif
