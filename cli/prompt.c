#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "cli/cli.h"
#include "shared/base/str.h"
#include "shared/base/utf8.h"

#define LINE_LIMIT 1024

void cli_wipe(char *secret)
{
    if (secret)
        sodium_memzero(secret, strlen(secret));
    free(secret);
}

/* Byte by byte, so that nothing of a pipe is taken that belongs to someone else. */
static char *read_line(int fd)
{
    char *line = malloc(LINE_LIMIT + 1);
    size_t size = 0;
    ssize_t got = 1;
    char c = 0;

    while (line && size < LINE_LIMIT) {
        got = read(fd, &c, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || c == '\n')
            break;
        line[size++] = c;
    }
    if (!line || got < 0 || (got == 0 && !size) || size == LINE_LIMIT) {
        cli_wipe(line);
        return NULL;
    }
    if (size && line[size - 1] == '\r')
        size--;
    line[size] = '\0';
    return line;
}

static void put_question(const char *text, const char *tail)
{
    struct tk_buf clean = {0};

    tk_sanitize(&clean, text);
    fprintf(stderr, "%s%s", clean.data ? clean.data : "", tail);
    fflush(stderr);
    tk_buf_release(&clean);
}

static bool can_ask(const struct cli *cli)
{
    return cli->input_tty && !cli->no_input;
}

bool cli_confirm(struct cli *cli, int *status, const char *format, ...)
{
    char *question, *answer;
    va_list args;
    bool yes;

    if (cli->yes)
        return true;
    if (!can_ask(cli)) {
        *status = cli_usage(cli, N_("add --yes to do it without being asked"), "%s",
                            _("this needs a confirmation, and there is no terminal to ask on"));
        return false;
    }
    va_start(args, format);
    if (vasprintf(&question, format, args) < 0)
        question = NULL;
    va_end(args);
    put_question(question ? question : "", " [y/N] ");
    free(question);
    answer = read_line(STDIN_FILENO);
    client_more_time(&cli->client);
    yes = answer && (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0);
    free(answer);
    if (!yes)
        *status = cli_fail(cli, &(struct problem){.exit = EXIT_FAILED, .code = "NOT_CONFIRMED"},
                           "%s", _("not confirmed; nothing was changed"));
    return yes;
}

char *cli_ask(struct cli *cli, const char *question, const char *flag, int *status)
{
    char *answer;

    if (!can_ask(cli)) {
        *status = cli_usage(cli, N_("see --help for examples"), _("'%s' is missing; give %s"),
                            question, flag);
        return NULL;
    }
    put_question(question, ": ");
    answer = read_line(STDIN_FILENO);
    client_more_time(&cli->client);
    if (!answer || !*tk_trim(answer)) {
        free(answer);
        *status = cli_usage(cli, NULL, _("'%s' is missing; give %s"), question, flag);
        return NULL;
    }
    return answer;
}

static struct termios shown; /* for the signal handler */

static void show_again(int signal_number)
{
    tcsetattr(STDIN_FILENO, TCSANOW, &shown);
    raise(signal_number); /* SA_RESETHAND: now it ends the program */
}

/* A signal while the echo is off must not leave the user's terminal mute. */
static void guard_echo(bool on, struct sigaction before[3])
{
    static const int signals[3] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = show_again, .sa_flags = (int)SA_RESETHAND};

    for (int i = 0; i < 3; i++)
        if (on)
            sigaction(signals[i], &action, &before[i]);
        else
            sigaction(signals[i], &before[i], NULL);
}

static char *ask_hidden(const char *question)
{
    struct sigaction before[3];
    struct termios hidden;
    char *answer;

    if (tcgetattr(STDIN_FILENO, &shown))
        return NULL;
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    put_question(question, ": ");
    guard_echo(true, before);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    answer = read_line(STDIN_FILENO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    guard_echo(false, before);
    fputc('\n', stderr);
    return answer;
}

static char *from_terminal(struct cli *cli, bool twice, int *status)
{
    char *first = ask_hidden(_("Password")), *again;
    bool same;

    if (!first || !*first) {
        cli_wipe(first);
        *status = cli_usage(cli, NULL, "%s", _("no password was given"));
        return NULL;
    }
    if (!twice)
        return first;
    again = ask_hidden(_("Password again"));
    same = again && strcmp(first, again) == 0;
    cli_wipe(again);
    if (same)
        return first;
    cli_wipe(first);
    *status = cli_usage(cli, NULL, "%s", _("the two passwords differ"));
    return NULL;
}

char *cli_password(struct cli *cli, bool twice, int *status)
{
    const char *path = args_text(&cli->args, "password-file");
    char *password;

    if (path) {
        password = read_secret(path, false);
        if (!password)
            *status = cli_usage(cli, NULL, _("the password file '%s' cannot be read: %s"), path,
                                errno == EINVAL ? _("it is empty") : strerror(errno));
        return password;
    }
    if (args_flag(&cli->args, "password-stdin")) {
        password = read_line(STDIN_FILENO);
        if (!password || !*password) {
            cli_wipe(password);
            *status = cli_usage(cli, NULL, "%s", _("standard input holds no password"));
            return NULL;
        }
        return password;
    }
    if (can_ask(cli)) {
        password = from_terminal(cli, twice, status);
        client_more_time(&cli->client);
        return password;
    }
    *status = cli_usage(cli, N_("give --password-stdin or --password-file FILE"), "%s",
                        _("a password is needed, and there is no terminal to ask on"));
    return NULL;
}
