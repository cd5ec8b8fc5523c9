/* ticketaka-member: accounts, codes, logins and the keys that all services trust. */
#include <stdio.h>

#include "server/common/app.h"
#include "server/member/counters.h"
#include "server/member/member.h"
#include "server/member/valid_mail.h"
#include "shared/base/log.h"
#include "shared/base/str.h"

extern const struct tk_file server_member_sql[], server_member_lua[];

struct member_conf member_conf;

static const struct tk_conf_row conf[] = {
    {TK_CONF_STR, "jwt-key-dir", &member_conf.key_dir, NULL, "folder of RSA keys, <kid>.pem", 0, 0},
    {TK_CONF_STR, "jwt-kid", &member_conf.kid, NULL, "name of the key that signs", 0, 0},
    {TK_CONF_INT, "refresh-days", &member_conf.refresh_days, "14", "life of a refresh token", 1,
     365},
    {TK_CONF_INT, "lookups-per-minute", &member_conf.lookups, "20",
     "checks and sign-ups of one client address; 0: no limit", 0, 1000000},
    {0},
};

/* Nobody knows its password: it is thrown away. */
static bool make_dummy(struct member *member)
{
    unsigned char random[16];
    char password[33];
    randombytes_buf(random, sizeof random);
    tk_hex(password, random, sizeof random);
    return password_hash(password, member->dummy_hash);
}

/* Lives until the process ends: a worker that is late may still sign while the service stops. */
static struct member the_member;

static int fail(const char *why)
{
    tk_log(TK_ERROR, "cannot-start", TK_S("why", why));
    return -1;
}

static int start(struct tk_app *app)
{
    char why[512];
    if (!member_conf.key_dir || !member_conf.kid)
        return fail("jwt-key-dir and jwt-kid are not set; they name the key that signs");
    the_member.signer = signer_new(member_conf.key_dir, member_conf.kid, why, sizeof why);
    if (!the_member.signer)
        return fail(why);
    if (!make_dummy(&the_member) || valid_mail_init() != 0)
        return fail("out of memory or thread keys");
    counters_register();
    tk_app_dependency(app, "rabbitmq", valid_mail_up);
    app->state = &the_member;
    return 0;
}

int main(int argc, char **argv)
{
    const struct tk_service service = {
        .name = "member",
        .uses = TK_USE_HTTP | TK_USE_DB | TK_USE_REDIS | TK_USE_MQ | TK_USE_AUTH,
        .listen = "127.0.0.1:8081",
        .routes = member_routes,
        .route_count = member_route_count,
        .conf = conf,
        .migrations = server_member_sql,
        .scripts = server_member_lua,
        .commands = member_commands,
        .start = start,
    };
    if (sodium_init() < 0) {
        fputs("ticketaka-member: no random numbers from the system; is /dev/urandom there?\n",
              stderr);
        return 1;
    }
    int status = tk_app_main(&service, argc, argv);
    signer_free(the_member.signer);
    return status;
}
