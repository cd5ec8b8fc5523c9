/* The routes of ticketaka-reservation; each handler is in the file named after its resource. */
#ifndef RESERVATION_ROUTES_H
#define RESERVATION_ROUTES_H

#include "server/common/httpd.h"

extern const struct tk_route reservation_routes[];
extern const size_t reservation_route_count;

tk_handler sale_create_post, sale_ask_post, sale_rebuild_post; /* sale.c: other services only */
tk_handler reservation_lists_get, reservation_get;             /* list.c */
tk_handler reservation_delete;                                 /* cancel.c */
tk_handler reservation_ticket_get;                             /* ticket.c */

#endif
