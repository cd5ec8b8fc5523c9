/* Commands of ticketaka-member for people and scripts that run the service: keys, staff, locked
 * accounts. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "server/common/validate.h"
#include "server/member/member.h"
#include "server/member/rules.h"
#include "server/member/store.h"
#include "shared/base/time.h"

#define COMMAND_MS 10000

enum { EXIT_FINE = 0, EXIT_TROUBLE = 1, EXIT_USAGE = 2, EXIT_NONE = 3 };

/* Every word that a command may be given; a command names those it takes. */
struct options {
    const char *email, *name, *phone, *birth, *gender, *scope;
    bool set_password;
};

static int usage(const char *command, const char *why, const char *what)
{
    fprintf(stderr, "ticketaka-member %s: %s '%s'; see 'ticketaka-member --help'\n", command, why,
            what);
    return EXIT_USAGE;
}

static int parse(int argc, char **argv, const char *accepted, struct options *options)
{
    const struct {
        const char *name;
        const char **to;
    } words[] = {
        {"email", &options->email}, {"name", &options->name},     {"phone", &options->phone},
        {"birth", &options->birth}, {"gender", &options->gender}, {"scope", &options->scope},
    };
    for (int i = 1; i < argc; i++) {
        const char *word = strncmp(argv[i], "--", 2) == 0 ? argv[i] + 2 : "";
        const char **to = NULL;
        if (strcmp(word, "set-password") == 0 && strstr(accepted, word)) {
            options->set_password = true;
            continue;
        }
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            if (strcmp(words[w].name, word) == 0 && strstr(accepted, word))
                to = words[w].to;
        if (!to)
            return usage(argv[0], "unknown option", argv[i]);
        if (i + 1 == argc)
            return usage(argv[0], "a value is missing after", argv[i]);
        *to = argv[++i];
    }
    return EXIT_FINE;
}

static bool fits(bool (*check)(const char *, const json_t *), const char *text, bool required)
{
    return text ? check(text, NULL) : !required;
}

/* Which option is unacceptable; NULL when none is. */
static const char *wrong_option(const struct options *options, bool customer)
{
    if (!fits(check_email, options->email, true))
        return "--email";
    if (!fits(tk_check_name, options->name, true))
        return "--name";
    if (!fits(tk_check_phone, options->phone, customer))
        return "--phone";
    if (!fits(check_birth, options->birth, customer))
        return "--birth";
    if (!fits(tk_check_gender, options->gender, customer))
        return "--gender";
    return NULL;
}

/* One line of standard input: never an argument, which other users of the machine could see. */
static bool read_password(char *password, size_t size)
{
    if (!fgets(password, (int)size, stdin))
        return false;
    password[strcspn(password, "\r\n")] = '\0';
    return tk_check_password(password, NULL);
}

static int db_trouble(const char *command, enum tk_db_res res)
{
    fprintf(stderr,
            "ticketaka-member %s: the database: %s; is it up and migrated ('ticketaka-member "
            "migrate')?\n",
            command,
            res == TK_DB_UNKNOWN ? "connection lost, run the command again" : tk_db_error());
    return EXIT_TROUBLE;
}

/* The address has an account already: its rights become those asked for (scope NULL: stay), the
 * rest stays. */
static int update(struct tk_app *app, const char *command, const struct member_row *row,
                  bool set_password)
{
    int64_t deadline = tk_mono_ms() + COMMAND_MS;
    enum tk_db_res res = TK_DB_OK;
    if (row->scope)
        res = store_set_scope(app->db, deadline, row->email, row->scope);
    if (res == TK_DB_OK && set_password)
        res = store_set_password(app->db, deadline, row->email, row->password);
    if (res != TK_DB_OK)
        return db_trouble(command, res);
    printf("%s exists: %s%s\n", row->email, row->scope ? row->scope : "rights unchanged",
           set_password ? ", new password" : "");
    return EXIT_FINE;
}

static int add(struct tk_app *app, const char *command, const struct member_row *row,
               bool set_password)
{
    struct tk_arena *arena = tk_arena_new(64 * 1024);
    struct member_row there;
    int64_t deadline = tk_mono_ms() + COMMAND_MS;
    int status = EXIT_TROUBLE;
    if (!arena)
        return status;
    enum tk_db_res res = store_insert(app->db, deadline, row, arena);
    if (res == TK_DB_DUP) {
        status = update(app, command, row, set_password);
        goto out;
    }
    if (res == TK_DB_OK)
        res = store_by_email(app->db, deadline, row->email, arena, &there);
    if (res != TK_DB_OK) {
        status = db_trouble(command, res);
        goto out;
    }
    printf("created %s: member %lld, %s\n", row->email, (long long)there.id, there.scope);
    status = EXIT_FINE;
out:
    tk_arena_free(arena);
    return status;
}

static int add_account(struct tk_app *app, const char *command, const struct options *options)
{
    char email[EMAIL_SIZE], scope[64], bad[32], hash[PASSWORD_HASH_SIZE], password[258],
        gender[2] = "";
    if (options->scope && !scope_canon(options->scope, scope, bad))
        return usage(command, "unknown scope", bad);
    if (!email_canon(email, options->email))
        return usage(command, "not an acceptable value:", "--email");
    if (!read_password(password, sizeof password)) {
        sodium_memzero(password, sizeof password);
        return usage(command, "no password of 8 to 256 bytes on", "standard input");
    }
    bool hashed = password_hash(password, hash);
    sodium_memzero(password, sizeof password);
    if (!hashed) {
        fprintf(stderr, "ticketaka-member %s: out of memory; 19 MiB are needed\n", command);
        return EXIT_TROUBLE;
    }
    if (options->gender)
        gender[0] = gender_of(options->gender);
    struct member_row row = {
        .email = email,
        .password = hash,
        .name = options->name,
        .birth = options->birth,
        .phone = options->phone,
        .gender = *gender ? gender : NULL,
        .scope = options->scope ? scope : NULL,
    };
    return add(app, command, &row, options->set_password);
}

static int staff_add(struct tk_app *app, int argc, char **argv)
{
    struct options options = {0};
    int status = parse(argc, argv, "email name phone birth gender scope set-password", &options);
    if (status != EXIT_FINE)
        return status;
    const char *wrong = wrong_option(&options, false);
    if (wrong)
        return usage(argv[0], "missing or not an acceptable value:", wrong);
    if (!options.scope || !*options.scope)
        return usage(argv[0], "missing:", "--scope");
    return add_account(app, argv[0], &options);
}

static int member_add(struct tk_app *app, int argc, char **argv)
{
    struct options options = {0};
    int status = parse(argc, argv, "email name phone birth gender set-password", &options);
    if (status != EXIT_FINE)
        return status;
    const char *wrong = wrong_option(&options, true);
    if (wrong)
        return usage(argv[0], "missing or not an acceptable value:", wrong);
    return add_account(app, argv[0], &options);
}

static int set_state(struct tk_app *app, int argc, char **argv, const char *state)
{
    struct options options = {0};
    char email[EMAIL_SIZE];
    int status = parse(argc, argv, "email", &options);
    if (status != EXIT_FINE)
        return status;
    if (!options.email || !email_canon(email, options.email))
        return usage(argv[0], "missing or not an acceptable value:", "--email");
    enum tk_db_res res = store_set_state(app->db, tk_mono_ms() + COMMAND_MS, email, state);
    if (res == TK_DB_NONE) {
        fprintf(stderr, "ticketaka-member %s: nobody has '%s'; check the address\n", argv[0],
                email);
        return EXIT_NONE;
    }
    if (res != TK_DB_OK)
        return db_trouble(argv[0], res);
    printf("%s is %s\n", email, state);
    return EXIT_FINE;
}

static int lock(struct tk_app *app, int argc, char **argv)
{
    return set_state(app, argc, argv, "locked");
}

static int unlock(struct tk_app *app, int argc, char **argv)
{
    return set_state(app, argc, argv, "active");
}

static int disable(struct tk_app *app, int argc, char **argv)
{
    return set_state(app, argc, argv, "disabled");
}

static int jwks(struct tk_app *app, int argc, char **argv)
{
    (void)app;
    char why[512];
    if (argc > 1)
        return usage(argv[0], "unknown option", argv[1]);
    if (!member_conf.key_dir)
        return usage(argv[0], "not set:", "jwt-key-dir");
    struct signer *signer = signer_new(member_conf.key_dir, NULL, why, sizeof why);
    if (!signer) {
        fprintf(stderr, "ticketaka-member %s: %s\n", argv[0], why);
        return EXIT_TROUBLE;
    }
    int printed = puts(signer_jwks(signer));
    signer_free(signer);
    if (printed < 0 || fflush(stdout) != 0) {
        fprintf(stderr, "ticketaka-member %s: standard output: %s\n", argv[0], strerror(errno));
        return EXIT_TROUBLE;
    }
    return EXIT_FINE;
}

const struct tk_command member_commands[] = {
    {"jwks", "jwks", "print the public keys of jwt-key-dir as a JSON Web Key Set", jwks},
    {"staff-add", "staff-add --email E --name N --scope WORD[,WORD…]",
     "create a clerk, or give an account these rights: box door manager admin kiosk; "
     "password on standard input; also --phone --birth --gender, and --set-password to replace one",
     staff_add},
    {"member-add", "member-add --email E --name N --phone P --birth yyyy-MM-dd --gender M|F",
     "create a customer without a mailed code; password on standard input; also --set-password",
     member_add},
    {"lock", "lock --email E", "end every login of an account and refuse new ones", lock},
    {"unlock", "unlock --email E", "let a locked or disabled account log in again", unlock},
    {"disable", "disable --email E", "as lock, for a clerk who has left", disable},
    {0},
};
