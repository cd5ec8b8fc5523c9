#include <string.h>

#include "cli/cli.h"
#include "cli/shapes.h"
#include "shared/base/time.h"
#include "shared/net/performance.h"

#define TTY_LIMIT 20

static const struct column columns[] = {
    {"id", N_("Session"), CELL_INT, "prfSessionId"},
    {"starts_at", N_("Starts"), CELL_TIME, NULL},
    {"free", N_("Free"), CELL_INT, NULL},
    {"total", N_("Seats"), CELL_INT, NULL},
    {"performance_id", N_("Performance"), CELL_JSON, NULL},
    {"title", N_("Title"), CELL_JSON, NULL},
    {0},
};

struct window {
    const char *from, *to; /* days; NULL: open */
    bool past;
    char now[20];
};

static bool wanted(const struct window *window, const char *starts)
{
    if (!window->past && strncmp(starts, window->now, 16) < 0)
        return false;
    return (!window->from || strncmp(starts, window->from, 10) >= 0) &&
           (!window->to || strncmp(starts, window->to, 10) <= 0);
}

static json_t *row(json_t *wire, json_t *info)
{
    json_t *object = out_reshape(columns, wire);

    if (!object)
        return NULL;
    json_object_set_new(object, "starts_at",
                        shape_time(json_string_value(json_object_get(wire, "prfSessionDate")),
                                   json_string_value(json_object_get(wire, "prfSessionTime"))));
    json_object_set(object, "performance_id", json_object_get(info, "prfId"));
    json_object_set(object, "title", json_object_get(info, "title"));
    return object;
}

/* Free and total seats of one session. False: failed and reported. */
static bool count_seats(struct cli *cli, json_t *object, int *status)
{
    struct tk_answer answer;

    tk_session_get(cli->api, json_integer_value(json_object_get(object, "id")), &answer);
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK) {
        *status = cli_fail_answer(cli, &answer, NULL);
        return false;
    }
    json_object_set(object, "free", json_object_get(answer.data, "remainingSeat"));
    json_object_set(object, "total", json_object_get(answer.data, "totalSeat"));
    tk_answer_release(&answer);
    return true;
}

/* Keeps those with enough free seats, and stops asking as soon as one more than `limit` is
 * there. */
static json_t *counted(struct cli *cli, json_t *all, int64_t limit, int *status)
{
    int64_t least = args_int(&cli->args, "available", 0);
    json_t *kept = json_array(), *object;
    size_t index;

    json_array_foreach (all, index, object) {
        if (limit && json_array_size(kept) > (size_t)limit)
            break;
        if (!count_seats(cli, object, status)) {
            json_decref(kept);
            return NULL;
        }
        if (json_integer_value(json_object_get(object, "free")) >= least)
            json_array_append(kept, object);
    }
    return kept;
}

static json_t *choose(json_t *data, const struct window *window)
{
    json_t *info = json_object_get(data, "performanceDetailInfo"), *item;
    json_t *list = json_array();
    size_t index;

    json_array_foreach (json_object_get(data, "prfSessionList"), index, item) {
        json_t *object = row(item, info);
        const char *starts = json_string_value(json_object_get(object, "starts_at"));

        if (starts && wanted(window, starts))
            json_array_append(list, object);
        json_decref(object);
    }
    return list;
}

static int print(struct cli *cli, json_t *all, int64_t limit)
{
    int status = EXIT_DONE, more;
    json_t *list = counted(cli, all, limit, &status);

    if (!list)
        return status;
    shape_cut(list, limit, &more);
    out_list(&cli->out, columns, list);
    if (more && !args_text(&cli->args, "limit"))
        cli_note(cli, _("these are the first %d; --all shows the rest"), TTY_LIMIT);
    if (!json_array_size(list))
        cli_note(cli, "%s", _("no session matches; --past shows earlier ones too"));
    status = cli_found(cli, json_array_size(list));
    json_decref(list);
    return status;
}

static int run(struct cli *cli)
{
    const char *on = args_text(&cli->args, "on");
    struct window window = {
        .from = on ? on : args_text(&cli->args, "from"),
        .to = on ? on : args_text(&cli->args, "to"),
        .past = args_flag(&cli->args, "past"),
    };
    int64_t limit = args_int(&cli->args, "limit",
                             cli->out.tty && !args_flag(&cli->args, "all") ? TTY_LIMIT : 0);
    struct tk_answer answer;
    json_t *all;
    int status;

    tk_seoul_print(tk_wall_ms(), window.now);
    tk_performance_get(cli->api, cli->words[0], &answer);
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK)
        return cli_fail_answer(cli, &answer, cli->words[0]);
    if (!json_is_array(json_object_get(answer.data, "prfSessionList")))
        return cli_fail_shape(cli, &answer);
    all = choose(answer.data, &window);
    tk_answer_release(&answer);
    status = print(cli, all, limit);
    json_decref(all);
    return status;
}

static const struct option_row options[] = {
    {"on", 0, OPTION_DATE, "DATE", N_("only on this day"), 0, 0, NULL},
    {"from", 0, OPTION_DATE, "DATE", N_("only from this day on"), 0, 0, NULL},
    {"to", 0, OPTION_DATE, "DATE", N_("only until this day"), 0, 0, NULL},
    {"available", 0, OPTION_INT, "N", N_("only with at least N free seats"), 1, 100000, NULL},
    {"past", 0, OPTION_FLAG, NULL, N_("those that have begun, too"), 0, 0, NULL},
    {"limit", 'n', OPTION_INT, "N", N_("at most N; all in a pipe, 20 on a terminal"), 1, 100000,
     NULL},
    {"all", 'a', OPTION_FLAG, NULL, N_("all of them, on a terminal too"), 0, 0, NULL},
    {0},
};

const struct cmd_entry cmd_sessions = {
    .name = "sessions",
    .synopsis = "PERFORMANCE [options]",
    .summary = N_("list the sessions of a performance and their free seats"),
    .options = options,
    .examples =
        (const struct example[]){{"ticketaka sessions PF100001", N_("when can it be seen?")},
                                 {"ticketaka sessions PF100001 --available 2 --id | head -1",
                                  N_("the next session with two free seats")},
                                 {0}},
    .flags = CMD_LIST,
    .exits = EXIT_BIT(NOT_FOUND),
    .least = 1,
    .most = 1,
    .run = run,
};
