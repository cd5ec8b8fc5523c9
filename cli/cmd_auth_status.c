#include <stdio.h>

#include "cli/cli.h"
#include "shared/base/time.h"

static const struct column columns[] = {
    {"server", N_("Server"), CELL_TEXT, NULL},
    {"server_from", N_("Set by"), CELL_TEXT, NULL},
    {"email", N_("E-mail"), CELL_TEXT, NULL},
    {"member", N_("Member"), CELL_TEXT, NULL},
    {"stored_in", N_("Token in"), CELL_TEXT, NULL},
    {"how", N_("How"), CELL_TEXT, NULL},
    {"renews", N_("Renews itself"), CELL_TEXT, NULL},
    {"expires_at", N_("Token until"), CELL_TIME, NULL},
    {0},
};

static const char *how(enum token_source source)
{
    static const char *const texts[] = {
        [TOKEN_NONE] = "",
        [TOKEN_OPTION] = N_("file given with --token-file"),
        [TOKEN_ENVIRONMENT] = N_(
            "environment: other processes of yours may see it; a file is safer"),
        [TOKEN_DIRECTORY] = N_("systemd credential"),
        [TOKEN_STORED] = N_("file, 0600: readable by your user alone"),
    };

    return *texts[source] ? _(texts[source]) : "";
}

static json_t *shape(const struct cli *cli)
{
    const struct credentials *mine = &cli->client.credentials;
    json_t *object = json_pack(
        "{s:s, s:s, s:s*, s:s*, s:s, s:s, s:b}", "server", cli->server, "server_from",
        cli->server_from, "email", *mine->email ? mine->email : NULL, "member",
        *mine->member ? mine->member : NULL, "stored_in", mine->where, "how", how(mine->source),
        "renews", mine->source == TOKEN_STORED && mine->refresh[0]);
    char at[20];

    if (object && mine->expires_at > 0) {
        tk_seoul_print(mine->expires_at * 1000, at);
        json_object_set_new(object, "expires_at", json_sprintf("%s+09:00", at));
    }
    return object;
}

static int run(struct cli *cli)
{
    json_t *object = shape(cli);

    if (!object)
        return cli_fail_shape(cli, NULL);
    out_one(&cli->out, columns, object);
    json_decref(object);
    return EXIT_DONE;
}

const struct cmd_entry cmd_auth_status = {
    .name = "auth status",
    .synopsis = "",
    .summary = N_("say who is logged in where, and how the token is stored"),
    .examples = (const struct example[]){{"ticketaka auth status", N_("am I logged in?")}, {0}},
    .flags = CMD_LOCAL | CMD_LOGIN,
    .run = run,
};
