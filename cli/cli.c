#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/help.h"
#include "cli/settings.h"
#include "shared/base/str.h"

/* --lang decides the language of the very errors that parsing may give,
 * so it is looked for before. */
static const char *early_language(int argc, const char *const *argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            break;
        if (strncmp(argv[i], "--lang=", 7) == 0)
            return argv[i] + 7;
        if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc)
            return argv[i + 1];
    }
    return NULL;
}

static bool early_flag(int argc, const char *const *argv, const char *flag)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], flag) == 0)
            return true;
    return false;
}

/*
 * A closed descriptor would be given to the next file or socket, which then received our output.
 * True: standard output was closed; /dev/null opened for reading in its place makes writing fail,
 * and so be noticed.
 */
static bool fill_closed(void)
{
    bool closed = false;

    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            continue;
        closed = closed || fd == 1;
        if (open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY) != fd)
            exit(EXIT_FAILED);
    }
    return closed;
}

static int unknown_command(struct cli *cli, const char *const *words, int count)
{
    const char *near = command_nearest(words[0]);
    char both[80];

    if (command_is_group(words[0])) {
        help_group(&cli->out, words[0]);
        return count < 2 ? EXIT_DONE
                         : cli_usage(cli, N_("see 'ticketaka help'"), _("unknown command '%s %s'"),
                                     words[0], words[1]);
    }
    snprintf(both, sizeof both, "%.30s %.30s", words[0], count > 1 ? words[1] : "");
    if (!near && count > 1)
        near = command_nearest(both);
    if (near)
        return cli_usage(cli, N_("see 'ticketaka help'"),
                         _("unknown command '%s'; did you mean '%s'?"), words[0], near);
    return cli_usage(cli, N_("see 'ticketaka help'"), _("unknown command '%s'"), words[0]);
}

static int need_login(struct cli *cli)
{
    struct problem problem = {.exit = EXIT_LOGIN, .code = "UNAUTHORIZED"};
    char why[1400];

    if (credentials_load(cli->server, args_text(&cli->args, "token-file"), &cli->client.credentials,
                         why, sizeof why))
        return cli_fail(cli, &problem, "%s", why);
    if (cli->client.credentials.source != TOKEN_NONE)
        return EXIT_DONE;
    problem.hint = tk_err_hint(TK_UNAUTHORIZED);
    return cli_fail(cli, &problem, _("you are not logged in at '%s'"), cli->server);
}

static int preconditions(struct cli *cli, bool stdout_closed)
{
    const struct cmd_entry *cmd = cli->cmd;

    if (cli->count < cmd->least)
        return cli_usage(cli, N_("see --help for examples"), _("usage: ticketaka %s %s"), cmd->name,
                         cmd->synopsis);
    if (cmd->most >= 0 && cli->count > cmd->most)
        return cli_usage(cli, N_("see --help for examples"), _("'%s' is one word too many"),
                         cli->words[cmd->most]);
    /* Whoever cannot see that a sale was made would make another. */
    if ((cmd->flags & CMD_WRITES) && stdout_closed)
        return cli_usage(cli, N_("open it, or send it to /dev/null"), "%s",
                         _("standard output is closed; nothing was sent"));
    return cmd->flags & CMD_LOGIN ? need_login(cli) : EXIT_DONE;
}

static int finish(struct cli *cli, int status)
{
    int failed = out_flush(&cli->out);
    struct problem problem = {.exit = EXIT_FAILED, .code = "OUTPUT"};

    if (!failed)
        return status;
    if (cli->cmd && (cli->cmd->flags & CMD_WRITES) && status == EXIT_DONE)
        problem.hint = N_("it was done all the same: do not repeat it; look with 'ticketaka "
                          "reservations'");
    return cli_fail(cli, &problem, _("the output cannot be written: %s"), strerror(failed));
}

static int run(struct cli *cli, int argc, const char *const *argv, const struct config *config,
               bool closed)
{
    const char *words[2] = {NULL, NULL};
    const struct option_row *tables[] = {global_options, NULL, NULL};
    int count = args_peek(global_options, argc, argv, words), used = 0, status;
    char why[512];

    cli->cmd = command_find(words, count, &used);
    if (cli->cmd)
        tables[1] = cli->cmd->options;
    else if (count && !early_flag(argc, argv, "--version"))
        return unknown_command(cli, words, count);
    if (args_parse(&cli->args, tables, argc, argv, why, sizeof why))
        return cli_usage(cli, NULL, "%s", why);
    cli->words = cli->args.words + (cli->cmd ? used : 0);
    cli->count = cli->args.count - (cli->cmd ? used : 0);
    status = settings_apply(cli, config);
    if (status)
        return status;
    if (args_flag(&cli->args, "help"))
        return help_for(&cli->out, cli->cmd);
    if (args_flag(&cli->args, "version"))
        return cmd_version.run(cli);
    if (!cli->cmd)
        return help_for(&cli->out, NULL);
    status = preconditions(cli, closed);
    return status ? status : cli->cmd->run(cli);
}

int cli_main(int argc, const char *const *argv)
{
    struct cli cli = {.pending.fd = -1};
    const char *wanted = early_language(argc, argv);
    struct config config;
    char why[1400];
    bool closed = fill_closed();
    int status;

    /* Never die in the middle of a request; out_flush() sees a reader that has gone. */
    signal(SIGPIPE, SIG_IGN);
    cli.out.mode = early_flag(argc, argv, "--json") ? OUT_JSON : OUT_TSV;
    lang_init(wanted);
    status = config_load(&config, why, sizeof why);
    if (status == 0 && !wanted && *config.lang && !lang_init(config.lang)) {
        snprintf(why, sizeof why, _("'lang' in '%s' is '%s'; give ko or en"), config.path,
                 config.lang);
        status = -1;
    }
    status = status ? cli_usage(&cli, N_("correct or remove the file"), "%s", why)
                    : run(&cli, argc, argv, &config, closed);
    status = finish(&cli, status);
    pending_close(&cli.pending, false);
    client_release(&cli.client);
    args_release(&cli.args);
    tk_buf_release(&cli.out.text);
    return status;
}
