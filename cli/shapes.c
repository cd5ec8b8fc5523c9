#include "cli/shapes.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/lang.h"
#include "shared/base/time.h"

json_t *shape_time(const char *date, const char *time)
{
    int minute;
    tk_day day;

    if (!date || !time || !tk_day_parse(date, '-', &day) || !tk_minute_parse(time, &minute))
        return json_null();
    return json_sprintf("%sT%s:00+09:00", date, time);
}

static json_t *instant(int64_t wall_ms)
{
    char text[20];

    tk_seoul_print(wall_ms, text);
    return json_sprintf("%s+09:00", text);
}

void shape_won(json_t *object)
{
    json_object_set_new(object, "currency", json_string("KRW"));
}

json_t *shape_seats(json_t *wire)
{
    json_t *seats = json_array(), *item;
    size_t index;

    json_array_foreach (wire, index, item) {
        json_t *seat = json_pack("{s:O*, s:O*, s:O*}", "seat", json_object_get(item, "seat"),
                                 "grade", json_object_get(item, "grade"), "price",
                                 json_object_get(item, "price"));

        shape_won(seat);
        json_array_append_new(seats, seat);
    }
    return seats;
}

const struct column hold_columns[] = {
    {"id", N_("Hold"), CELL_TEXT, "holdId"},
    {"session_id", N_("Session"), CELL_JSON, "prfSessionId"},
    {"seats", N_("Seats"), CELL_TEXT, NULL},
    {"total", N_("Total"), CELL_MONEY, "total"},
    {"currency", N_("Currency"), CELL_JSON, NULL},
    {"expires_at", N_("Until"), CELL_TIME, NULL},
    {"expires_in_ms", N_("Left"), CELL_JSON, "expiresInMs"},
    {"why", N_("Why"), CELL_JSON, "why"},
    {0},
};

/* A hold's id begins with its session. */
static json_t *session_of(json_t *id)
{
    long long session = json_is_string(id) ? atoll(json_string_value(id)) : 0;

    return session > 0 ? json_integer(session) : json_null();
}

json_t *shape_hold(json_t *wire)
{
    json_t *hold = out_reshape(hold_columns, wire), *left = json_object_get(wire, "expiresInMs");

    if (!hold)
        return NULL;
    json_object_set_new(hold, "seats", shape_seats(json_object_get(wire, "seats")));
    if (json_is_null(json_object_get(hold, "session_id")))
        json_object_set_new(hold, "session_id", session_of(json_object_get(hold, "id")));
    if (json_is_integer(left))
        json_object_set_new(hold, "expires_at", instant(tk_wall_ms() + json_integer_value(left)));
    shape_won(hold);
    return hold;
}

json_t *shape_reservation(json_t *wire)
{
    const char *created = json_string_value(json_object_get(wire, "reservationCreateAt"));
    const char *deleted = json_string_value(json_object_get(wire, "reservationDeleted"));
    json_t *row = json_pack("{s:O*, s:O*, s:o, s:O*, s:O*}", "id",
                            json_object_get(wire, "reservationId"), "title",
                            json_object_get(wire, "performanceTitle"), "starts_at",
                            shape_time(json_string_value(json_object_get(wire, "reservationDate")),
                                       json_string_value(json_object_get(wire, "reservationTime"))),
                            "count", json_object_get(wire, "reservationTicketCount"), "total",
                            json_object_get(wire, "reservationTotalPrice"));

    if (!row)
        return NULL;
    shape_won(row);
    json_object_set_new(row, "state",
                        json_string(deleted && *deleted == 'Y' ? "cancelled" : "reserved"));
    json_object_set_new(row, "created_at",
                        created ? json_sprintf("%s+09:00", created) : json_null());
    json_object_set(row, "performance_id", json_object_get(wire, "performanceId"));
    json_object_set(row, "session_id", json_object_get(wire, "prfSessionId"));
    json_object_set(row, "poster", json_object_get(wire, "reservationPoster"));
    return row;
}

void shape_cut(json_t *list, int64_t limit, int *more)
{
    *more = 0;
    while (limit > 0 && json_array_size(list) > (size_t)limit) {
        json_array_remove(list, json_array_size(list) - 1);
        *more = 1;
    }
}

const char *shape_genre(const char *name)
{
    static const struct {
        const char *name, *wire;
    } rows[] = {
        {"theatre", "연극"},
        {"dance", "무용"},
        {"classical", "서양음악(클래식)"},
        {"클래식", "서양음악(클래식)"},
        {"gugak", "한국음악(국악)"},
        {"국악", "한국음악(국악)"},
        {"pop", "대중음악"},
        {"mixed", "복합"},
        {"circus", "서커스/마술"},
        {"musical", "뮤지컬"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcasecmp(rows[i].name, name) == 0 || strcmp(rows[i].wire, name) == 0)
            return rows[i].wire;
    return NULL;
}
