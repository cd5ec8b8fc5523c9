/* A reservation's row as JSON, the same wherever it is shown. */
#ifndef RESERVATION_ROWS_H
#define RESERVATION_ROWS_H

#include <jansson.h>

#include "server/common/httpd.h"
#include "server/reservation/store.h"

/* Columns of enum row_column; a new reference, NULL when memory is short. */
json_t *row_json(const struct tk_rows *rows, size_t row);

/* The contract's error for a read that gave no rows (NONE: NO_RESERVATION_LIST); logged. */
enum tk_err row_error(enum tk_db_res res, const char *event);

#endif
