/*
 * Forward-only migrations: files NNNN-name.sql of a service, in order, each applied once and recorded in
 * `schema_migration (number, name, checksum, applied_at)`. A recorded file whose text has changed stops the
 * run. One re-runnable DDL statement per file (MariaDB commits DDL by itself): a run that was killed is
 * simply repeated. A named lock keeps two runs apart.
 */
#ifndef TK_COMMON_MIGRATE_H
#define TK_COMMON_MIGRATE_H

#include <stdio.h>

#include "server/common/db.h"
#include "server/common/file.h"

/* Returns 0, or -1 after writing the reason to `err`. Writes a line per applied file to `out`. */
int tk_migrate(const struct tk_db_conf *conf, const struct tk_file *files, FILE *out, FILE *err);

#endif
