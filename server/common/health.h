/* /healthz, /readyz, /metrics and /openapi.yaml, and the watch over what a service depends on. */
#ifndef TK_COMMON_HEALTH_H
#define TK_COMMON_HEALTH_H

#include <stddef.h>

#include "server/common/httpd.h"

extern const struct tk_route tk_health_routes[];
extern const size_t tk_health_route_count;

/* Begins to ask the dependencies of tk_app_dependency. Loop's thread. */
void tk_health_start(struct tk_app *app);
void tk_health_stop(struct tk_app *app);

#endif
