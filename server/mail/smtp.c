#include "server/mail/smtp.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shared/base/str.h"

struct smtp {
    const struct smtp_conf *conf;
    CURL *curl;
    char address[200]; /* of the envelope, from conf->from */
    char domain[160];  /* of Message-ID */
    char error[120];
    bool fresh; /* the next send must not reuse a connection */
    bool
        stale; /* the last send met a kept connection that the server had closed: nothing was said */
};

/* A value that ends up in an SMTP command or a header must not be able to start another one. */
static bool harmless(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

static bool split_from(struct smtp *smtp, const char *from)
{
    const char *open = strrchr(from, '<'), *at;
    size_t length;

    from = open ? open + 1 : from;
    length = strcspn(from, ">");
    if (!harmless(from) || length >= sizeof smtp->address)
        return false;
    memcpy(smtp->address, from, length);
    at = strchr(smtp->address, '@');
    return at && at[1] && tk_copy(smtp->domain, sizeof smtp->domain, at + 1);
}

struct smtp *smtp_new(const struct smtp_conf *conf)
{
    struct smtp *smtp = calloc(1, sizeof *smtp);

    if (!smtp)
        return NULL;
    smtp->conf = conf;
    smtp->curl = curl_easy_init();
    if (!smtp->curl || !split_from(smtp, conf->from)) {
        smtp_free(smtp);
        return NULL;
    }
    return smtp;
}

void smtp_free(struct smtp *smtp)
{
    if (!smtp)
        return;
    curl_easy_cleanup(smtp->curl);
    free(smtp);
}

const char *smtp_error(const struct smtp *smtp)
{
    return smtp->error;
}

static void add_header(struct curl_slist **list, bool *failed, const char *name, const char *text)
{
    struct tk_buf line = {0};
    struct curl_slist *more = NULL;

    tk_buf_printf(&line, "%s: %s", name, text);
    if (!line.failed)
        more = curl_slist_append(*list, line.data);
    tk_buf_release(&line);
    if (more)
        *list = more;
    else
        *failed = true;
}

static struct curl_slist *headers(const struct smtp *smtp, const struct letter *letter,
                                  const char *message_id)
{
    struct tk_arena *arena = tk_arena_new(8192);
    struct curl_slist *list = NULL;
    const char *subject = arena ? letter_encode_header(arena, letter->subject) : NULL;
    char date[64], id[320];
    time_t now = time(NULL) + 9 * 3600;
    bool failed = !subject;
    struct tm tm;

    gmtime_r(&now, &tm);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0900", &tm);
    snprintf(id, sizeof id, "<%s@%s>", message_id, smtp->domain);
    add_header(&list, &failed, "Date", date);
    add_header(&list, &failed, "From", smtp->conf->from);
    add_header(&list, &failed, "To", letter->to);
    add_header(&list, &failed, "Message-ID", id);
    add_header(&list, &failed, "Auto-Submitted", "auto-generated");
    if (!failed)
        add_header(&list, &failed, "Subject", subject);
    tk_arena_free(arena);
    if (!failed)
        return list;
    curl_slist_free_all(list);
    return NULL;
}

/* Base64 for every part: no line of ours can be too long, hold a bare LF or start with a dot. */
static bool add_part(curl_mime *mime, const char *data, size_t size, const char *type)
{
    curl_mimepart *part = curl_mime_addpart(mime);

    return part && curl_mime_data(part, data, size) == CURLE_OK &&
           curl_mime_type(part, type) == CURLE_OK && curl_mime_encoder(part, "base64") == CURLE_OK;
}

static bool add_image(curl_mime *mime, const struct letter_image *image)
{
    curl_mimepart *part = curl_mime_addpart(mime);
    struct curl_slist *list = NULL, *more;
    char line[64];

    snprintf(line, sizeof line, "Content-ID: <%s>", image->cid);
    list = curl_slist_append(NULL, line);
    snprintf(line, sizeof line, "Content-Disposition: inline; filename=\"%s.png\"", image->cid);
    more = list ? curl_slist_append(list, line) : NULL;
    if (!more) {
        curl_slist_free_all(list);
        return false;
    }
    if (!part || curl_mime_headers(part, more, 1) != CURLE_OK) {
        curl_slist_free_all(more);
        return false;
    }
    return curl_mime_data(part, image->png, image->size) == CURLE_OK &&
           curl_mime_type(part, "image/png") == CURLE_OK &&
           curl_mime_encoder(part, "base64") == CURLE_OK;
}

static bool add_multipart(curl_mime *into, curl_mime *parts, const char *type)
{
    curl_mimepart *part = curl_mime_addpart(into);

    if (part && curl_mime_subparts(part, parts) == CURLE_OK)
        return curl_mime_type(part, type) == CURLE_OK;
    curl_mime_free(parts);
    return false;
}

/* related(alternative(text, html), picture …); without pictures, the alternative alone inside of
 * mixed. */
static curl_mime *build_mime(CURL *curl, const struct letter *letter)
{
    curl_mime *outer = curl_mime_init(curl), *related = NULL, *both = NULL;
    bool ok = outer != NULL;

    related = ok ? curl_mime_init(curl) : NULL;
    both = related ? curl_mime_init(curl) : NULL;
    ok = both && add_part(both, letter->text, strlen(letter->text), "text/plain; charset=utf-8") &&
         add_part(both, letter->html, strlen(letter->html), "text/html; charset=utf-8");
    if (!ok)
        curl_mime_free(both);
    else
        ok = add_multipart(related, both, "multipart/alternative");
    for (size_t i = 0; ok && i < letter->image_count; i++)
        ok = add_image(related, &letter->images[i]);
    if (!ok)
        curl_mime_free(related);
    else
        ok = add_multipart(outer, related, "multipart/related");
    if (ok)
        return outer;
    curl_mime_free(outer);
    return NULL;
}

static bool set_login(struct smtp *smtp)
{
    char *password, *line;
    bool ok;

    if (!smtp->conf->user)
        return true;
    password = tk_read_file(smtp->conf->password_file, 1024, NULL);
    if (!password)
        return false;
    line = tk_trim(password);
    ok = curl_easy_setopt(smtp->curl, CURLOPT_USERNAME, smtp->conf->user) == CURLE_OK &&
         curl_easy_setopt(smtp->curl, CURLOPT_PASSWORD, line) == CURLE_OK;
    explicit_bzero(password, strlen(line));
    free(password);
    return ok;
}

static void set_transport(struct smtp *smtp)
{
    CURL *curl = smtp->curl;

    curl_easy_reset(curl); /* keeps the connection */
    curl_easy_setopt(curl, CURLOPT_URL, smtp->conf->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)smtp->conf->connect_ms);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)smtp->conf->total_ms);
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, smtp->fresh ? 1L : 0L);
    curl_easy_setopt(
        curl, CURLOPT_USE_SSL,
        (long)(smtp->conf->starttls || smtp->conf->user ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, smtp->address);
}

static enum smtp_result judge(struct smtp *smtp, CURLcode code)
{
    long status = 0, connects = 0;

    curl_easy_getinfo(smtp->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(smtp->curl, CURLINFO_NUM_CONNECTS, &connects);
    smtp->fresh = code != CURLE_OK;
    smtp->stale = code != CURLE_OK && !status && !connects;
    if (code == CURLE_OK && status >= 200 && status < 300)
        return SMTP_SENT;
    snprintf(smtp->error, sizeof smtp->error, "%ld %s", status, curl_easy_strerror(code));
    if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
        (code == CURLE_OPERATION_TIMEDOUT && status == 0))
        return SMTP_DOWN;
    if (code == CURLE_LOGIN_DENIED || code == CURLE_USE_SSL_FAILED ||
        code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR)
        return SMTP_DOWN; /* our set-up is at fault: keep the mail */
    return status >= 500 && status < 600 ? SMTP_NEVER : SMTP_LATER;
}

static enum smtp_result send_once(struct smtp *smtp, const struct letter *letter,
                                  const char *message_id)
{
    struct curl_slist *to = NULL, *list = NULL;
    curl_mime *mime = NULL;
    enum smtp_result result = SMTP_LATER;

    smtp->stale = false;
    set_transport(smtp);
    to = curl_slist_append(NULL, letter->to);
    list = headers(smtp, letter, message_id);
    mime = build_mime(smtp->curl, letter);
    if (to && list && mime && set_login(smtp)) {
        curl_easy_setopt(smtp->curl, CURLOPT_MAIL_RCPT, to);
        curl_easy_setopt(smtp->curl, CURLOPT_HTTPHEADER, list);
        curl_easy_setopt(smtp->curl, CURLOPT_MIMEPOST, mime);
        result = judge(smtp, curl_easy_perform(smtp->curl));
    } else {
        snprintf(smtp->error, sizeof smtp->error, "memory is short or the password is unreadable");
    }
    curl_mime_free(mime);
    curl_slist_free_all(list);
    curl_slist_free_all(to);
    return result;
}

enum smtp_result smtp_send(struct smtp *smtp, const struct letter *letter, const char *message_id)
{
    enum smtp_result result;

    if (!harmless(letter->to) || !harmless(letter->subject) || strpbrk(letter->to, "<> ,")) {
        snprintf(smtp->error, sizeof smtp->error, "address or subject holds a control character");
        return SMTP_NEVER;
    }
    result = send_once(smtp, letter, message_id);
    if (smtp->stale)
        result = send_once(smtp, letter, message_id);
    return result;
}

bool smtp_reachable(const struct smtp_conf *conf)
{
    CURL *curl = curl_easy_init();
    bool ok = false;

    if (!curl)
        return false;
    curl_easy_setopt(curl, CURLOPT_URL, conf->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 1000L);
    ok = curl_easy_perform(curl) == CURLE_OK;
    curl_easy_cleanup(curl);
    return ok;
}
