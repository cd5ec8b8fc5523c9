#include <string.h>

#include "cli/cli.h"
#include "cli/shapes.h"
#include "shared/net/performance.h"

#define TTY_LIMIT 20

static const struct column columns[] = {
    {"id", N_("Id"), CELL_TEXT, "prfId"},
    {"title", N_("Title"), CELL_WIDE, "title"},
    {"start_date", N_("From"), CELL_TEXT, "startDate"},
    {"end_date", N_("To"), CELL_TEXT, "endDate"},
    {"genre", N_("Genre"), CELL_TEXT, "genre"},
    {"venue", N_("Venue"), CELL_WIDE, "facilityName"},
    {"viewing_age", N_("Age"), CELL_JSON, "viewingAge"},
    {"poster", N_("Poster"), CELL_JSON, "poster"},
    {0},
};

struct query {
    struct tk_buf keyword;
    const char *genre, *on, *venue;
    int64_t limit; /* 0: all */
};

static const char *text_of(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

/* What the server's two searches do not tell apart is chosen here. Dates compare as text. */
static bool wanted(const struct query *query, json_t *item)
{
    if (query->genre && strcmp(text_of(item, "genre"), query->genre) != 0)
        return false;
    if (query->venue && !strstr(text_of(item, "facilityName"), query->venue))
        return false;
    return !query->on || (strcmp(text_of(item, "startDate"), query->on) <= 0 &&
                          strcmp(query->on, text_of(item, "endDate")) <= 0);
}

static void fetch(struct cli *cli, const struct query *query, int page, struct tk_answer *answer)
{
    if (!query->keyword.len && query->genre)
        tk_performance_by_genre(cli->api, query->genre, page, answer);
    else
        tk_performance_search(cli->api, query->keyword.data ? query->keyword.data : "", page,
                              answer);
}

/* Adds one page. 1: go on; 0: that was the last; -1: failed and reported in *status. */
static int add_page(struct cli *cli, const struct query *query, int page, json_t *list, int *status)
{
    struct tk_answer answer;
    json_t *content, *item, *last;
    size_t index;

    fetch(cli, query, page, &answer);
    if (answer.sent == TK_HTTP_ANSWERED && answer.err == TK_NO_DATA_SEARCHED) {
        tk_answer_release(&answer);
        return 0;
    }
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK) {
        *status = cli_fail_answer(cli, &answer, NULL);
        return -1;
    }
    content = json_object_get(answer.data, "content");
    last = json_object_get(answer.data, "last");
    if (!json_is_array(content) || !json_is_boolean(last)) {
        *status = cli_fail_shape(cli, &answer);
        return -1;
    }
    json_array_foreach (content, index, item) {
        if (wanted(query, item))
            json_array_append_new(list, out_reshape(columns, item));
    }
    page = json_is_true(last) || !json_array_size(content) ? 0 : 1;
    tk_answer_release(&answer);
    return page;
}

static int search(struct cli *cli, const struct query *query)
{
    json_t *list = json_array();
    int go_on = 1, more, status = EXIT_DONE;

    for (int page = 0; go_on > 0; page++) {
        if (query->limit && json_array_size(list) > (size_t)query->limit)
            break;
        go_on = add_page(cli, query, page, list, &status);
    }
    if (go_on >= 0) {
        shape_cut(list, query->limit, &more);
        out_list(&cli->out, columns, list);
        if (more && !args_text(&cli->args, "limit"))
            cli_note(cli, _("these are the first %d; --all shows the rest"), TTY_LIMIT);
        if (!json_array_size(list))
            cli_note(cli, "%s", _("no performance matches"));
        status = cli_found(cli, json_array_size(list));
    }
    json_decref(list);
    return status;
}

static int run(struct cli *cli)
{
    const char *genre = args_text(&cli->args, "genre");
    struct query query = {
        .genre = genre ? shape_genre(genre) : NULL,
        .on = args_text(&cli->args, "on"),
        .venue = args_text(&cli->args, "venue"),
        .limit = args_int(&cli->args, "limit",
                          cli->out.tty && !args_flag(&cli->args, "all") ? TTY_LIMIT : 0),
    };
    int status;

    if (genre && !query.genre)
        return cli_usage(cli, NULL, _("'%s' is no genre; give one of %s"), genre, GENRE_NAMES);
    if (!cli->count && !genre)
        return cli_usage(cli, N_("see --help for examples"), "%s",
                         _("give a part of the title, or --genre"));
    for (int i = 0; i < cli->count; i++)
        tk_buf_printf(&query.keyword, "%s%s", i ? " " : "", cli->words[i]);
    status = search(cli, &query);
    tk_buf_release(&query.keyword);
    return status;
}

static const struct option_row options[] = {
    {"genre", 'g', OPTION_TEXT, "GENRE", N_("only this genre, such as musical or 뮤지컬"), 0, 0,
     NULL},
    {"on", 0, OPTION_DATE, "DATE", N_("only what runs on this day"), 0, 0, NULL},
    {"venue", 0, OPTION_TEXT, "TEXT", N_("only where the venue's name contains TEXT"), 0, 0, NULL},
    {"limit", 'n', OPTION_INT, "N", N_("at most N; all in a pipe, 20 on a terminal"), 1, 100000,
     NULL},
    {"all", 'a', OPTION_FLAG, NULL, N_("all of them, on a terminal too"), 0, 0, NULL},
    {0},
};

const struct cmd_entry cmd_search = {
    .name = "search",
    .synopsis = "KEYWORD... [options]",
    .summary = N_("find performances by a part of their title"),
    .options = options,
    .examples = (const struct example[]){{"ticketaka search 햄릿",
                                          N_("performances whose title contains a word")},
                                         {"ticketaka search --genre musical --on 2026-12-24 --id",
                                          N_("ids of the musicals on Christmas Eve")},
                                         {0}},
    .flags = CMD_LIST,
    .most = -1,
    .run = run,
};
