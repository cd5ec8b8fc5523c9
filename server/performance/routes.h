/* The REST surface of the performance service: one row a route. */
#ifndef PERFORMANCE_ROUTES_H
#define PERFORMANCE_ROUTES_H

#include "server/common/httpd.h"

extern const struct tk_route performance_routes[];
extern const size_t performance_route_count;

#endif
