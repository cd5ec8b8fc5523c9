#include "server/reservation/address.h"

#include <stdio.h>
#include <stdlib.h>

#include "shared/base/str.h"
#include "shared/base/time.h"
#include "shared/net/http.h"

#define KEPT       1024 /* members remembered, one to a slot: 400 KiB */
#define KEPT_MS    60000
#define TIMEOUT_MS 1000
#define PAUSE_MS   1000

struct address_book {
    struct tk_http *http;
    struct tk_keyring *ring;
    int64_t away_until;
    char why[200];
    struct address kept[KEPT];
};

struct address_book *address_book_new(const char *url, struct tk_keyring *ring)
{
    struct address_book *book = calloc(1, sizeof *book);

    if (!book)
        return NULL;
    book->ring = ring;
    book->http = tk_http_new(url);
    if (!book->http) {
        free(book);
        return NULL;
    }
    return book;
}

void address_book_free(struct address_book *book)
{
    if (!book)
        return;
    tk_http_free(book->http);
    free(book);
}

const char *address_why(const struct address_book *book)
{
    return book->why;
}

static enum address_result take(struct address_book *book, int64_t member,
                                const struct tk_answer *answer, struct address *slot)
{
    const char *email = json_string_value(json_object_get(answer->data, "email"));
    const char *name = json_string_value(json_object_get(answer->data, "name"));

    /* A bare 404 may be a wrong address of the service; only its own word says that the member is
     * gone. */
    if (answer->sent == TK_HTTP_ANSWERED && answer->err == TK_NO_MEMBER)
        return ADDRESS_GONE;
    if (answer->sent != TK_HTTP_ANSWERED || answer->status != 200 || !email) {
        snprintf(book->why, sizeof book->why, "%s",
                 answer->sent == TK_HTTP_ANSWERED ? tk_err_name(answer->err) : answer->why);
        book->away_until = tk_mono_ms() + PAUSE_MS;
        return ADDRESS_AWAY;
    }
    if (!tk_copy(slot->email, sizeof slot->email, email))
        return ADDRESS_GONE; /* longer than any address that a member can have */
    if (!tk_copy(slot->name, sizeof slot->name, name ? name : ""))
        *slot->name = '\0';
    slot->member = member;
    slot->until = tk_mono_ms() + KEPT_MS;
    return ADDRESS_FOUND;
}

enum address_result address_find(struct address_book *book, int64_t member, const char *traceparent,
                                 const struct address **out)
{
    struct address *slot = &book->kept[(uint64_t)member % KEPT];
    struct tk_answer answer;
    enum address_result result;
    char path[64];

    *out = slot;
    if (slot->member == member && tk_mono_ms() < slot->until)
        return ADDRESS_FOUND;
    if (tk_mono_ms() < book->away_until)
        return ADDRESS_AWAY;
    if (!tk_http_header(book->http, "X-Ticketaka-Service", tk_service_credential(book->ring))) {
        snprintf(book->why, sizeof book->why, "the service credential is not one line of text");
        return ADDRESS_AWAY;
    }
    tk_http_header(book->http, "traceparent", traceparent);
    slot->member = 0;
    snprintf(path, sizeof path, "/member/internal/%lld", (long long)member);
    tk_http_call(book->http, "GET", path, NULL, TIMEOUT_MS, &answer);
    result = take(book, member, &answer, slot);
    tk_answer_release(&answer);
    return result;
}
