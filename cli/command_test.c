/* The lint of the command table: what a row must have so that help, completion and scripts can rely
 * on it. */
#include "cli/command.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/exits.h"
#include "cli/help.h"
#include "shared/base/err.h"

#define EACH(cmd) for (const struct cmd_entry *const *cmd = commands; *cmd; cmd++)

static void rows_are_whole(void **state)
{
    (void)state;
    EACH(cmd)
    {
        assert_non_null((*cmd)->name);
        assert_non_null((*cmd)->synopsis);
        assert_non_null((*cmd)->summary);
        assert_true(strlen((*cmd)->summary) <= 70);
        assert_true((*cmd)->summary[strlen((*cmd)->summary) - 1] != '.');
        assert_true(islower((unsigned char)(*cmd)->summary[0]));
        assert_non_null((*cmd)->run);
        assert_true((*cmd)->most < 0 || (*cmd)->least <= (*cmd)->most);
        assert_true((*cmd)->least == 0 || *(*cmd)->synopsis);
        assert_non_null((*cmd)->examples);
        assert_non_null((*cmd)->examples[0].command);
    }
}

/* Keyed means writing; a command of the network can end with 10 and 11; whatever needs a login
 * with 4. */
static void flags_agree(void **state)
{
    (void)state;
    EACH(cmd)
    {
        unsigned exits = command_exits(*cmd);

        if ((*cmd)->flags & CMD_KEYED)
            assert_true((*cmd)->flags & CMD_WRITES);
        if ((*cmd)->flags & CMD_WRITES)
            assert_true(exits & EXIT_BIT(UNKNOWN));
        assert_int_equal(!((*cmd)->flags & CMD_LOCAL), (exits & EXIT_BIT(NOT_SENT)) != 0);
        if ((*cmd)->flags & CMD_LOGIN)
            assert_true(exits & EXIT_BIT(LOGIN));
    }
}

static void names_are_unique_and_found(void **state)
{
    (void)state;
    EACH(cmd)
    {
        char name[64], *space;
        const char *words[2] = {name, NULL};
        int used, count = 1;

        snprintf(name, sizeof name, "%s", (*cmd)->name);
        space = strchr(name, ' ');
        if (space) {
            *space = '\0';
            words[1] = space + 1;
            count = 2;
        }
        assert_ptr_equal(command_find(words, count, &used), *cmd);
        assert_int_equal(used, count);
    }
}

static void no_option_hides_a_global_one(void **state)
{
    (void)state;
    EACH(cmd)
    for (const struct option_row *row = (*cmd)->options; row && row->name; row++) {
        assert_non_null(row->help);
        assert_int_equal(row->type == OPTION_FLAG, row->value == NULL);
        assert_int_equal(row->type == OPTION_CHOICE, row->choices != NULL);
        if (row->type == OPTION_INT)
            assert_true(row->low < row->high);
        assert_null(strstr(row->name, "password")); /* only the global ones, which take no secret */
        for (const struct option_row *global = global_options; global->name; global++) {
            assert_string_not_equal(row->name, global->name);
            assert_true(!row->letter || row->letter != global->letter);
        }
        for (const struct option_row *other = (*cmd)->options; other != row; other++) {
            assert_string_not_equal(row->name, other->name);
            assert_true(!row->letter || row->letter != other->letter);
        }
    }
}

/* An example that the program itself would refuse is worse than none. */
static void examples_parse(void **state)
{
    (void)state;
    EACH(cmd)
    for (const struct example *example = (*cmd)->examples; example->command; example++) {
        const struct option_row *tables[] = {global_options, (*cmd)->options, NULL};
        char text[256], why[256] = "", *save = NULL;
        char *start = strstr(strcpy(text, example->command), "ticketaka ");
        const char *argv[32];
        struct args args;
        int argc = 0;

        assert_non_null(example->what);
        assert_non_null(start);
        start[strcspn(start, "|<)")] = '\0';
        for (char *word = strtok_r(start, " ", &save); word && argc < 31;
             word = strtok_r(NULL, " ", &save))
            argv[argc++] = word;
        argv[argc] = NULL;
        assert_int_equal(args_parse(&args, tables, argc, argv, why, sizeof why), 0);
        assert_true(strncmp(start, "ticketaka", 9) == 0);
        assert_int_equal(strncmp((*cmd)->name, args.words[0], strlen(args.words[0])), 0);
        args_release(&args);
    }
}

static void help_prints_everything(void **state)
{
    (void)state;
    EACH(cmd)
    {
        struct out out = {.mode = OUT_TSV};

        assert_int_equal(help_for(&out, *cmd), EXIT_DONE);
        assert_non_null(strstr(out.text.data, (*cmd)->summary));
        assert_non_null(strstr(out.text.data, (*cmd)->examples[0].command));
        assert_non_null(strstr(out.text.data, "exit codes:"));
        for (const struct option_row *row = (*cmd)->options; row && row->name; row++) {
            char flag[64];

            snprintf(flag, sizeof flag, "--%s", row->name);
            assert_non_null(strstr(out.text.data, flag));
        }
        tk_buf_release(&out.text);
    }
}

static void overview_and_completion_know_every_command(void **state)
{
    struct out help = {.mode = OUT_TSV}, completion = {.mode = OUT_TSV};

    (void)state;
    help_for(&help, NULL);
    help_completion(&completion);
    EACH(cmd)
    {
        assert_non_null(strstr(help.text.data, (*cmd)->name));
        assert_non_null(strstr(completion.text.data, (*cmd)->name));
    }
    for (const struct option_row *row = global_options; row->name; row++)
        assert_non_null(strstr(help.text.data, row->name));
    tk_buf_release(&help.text);
    tk_buf_release(&completion.text);
}

static void topics_exist(void **state)
{
    static const char *const topics[] = {"exit-codes", "environment", "formatting", "scripting"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct out out = {.mode = OUT_TSV};

        assert_int_equal(help_topic(&out, topics[i]), EXIT_DONE);
        assert_true(out.text.len > 200);
        tk_buf_release(&out.text);
    }
    assert_int_equal(help_topic(NULL, "nothing"), -1);
}

/* Every exit status of the registry is one that the help explains. */
static void registry_uses_known_exits(void **state)
{
    unsigned known = 0;

#define X(name, status, meaning, reaction) known |= 1u << status;
    EXITS(X)
#undef X
    (void)state;
    for (int err = 0; err < TK_ERR_COUNT; err++)
        assert_true(known & 1u << tk_err_exit((enum tk_err)err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_whole),
        cmocka_unit_test(flags_agree),
        cmocka_unit_test(names_are_unique_and_found),
        cmocka_unit_test(no_option_hides_a_global_one),
        cmocka_unit_test(examples_parse),
        cmocka_unit_test(help_prints_everything),
        cmocka_unit_test(overview_and_completion_know_every_command),
        cmocka_unit_test(topics_exist),
        cmocka_unit_test(registry_uses_known_exits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
