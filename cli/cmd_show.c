#include "cli/cli.h"
#include "cli/shapes.h"
#include "shared/net/performance.h"

/* Of performanceDetailInfo … */
static const struct column columns[] = {
    {"id", N_("Id"), CELL_TEXT, "prfId"},
    {"title", N_("Title"), CELL_TEXT, "title"},
    {"genre", N_("Genre"), CELL_TEXT, "genre"},
    {"state", N_("State"), CELL_TEXT, "state"},
    {"start_date", N_("From"), CELL_TEXT, "startDate"},
    {"end_date", N_("To"), CELL_TEXT, "endDate"},
    {"venue", N_("Venue"), CELL_TEXT, NULL},
    {"viewing_age", N_("Age"), CELL_TEXT, "viewingAge"},
    {"runtime", N_("Length"), CELL_TEXT, "runtime"},
    {"cast", N_("Cast"), CELL_LONG, "cast"},
    {"crew", N_("Crew"), CELL_LONG, "crew"},
    {"company", N_("Company"), CELL_LONG, "proComp"},
    {"venue_address", N_("Address"), CELL_LONG, NULL},
    {"venue_phone", N_("Phone"), CELL_LONG, NULL},
    {"venue_url", N_("Web"), CELL_LONG, NULL},
    {"story", N_("Story"), CELL_LONG, "story"},
    {"latitude", N_("Latitude"), CELL_JSON, NULL},
    {"longitude", N_("Longitude"), CELL_JSON, NULL},
    {"prices", N_("Prices"), CELL_JSON, NULL},
    {"sessions", N_("Sessions"), CELL_JSON, NULL},
    {"poster", N_("Poster"), CELL_JSON, "poster"},
    {"style_urls", N_("Pictures"), CELL_JSON, "styUrls"},
    {0},
};

/* … and of facilityDTO. */
static const struct {
    const char *field, *wire;
} venue_fields[] = {
    {"venue", "facilityName"},  {"venue_address", "address"}, {"venue_phone", "telNo"},
    {"venue_url", "relateUrl"}, {"latitude", "latitude"},     {"longitude", "longitude"},
};

static const struct column price_columns[] = {
    {"grade", N_("Grade"), CELL_TEXT, "seatType"},
    {"price", N_("Price"), CELL_MONEY, "price"},
    {"currency", N_("Currency"), CELL_JSON, NULL},
    {0},
};

static json_t *prices(json_t *wire)
{
    json_t *list = json_array(), *item;
    size_t index;

    json_array_foreach (wire, index, item) {
        json_t *price = out_reshape(price_columns, item);

        shape_won(price);
        json_array_append_new(list, price);
    }
    return list;
}

static json_t *sessions(json_t *wire)
{
    json_t *list = json_array(), *item;
    size_t index;

    json_array_foreach (wire, index, item) {
        json_array_append_new(
            list,
            json_pack("{s:O*, s:o}", "id", json_object_get(item, "prfSessionId"), "starts_at",
                      shape_time(json_string_value(json_object_get(item, "prfSessionDate")),
                                 json_string_value(json_object_get(item, "prfSessionTime")))));
    }
    return list;
}

static json_t *shape(json_t *data)
{
    json_t *info = json_object_get(data, "performanceDetailInfo");
    json_t *venue = json_object_get(data, "facilityDTO");
    json_t *object = json_is_object(info) ? out_reshape(columns, info) : NULL;

    if (!object)
        return NULL;
    for (size_t i = 0; i < sizeof venue_fields / sizeof venue_fields[0]; i++) {
        json_t *value = json_object_get(venue, venue_fields[i].wire);

        if (value)
            json_object_set(object, venue_fields[i].field, value);
    }
    json_object_set_new(object, "prices", prices(json_object_get(info, "ticketPrice")));
    json_object_set_new(object, "sessions", sessions(json_object_get(data, "prfSessionList")));
    return object;
}

static int run(struct cli *cli)
{
    struct tk_answer answer;
    json_t *object;

    tk_performance_get(cli->api, cli->words[0], &answer);
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK)
        return cli_fail_answer(cli, &answer, cli->words[0]);
    object = shape(answer.data);
    if (!object)
        return cli_fail_shape(cli, &answer);
    out_one(&cli->out, columns, object);
    if (cli->out.mode == OUT_TABLE) {
        out_line(&cli->out, "%s", "");
        out_list(&cli->out, price_columns, json_object_get(object, "prices"));
        out_line(&cli->out, "%s", "");
        out_line(&cli->out, _("%zu sessions: ticketaka sessions %s"),
                 json_array_size(json_object_get(object, "sessions")), cli->words[0]);
    }
    json_decref(object);
    tk_answer_release(&answer);
    return EXIT_DONE;
}

const struct cmd_entry cmd_show = {
    .name = "show",
    .synopsis = "PERFORMANCE",
    .summary = N_("show a performance: what, where, how much"),
    .examples = (const struct example[]){{"ticketaka show PF100001", N_("everything about it")},
                                         {"ticketaka show PF100001 --json | jq '.prices'",
                                          N_("its prices, for a program")},
                                         {0}},
    .exits = EXIT_BIT(NOT_FOUND),
    .least = 1,
    .most = 1,
    .run = run,
};
