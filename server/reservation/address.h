/*
 * To whom a ticket is mailed: name and e-mail of a member, asked of the member service and
 * remembered for a minute. One per thread. Blocking, at most a second.
 */
#ifndef RESERVATION_ADDRESS_H
#define RESERVATION_ADDRESS_H

#include <stdint.h>

#include "server/common/auth.h"

struct address_book;

struct address {
    int64_t member;
    int64_t until; /* tk_mono_ms */
    char email[192], name[208];
};

enum address_result {
    ADDRESS_FOUND,
    ADDRESS_GONE, /* there is no such member: there never will be an address */
    ADDRESS_AWAY, /* not known now: ask again later */
};

/* `url` of the member service; NULL when it is not a URL of ours or memory is short. `ring` is
 * borrowed. */
struct address_book *address_book_new(const char *url, struct tk_keyring *ring);
void address_book_free(struct address_book *book);

/* *out stays valid until the next call. After a failure the service is left alone for a second. */
enum address_result address_find(struct address_book *book, int64_t member, const char *traceparent,
                                 const struct address **out);
/* Why the last one was away; "". */
const char *address_why(const struct address_book *book);

#endif
