#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "shared/net/member.h"

static const struct column columns[] = {
    {"server", N_("Server"), CELL_TEXT, NULL},
    {"state", N_("State"), CELL_TEXT, NULL},
    {0},
};

/* What is stored goes in any case; that the server did not hear of it is only remarked. */
static void tell_server(struct cli *cli)
{
    struct tk_answer answer;

    if (!cli->client.credentials.refresh[0])
        return;
    tk_member_logout(cli->api, cli->client.credentials.refresh, &answer);
    if (answer.sent != TK_HTTP_ANSWERED || answer.status >= 500)
        cli_note(cli, _("'%s' could not be told; it ends the login by itself later"), cli->server);
    tk_answer_release(&answer);
}

static int forget(struct cli *cli)
{
    struct problem problem = {.exit = EXIT_FAILED, .code = "NO_STATE"};
    int lock = credentials_lock(2000), failed = lock < 0 ? errno : 0;

    if (!failed)
        failed = credentials_store(cli->server, &(struct credentials){0});
    if (lock >= 0)
        close(lock);
    if (!failed)
        return EXIT_DONE;
    return cli_fail(cli, &problem, _("the login cannot be removed from '%s': %s"),
                    cli->client.credentials.where, strerror(failed));
}

static int run(struct cli *cli)
{
    struct credentials *mine = &cli->client.credentials;
    struct problem problem = {.exit = EXIT_LOGIN, .code = "UNAUTHORIZED"};
    char why[1400];
    json_t *object;
    int status;

    if (credentials_load(cli->server, NULL, mine, why, sizeof why))
        return cli_fail(cli, &problem, "%s", why);
    if (mine->source != TOKEN_NONE && mine->source != TOKEN_STORED)
        return cli_usage(cli, N_("remove it where it comes from"),
                         _("the token is from '%s'; there is nothing stored to remove"),
                         mine->where);
    if (mine->source == TOKEN_STORED) {
        tell_server(cli);
        status = forget(cli);
        if (status)
            return status;
    }
    object = json_pack("{s:s, s:s}", "server", cli->server, "state", "logged out");
    if (!object)
        return cli_fail_shape(cli, NULL);
    if (cli->out.mode == OUT_TABLE)
        out_line(&cli->out, _("logged out of %s"), cli->server);
    else
        out_one(&cli->out, columns, object);
    json_decref(object);
    return EXIT_DONE;
}

const struct cmd_entry cmd_auth_logout = {
    .name = "auth logout",
    .synopsis = "",
    .summary = N_("log out, here and at the server"),
    .examples = (const struct example[]){{"ticketaka auth logout", N_("end the login")}, {0}},
    .exits = EXIT_BIT(LOGIN),
    .run = run,
};
