#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/shapes.h"
#include "shared/base/str.h"
#include "shared/net/member.h"

static const struct column columns[] = {
    {"email", N_("E-mail"), CELL_TEXT, NULL},
    {"server", N_("Server"), CELL_TEXT, NULL},
    {"stored_in", N_("Stored in"), CELL_TEXT, NULL},
    {0},
};

static int keep(struct cli *cli, const char *email, struct tk_answer *answer)
{
    struct problem problem = {
        .exit = EXIT_FAILED,
        .code = "NO_STATE",
        .hint = N_("set XDG_STATE_HOME to a folder that can be written"),
    };
    struct credentials *mine = &cli->client.credentials;
    struct tk_tokens tokens;
    char place[PATH_SIZE] = "";
    int failed, lock;

    *mine = (struct credentials){.source = TOKEN_STORED};
    if (!tk_tokens_read(answer, &tokens) ||
        !tk_copy(mine->access, sizeof mine->access, tokens.access) ||
        !tk_copy(mine->refresh, sizeof mine->refresh, tokens.refresh) ||
        !tk_copy(mine->email, sizeof mine->email, email))
        return cli_fail_shape(cli, answer);
    credentials_read_token(mine);
    lock = credentials_lock(2000);
    failed = lock < 0 ? errno : credentials_store(cli->server, mine);
    if (lock >= 0)
        close(lock);
    tk_answer_release(answer);
    state_path(place, "credentials.json");
    if (failed)
        return cli_fail(cli, &problem, _("the login cannot be stored in '%s': %s"), place,
                        strerror(failed));
    return EXIT_DONE;
}

static int print(struct cli *cli, const char *email)
{
    char place[PATH_SIZE] = "";
    json_t *object;

    state_path(place, "credentials.json");
    object = json_pack("{s:s, s:s, s:s}", "email", email, "server", cli->server, "stored_in",
                       place);
    if (!object)
        return cli_fail_shape(cli, NULL);
    if (cli->out.mode == OUT_TABLE)
        out_line(&cli->out, _("logged in at %s as %s"), cli->server, email);
    else
        out_one(&cli->out, columns, object);
    json_decref(object);
    return EXIT_DONE;
}

static int login(struct cli *cli, const char *email)
{
    struct tk_answer answer;
    char *password;
    int status = EXIT_FAILED;

    password = cli_password(cli, false, &status);
    if (!password)
        return status;
    tk_member_login(cli->api, email, password, &answer);
    cli_wipe(password);
    if (answer.sent != TK_HTTP_ANSWERED || answer.err != TK_OK)
        return cli_fail_answer(cli, &answer, email);
    status = keep(cli, email, &answer);
    return status ? status : print(cli, email);
}

static int run(struct cli *cli)
{
    char *typed = NULL;
    int status = EXIT_FAILED;

    if (!cli->count) {
        typed = cli_ask(cli, _("E-mail"), "EMAIL", &status);
        if (!typed)
            return status;
    }
    status = login(cli, typed ? typed : cli->words[0]);
    free(typed);
    return status;
}

const struct cmd_entry cmd_auth_login = {
    .name = "auth login",
    .synopsis = "[EMAIL]",
    .summary = N_("log in, and stay logged in"),
    .details = N_("The password is asked for without showing it, or read with --password-stdin or\n"
                  "--password-file. The login is stored for your user alone and renews itself."),
    .examples = (const struct example[]){{"ticketaka auth login kim@example.com",
                                          N_("asks for the password")},
                                         {"ticketaka auth login kim@example.com --password-stdin "
                                          "< password",
                                          N_("without a terminal")},
                                         {0}},
    .exits = EXIT_BIT(LOGIN),
    .most = 1,
    .run = run,
};
