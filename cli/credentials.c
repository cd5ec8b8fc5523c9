#include "cli/credentials.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/files.h"
#include "cli/lang.h"
#include "shared/base/str.h"

#define STORE "credentials.json"

static void read_text(json_t *object, const char *name, char *to, size_t size)
{
    const char *text = json_string_value(json_object_get(object, name));

    if (!text || !tk_copy(to, size, text))
        *to = '\0';
}

void credentials_read_token(struct credentials *credentials)
{
    const char *start = strchr(credentials->access, '.');
    const char *end = start ? strchr(start + 1, '.') : NULL;
    char payload[3200];
    size_t size = 0;
    json_t *claims;

    credentials->member[0] = '\0';
    credentials->expires_at = 0;
    if (!end || sodium_base642bin((unsigned char *)payload, sizeof payload, start + 1,
                                  (size_t)(end - start - 1), NULL, &size, NULL,
                                  sodium_base64_VARIANT_URLSAFE_NO_PADDING))
        return;
    claims = json_loadb(payload, size, 0, NULL);
    read_text(claims, "sub", credentials->member, sizeof credentials->member);
    credentials->expires_at = json_integer_value(json_object_get(claims, "exp"));
    json_decref(claims);
}

static int refuse(char *why, size_t size, const char *path)
{
    if (errno == EPERM)
        snprintf(why, size, _("'%s' may be read by others; run 'chmod 600 %s'"), path, path);
    else if (errno == EINVAL)
        snprintf(why, size, _("'%s' holds no token; write one line into it"), path);
    else
        snprintf(why, size, _("'%s' cannot be read: %s"), path, strerror(errno));
    return -1;
}

static int from_file(const char *path, bool strict, enum token_source source,
                     struct credentials *out, char *why, size_t size)
{
    char *token = read_secret(path, strict);
    bool fits;

    snprintf(out->where, sizeof out->where, "%s", path);
    if (!token)
        return refuse(why, size, path);
    fits = tk_copy(out->access, sizeof out->access, token);
    free(token);
    if (!fits) {
        errno = EINVAL;
        return refuse(why, size, path);
    }
    out->source = source;
    credentials_read_token(out);
    return 0;
}

/* The whole stored document, {} when there is none yet; NULL and errno. */
static json_t *load_store(const char *path)
{
    char *text = read_secret(path, true);
    json_t *store;

    if (!text)
        return errno == ENOENT ? json_object() : NULL;
    store = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    if (json_is_object(store))
        return store;
    json_decref(store);
    errno = EILSEQ;
    return NULL;
}

static int from_store(const char *server, struct credentials *out, char *why, size_t size)
{
    char path[PATH_SIZE];
    json_t *store, *entry;

    if (!state_path(path, STORE))
        return 0;
    snprintf(out->where, sizeof out->where, "%s", path);
    store = load_store(path);
    if (!store && (errno == EILSEQ || errno == EINVAL)) {
        snprintf(why, size, _("'%s' is damaged; remove it and log in again"), path);
        return -1;
    }
    if (!store)
        return refuse(why, size, path);
    entry = json_object_get(json_object_get(store, "servers"), server);
    read_text(entry, "access_token", out->access, sizeof out->access);
    read_text(entry, "refresh_token", out->refresh, sizeof out->refresh);
    read_text(entry, "email", out->email, sizeof out->email);
    json_decref(store);
    if (out->access[0]) {
        out->source = TOKEN_STORED;
        credentials_read_token(out);
    }
    return 0;
}

int credentials_load(const char *server, const char *token_file, struct credentials *out, char *why,
                     size_t size)
{
    const char *token = getenv("TICKETAKA_TOKEN"), *folder = getenv("CREDENTIALS_DIRECTORY");
    char path[PATH_SIZE];

    *out = (struct credentials){0};
    if (token_file)
        return from_file(token_file, false, TOKEN_OPTION, out, why, size);
    if (token && *token) {
        snprintf(out->where, sizeof out->where, "$TICKETAKA_TOKEN");
        if (!tk_copy(out->access, sizeof out->access, token)) {
            snprintf(why, size, "%s", _("'$TICKETAKA_TOKEN' is too long to be a token"));
            return -1;
        }
        out->source = TOKEN_ENVIRONMENT;
        credentials_read_token(out);
        return 0;
    }
    if (folder && *folder &&
        snprintf(path, sizeof path, "%s/ticketaka.token", folder) < (int)sizeof path) {
        if (from_file(path, false, TOKEN_DIRECTORY, out, why, size) == 0)
            return 0;
        if (errno != ENOENT)
            return -1;
    }
    return from_store(server, out, why, size);
}

int credentials_lock(int64_t timeout_ms)
{
    char path[PATH_SIZE];

    if (!state_path(path, "credentials.lock")) {
        errno = ENOENT;
        return -1;
    }
    return lock_file(path, timeout_ms);
}

static json_t *entry_of(const struct credentials *credentials)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:I}", "email", credentials->email, "member",
                     credentials->member, "access_token", credentials->access, "refresh_token",
                     credentials->refresh, "expires_at", (json_int_t)credentials->expires_at);
}

int credentials_store(const char *server, const struct credentials *credentials)
{
    char path[PATH_SIZE];
    json_t *store, *servers;
    char *text;
    int failed;

    if (!state_path(path, STORE))
        return ENOENT;
    store = load_store(path);
    if (!store)
        return errno;
    servers = json_object_get(store, "servers");
    if (!json_is_object(servers)) {
        servers = json_object();
        json_object_set_new(store, "servers", servers);
    }
    json_object_set_new(store, "version", json_integer(1));
    failed = 0;
    if (!credentials->access[0])
        json_object_del(servers, server);
    else if (json_object_set_new(servers, server, entry_of(credentials)))
        failed = ENOMEM;
    text = failed ? NULL : json_dumps(store, JSON_INDENT(2));
    failed = text ? write_atomically(path, text) : ENOMEM;
    if (text)
        sodium_memzero(text, strlen(text));
    free(text);
    json_decref(store);
    return failed;
}
