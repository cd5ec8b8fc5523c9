/* What -v and -vv show on standard error: one line per request and answer, and bodies without
 * secrets. */
#ifndef TK_CLI_TRACE_H
#define TK_CLI_TRACE_H

#include <stdint.h>

#include "shared/net/http.h"

void trace_request(int verbose, const char *method, const char *path, json_t *body);
void trace_answer(int verbose, const struct tk_answer *answer, int64_t ms);
/* A copy in which the values of secret members are replaced, at any depth. New reference. */
json_t *trace_redact(json_t *value);

#endif
