#include "server/reservation/sale_json.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/common/validate.h"
#include "shared/base/str.h"
#include "shared/base/time.h"

#define SEATS_MAX 100
#define WON_MAX   INT64_C(1000000000000)

/* ---- the request ---- */

/* One value: where it comes from, what it is called in the document, what it may be. */
struct field {
    const char *object; /* member of the body that holds it; NULL: the body itself */
    const char *name, *as;
    enum { INT, TEXT, DAY, MINUTE, EMAIL, PRF, KEY } type;
    bool required;
    int64_t low, high; /* INT: the value; TEXT: characters */
};

static const struct field fields[] = {
    {NULL, "memberId", "memberId", INT, true, 0, INT64_MAX},
    {NULL, "clerkId", "clerkId", INT, false, 1, INT64_MAX}, /* 0: nobody */
    {NULL, "terminal", "terminal", TEXT, false, 0, 64},
    {NULL, "channel", "channel", TEXT, false, 0, 16},
    {NULL, "performanceId", "performanceId", PRF, true, 0, 0},
    {NULL, "performanceTitle", "performanceTitle", TEXT, true, 0, 1000},
    {NULL, "poster", "poster", TEXT, false, 0, 1000},
    {NULL, "facility", "facility", TEXT, false, 0, 1000},
    {NULL, "prfSessionId", "prfSessionId", INT, true, 1, INT64_MAX},
    {NULL, "date", "date", DAY, false, 0, 0},
    {NULL, "time", "time", MINUTE, false, 0, 0},
    {NULL, "total", "total", INT, true, 0, WON_MAX},
    {NULL, "createKey", "createKey", KEY, false, 0, 0},
    {"payment", "method", "method", TEXT, false, 1, 16},
    {"payment", "tendered", "tendered", INT, false, 0, WON_MAX},
    {"customer", "name", "customerName", TEXT, false, 0, 100},
    {"customer", "phone", "customerPhone", TEXT, false, 0, 32},
    {"customer", "email", "customerEmail", EMAIL, false, 0, 0},
};

static int64_t characters(const char *text)
{
    int64_t count = 0;

    for (; *text; text++)
        count += (*text & 0xc0) != 0x80;
    return count;
}

static bool fits_text(const json_t *value, int64_t low, int64_t high)
{
    int64_t count = json_is_string(value) ? characters(json_string_value(value)) : -1;

    return count >= low && count <= high;
}

static bool fits(const struct field *field, const json_t *value)
{
    const char *text = json_string_value(value);
    int minute;

    switch (field->type) {
    case INT:
        return json_is_integer(value) && json_integer_value(value) >= field->low &&
               json_integer_value(value) <= field->high;
    case TEXT:
        return fits_text(value, field->low, field->high);
    case DAY:
        return text && (!*text || tk_check_day(NULL, value));
    case MINUTE:
        return text && (!*text || tk_minute_parse(text, &minute));
    case EMAIL:
        return tk_check_email(NULL, value);
    case PRF:
        return tk_check_prf(NULL, value);
    case KEY:
        return tk_check_key(NULL, value);
    }
    return false;
}

/* Nobody's id is as good as none. */
static bool is_zero(const struct field *field, const json_t *value)
{
    return field->low == 1 && json_is_integer(value) && json_integer_value(value) == 0;
}

static bool copy_field(json_t *doc, const json_t *body, const struct field *field, char *why,
                       size_t size)
{
    const json_t *from = field->object ? json_object_get(body, field->object) : body;
    json_t *value = json_object_get(from, field->name);
    const char *dot = field->object ? "." : "";

    if (!value || json_is_null(value) || (!field->required && is_zero(field, value))) {
        if (!field->required)
            return true;
        snprintf(why, size, "'%s' is missing", field->name);
        return false;
    }
    if (!fits(field, value)) {
        snprintf(why, size, "'%s%s%s' is not acceptable", field->object ? field->object : "", dot,
                 field->name);
        return false;
    }
    return json_object_set(doc, field->as, value) == 0;
}

/* A random id as text: 64 bits do not fit a JSON integer. */
static json_t *ticket_id(void)
{
    uint64_t id;
    char text[24];

    randombytes_buf(&id, sizeof id);
    snprintf(text, sizeof text, "%" PRIu64, id);
    return json_string(text);
}

static bool copy_seat(json_t *seats, const json_t *seat, int64_t *total)
{
    json_t *name = json_object_get(seat, "seat"), *grade = json_object_get(seat, "grade");
    json_t *price = json_object_get(seat, "price");
    int64_t won = json_integer_value(price);

    if (!fits_text(name, 1, 32) || !fits_text(grade, 0, 50) || !json_is_integer(price) || won < 0 ||
        won > WON_MAX)
        return false;
    *total += won;
    return json_array_append_new(seats, json_pack("{s:O, s:O, s:O, s:o?}", "seat", name, "grade",
                                                  grade, "price", price, "ticket", ticket_id())) ==
           0;
}

/* A seat named twice would be refused as taken, by ourselves. */
static bool named_once(const json_t *seats)
{
    json_t *seen = json_object();
    size_t count = json_array_size(seats), different;

    for (size_t i = 0; i < count; i++)
        json_object_set_new(seen,
                            json_string_value(json_object_get(json_array_get(seats, i), "seat")),
                            json_true());
    different = json_object_size(seen);
    json_decref(seen);
    return different == count;
}

static bool copy_seats(json_t *doc, const json_t *body, char *why, size_t size)
{
    const json_t *given = json_object_get(body, "seats");
    size_t count = json_array_size(given);
    json_t *seats = json_array();
    int64_t total = 0;

    json_object_set_new(doc, "seats", seats);
    if (count < 1 || count > SEATS_MAX) {
        snprintf(why, size, "'seats' must be 1 to %d seats", SEATS_MAX);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (!copy_seat(seats, json_array_get(given, i), &total)) {
            snprintf(why, size, "'seats[%zu]' is not {seat, grade, price}", i);
            return false;
        }
    if (!named_once(seats)) {
        snprintf(why, size, "'seats' names a seat twice");
        return false;
    }
    if (total != json_integer_value(json_object_get(body, "total"))) {
        snprintf(why, size, "'total' is not the sum of the seats' prices");
        return false;
    }
    return true;
}

json_t *sale_read(const json_t *body, uint8_t ticket_key, char *why, size_t size)
{
    json_t *doc = json_pack("{s:i}", "ticketKey", (int)ticket_key);

    snprintf(why, size, "memory is short");
    for (size_t i = 0; doc && i < sizeof fields / sizeof *fields; i++)
        if (!copy_field(doc, body, &fields[i], why, size))
            goto refuse;
    if (doc && copy_seats(doc, body, why, size))
        return doc;
refuse:
    json_decref(doc);
    return NULL;
}

/* ---- the answer ---- */

static json_t *code_of(const json_t *seat, int64_t key, const struct ticket_keys *keys)
{
    const char *id = json_string_value(json_object_get(seat, "ticket"));
    char code[TK_TICKET_DIGITS + 1];

    /* Written by sale_read: decimal digits of 64 bits.
     * A sale's tickets are the first generation. */
    if (!id || !ticket_code(keys, key, strtoull(id, NULL, 10), 1, code))
        return NULL;
    return json_string(code);
}

static bool add_codes(json_t *seats, int64_t key, const struct ticket_keys *keys, json_t *tickets)
{
    for (size_t i = 0; i < json_array_size(seats); i++) {
        json_t *seat = json_array_get(seats, i), *code = code_of(seat, key, keys);

        if (!code)
            return false;
        json_object_del(seat, "ticket");
        if (!tickets)
            json_object_set_new(seat, "code", code);
        else
            json_array_append_new(tickets, json_pack("{s:O, s:o}", "seat",
                                                     json_object_get(seat, "seat"), "code", code));
    }
    return true;
}

json_t *sale_answer(const char *stored, const struct ticket_keys *keys)
{
    json_t *answer = stored ? json_loads(stored, JSON_REJECT_DUPLICATES, NULL) : NULL;
    json_t *seats = json_object_get(answer, "seats"), *tickets;

    if (!json_is_object(answer))
        goto refuse;
    if (!seats) /* refused: it holds {outcome, change?, conflicts?} and nothing else */
        return answer;
    tickets = json_array();
    json_object_set_new(answer, "tickets", tickets);
    if (!tickets ||
        !add_codes(seats, json_integer_value(json_object_get(answer, "ticketKey")), keys, tickets))
        goto refuse;
    json_object_del(answer, "ticketKey");
    return answer;
refuse:
    json_decref(answer);
    return NULL;
}

bool sale_mail(json_t *mail, const struct ticket_keys *keys, const char *email, const char *name)
{
    int64_t key = json_integer_value(json_object_get(mail, "ticketKey"));

    if (!add_codes(json_object_get(mail, "seats"), key, keys, NULL))
        return false;
    json_object_del(mail, "ticketKey");
    if (!json_is_string(json_object_get(mail, "memberEmail")))
        json_object_set_new(mail, "memberEmail", json_string(email));
    if (!json_is_string(json_object_get(mail, "memberName")))
        json_object_set_new(mail, "memberName", json_string(name ? name : ""));
    return json_is_string(json_object_get(mail, "memberEmail"));
}
