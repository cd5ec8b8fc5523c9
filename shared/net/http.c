#include "shared/net/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "shared/base/str.h"

#define BODY_MAX    ((size_t)4 * 1024 * 1024)
#define HEADERS_MAX 16

struct header {
    char *name, *value;
};

struct tk_http {
    CURL *curl;
    char *base;
    struct header headers[HEADERS_MAX];
    size_t header_count;
    /* The call under way. */
    struct tk_answer *answer;
    struct tk_buf body;
    bool repeatable; /* GET, HEAD: curl may send it a second time */
    bool too_large;
    bool headers_done; /* curl takes a connection that ends within the headers for an answer */
    size_t bytes_out;
    char error[CURL_ERROR_SIZE];
};

static void global_init(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool is_text(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

static bool is_token(const char *text)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

    return *text && text[strspn(text, set)] == '\0';
}

/* ---- what curl calls --------------------------------------------------------- */
static size_t on_body(char *data, size_t one, size_t size, void *arg)
{
    struct tk_http *http = arg;

    (void)one;
    http->too_large = size > BODY_MAX - http->body.len;
    if (http->too_large)
        return 0;
    tk_buf_add(&http->body, data, size);
    return http->body.failed ? 0 : size;
}

static bool is_header(const char *line, const char *name, const char **value)
{
    size_t len = strlen(name);

    if (strncasecmp(line, name, len) != 0 || line[len] != ':')
        return false;
    *value = line + len + 1;
    return true;
}

static size_t on_header(char *data, size_t one, size_t size, void *arg)
{
    struct tk_http *http = arg;
    struct tk_answer *answer = http->answer;
    char *copy = strndup(data, size), *line;
    const char *value;
    int64_t seconds = 0;

    (void)one;
    if (!copy)
        return 0;
    line = tk_trim(copy);
    http->headers_done = *line == '\0';
    if (strncmp(line, "HTTP/", 5) == 0) { /* after "100 Continue" there comes another */
        answer->authorization[0] = answer->request_id[0] = '\0';
        answer->retry_after_s = 0;
    } else if (!is_text(line)) {
        /* what a terminal or a header of ours would choke on is not taken over */
    } else if (is_header(line, "Authorization", &value)) {
        tk_copy(answer->authorization, sizeof answer->authorization, value + strspn(value, " "));
    } else if (is_header(line, "X-Request-Id", &value)) {
        tk_copy(answer->request_id, sizeof answer->request_id, value + strspn(value, " "));
    } else if (is_header(line, "Retry-After", &value)) {
        tk_parse_i64(value + strspn(value, " "), 0, 86400, &seconds);
        answer->retry_after_s = (int)seconds;
    }
    free(copy);
    return size;
}

/* The only place where curl tells how many bytes of a request have left, over all of its own
 * attempts. */
static int on_debug(CURL *curl, curl_infotype type, char *data, size_t size, void *arg)
{
    struct tk_http *http = arg;

    (void)curl;
    (void)data;
    if (type == CURLINFO_HEADER_OUT || type == CURLINFO_DATA_OUT)
        http->bytes_out += size;
    return 0;
}

/*
 * When a kept connection dies under a request, curl silently sends the request again on a new one.
 * The first may have been carried out: a write is not repeated behind the caller's back.
 */
static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *addr)
{
    struct tk_http *http = arg;

    (void)purpose;
    if (http->bytes_out > 0 && !http->repeatable)
        return CURL_SOCKET_BAD;
    return socket(addr->family, addr->socktype | SOCK_CLOEXEC, addr->protocol);
}

/* ---- a client ---------------------------------------------------------------- */
static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
           strcmp(host, "[::1]") == 0;
}

static bool has_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;

    curl_free(text);
    return has;
}

/* http or https, a host, perhaps a port and a path; nothing else. */
static bool check_base(const char *base, bool *loopback)
{
    CURLU *url = curl_url();
    char *scheme = NULL, *host = NULL;
    bool ok = url && is_text(base) && curl_url_set(url, CURLUPART_URL, base, 0) == CURLUE_OK &&
              curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
              (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
              !has_part(url, CURLUPART_USER) && !has_part(url, CURLUPART_PASSWORD) &&
              !has_part(url, CURLUPART_QUERY) && !has_part(url, CURLUPART_FRAGMENT);

    *loopback = ok && is_loopback(host);
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(url);
    return ok;
}

static void set_options(struct tk_http *http, bool loopback)
{
    CURL *curl = http->curl;

    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->error);
    curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "ticketaka/" TK_VERSION);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, http);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, http);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, http);
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, http);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L); /* to on_debug, nothing is printed */
    if (loopback)
        curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
}

struct tk_http *tk_http_new(const char *base)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct tk_http *http;
    bool loopback;
    size_t len;

    pthread_once(&once, global_init);
    if (!check_base(base, &loopback))
        return NULL;
    http = calloc(1, sizeof *http);
    if (!http)
        return NULL;
    http->curl = curl_easy_init();
    http->base = strdup(base);
    if (!http->curl || !http->base) {
        tk_http_free(http);
        return NULL;
    }
    for (len = strlen(base); len && http->base[len - 1] == '/'; len--)
        http->base[len - 1] = '\0';
    set_options(http, loopback);
    return http;
}

void tk_http_free(struct tk_http *http)
{
    if (!http)
        return;
    for (size_t i = 0; i < http->header_count; i++) {
        free(http->headers[i].name);
        free(http->headers[i].value);
    }
    curl_easy_cleanup(http->curl);
    tk_buf_release(&http->body);
    free(http->base);
    free(http);
}

static void remove_header(struct tk_http *http, const char *name)
{
    for (size_t i = 0; i < http->header_count; i++) {
        if (strcasecmp(http->headers[i].name, name) != 0)
            continue;
        free(http->headers[i].name);
        free(http->headers[i].value);
        http->headers[i] = http->headers[--http->header_count];
        return;
    }
}

bool tk_http_header(struct tk_http *http, const char *name, const char *value)
{
    struct header header;

    if (!is_token(name) || (value && !is_text(value)))
        return false;
    remove_header(http, name);
    if (!value)
        return true;
    header = (struct header){strdup(name), strdup(value)};
    if (!header.name || !header.value || http->header_count == HEADERS_MAX) {
        free(header.name);
        free(header.value);
        return false;
    }
    http->headers[http->header_count++] = header;
    return true;
}

/* ---- a call ------------------------------------------------------------------ */
static bool add_line(struct curl_slist **list, const char *name, const char *value)
{
    struct tk_buf line = {0};
    struct curl_slist *longer;

    /* curl drops "name:" as a wish to remove it; "name;" sends it empty */
    tk_buf_printf(&line, *value ? "%s: %s" : "%s;", name, value);
    longer = line.failed ? NULL : curl_slist_append(*list, line.data);
    tk_buf_release(&line);
    if (longer)
        *list = longer;
    return longer != NULL;
}

static struct curl_slist *all_headers(const struct tk_http *http, bool has_body)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* never wait for a 100 */
    bool ok = list && add_line(&list, "Accept", "application/json");

    if (ok && has_body)
        ok = add_line(&list, "Content-Type", "application/json");
    for (size_t i = 0; ok && i < http->header_count; i++)
        ok = add_line(&list, http->headers[i].name, http->headers[i].value);
    if (ok)
        return list;
    curl_slist_free_all(list);
    return NULL;
}

static enum tk_err err_of_status(int status, bool repeatable)
{
    static const struct {
        int status;
        enum tk_err err;
    } rows[] = {
        {400, TK_MALFORMED},   {401, TK_UNAUTHORIZED},       {403, TK_FORBIDDEN},
        {404, TK_NOT_FOUND},   {405, TK_METHOD_NOT_ALLOWED}, {408, TK_UNAVAILABLE},
        {413, TK_TOO_LARGE},   {422, TK_INVALID_VALUE},      {429, TK_TOO_MANY_REQUESTS},
        {503, TK_UNAVAILABLE},
    };

    if (status >= 200 && status < 300)
        return TK_OK;
    /* A gateway that lost the server behind it does not know what became of the request. */
    if (status == 502 || status == 504)
        return repeatable ? TK_UNAVAILABLE : TK_OUTCOME_UNKNOWN;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].status == status)
            return rows[i].err;
    return status >= 400 && status < 500 ? TK_MALFORMED : TK_INTERNAL;
}

static bool is_json(CURL *curl)
{
    const char *type = NULL;

    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    return type && strncasecmp(type, "application/json", 16) == 0;
}

static void read_answer(struct tk_http *http, struct tk_answer *answer)
{
    const char *name, *detail;
    long status = 0;

    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
    answer->sent = TK_HTTP_ANSWERED;
    answer->status = (int)status;
    answer->err = err_of_status(answer->status, http->repeatable);
    if (http->body.len)
        answer->envelope = json_loadb(http->body.data, http->body.len, JSON_REJECT_DUPLICATES,
                                      NULL);
    answer->data = json_object_get(answer->envelope, "data");
    name = json_string_value(json_object_get(answer->envelope, "error"));
    if (name)
        tk_err_from_name(name, &answer->err);
    /* Success that cannot be read, perhaps because it was cut, is not known to be one. */
    if (answer->err == TK_OK && http->body.len && !answer->envelope && is_json(http->curl))
        answer->err = http->repeatable ? TK_INTERNAL : TK_OUTCOME_UNKNOWN;
    detail = json_string_value(json_object_get(answer->envelope, "detail"));
    if (detail)
        answer->detail = detail;
}

static void not_sent(struct tk_answer *answer, const char *why)
{
    answer->sent = TK_HTTP_NOT_SENT;
    snprintf(answer->why, sizeof answer->why, "%.159s", why);
}

static void no_answer(struct tk_http *http, CURLcode code, struct tk_answer *answer)
{
    const char *why = *http->error ? http->error : curl_easy_strerror(code);

    if (code == CURLE_OK)
        why = "the connection ended within the headers";

    answer->sent = http->bytes_out ? TK_HTTP_UNCERTAIN : TK_HTTP_NOT_SENT;
    answer->err = answer->sent == TK_HTTP_NOT_SENT || http->repeatable ? TK_UNAVAILABLE
                                                                       : TK_OUTCOME_UNKNOWN;
    if (http->too_large)
        why = "the answer is larger than 4 MiB";
    else if (http->bytes_out && code == CURLE_COULDNT_CONNECT)
        why = "the connection was lost before the answer came";
    snprintf(answer->why, sizeof answer->why, "%.159s", why);
    answer->authorization[0] = answer->request_id[0] = '\0';
    answer->retry_after_s = 0;
}

static void perform(struct tk_http *http, const char *method, const char *url, const char *text,
                    struct curl_slist *headers, int64_t timeout_ms)
{
    CURL *curl = http->curl;
    CURLcode code;
    bool head = strcmp(method, "HEAD") == 0;

    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
    if (text) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(text));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text);
    } else if (strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
    } else {
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    }
    curl_easy_setopt(curl, CURLOPT_NOBODY, head ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, head ? NULL : method);
    code = curl_easy_perform(curl);
    if (code == CURLE_OK && http->headers_done)
        read_answer(http, http->answer);
    else
        no_answer(http, code, http->answer);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, NULL);
}

static bool is_path(const char *path)
{
    return *path == '/' && is_text(path) && !strpbrk(path, " #");
}

void tk_http_call(struct tk_http *http, const char *method, const char *path, json_t *body,
                  int64_t timeout_ms, struct tk_answer *answer)
{
    struct tk_buf url = {0};
    struct curl_slist *headers;
    char *text = NULL;

    *answer = (struct tk_answer){.detail = "", .err = TK_UNAVAILABLE};
    if (!is_token(method) || !is_path(path) || timeout_ms <= 0) {
        not_sent(answer, timeout_ms <= 0 ? "no time is left" : "the address is not one to call");
        return;
    }
    http->answer = answer;
    http->body.len = http->bytes_out = 0;
    http->body.failed = http->too_large = http->headers_done = false;
    http->error[0] = '\0';
    http->repeatable = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    if (body)
        text = json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);
    tk_buf_printf(&url, "%s%s", http->base, path);
    headers = all_headers(http, body != NULL);
    if ((body && !text) || url.failed || !headers)
        not_sent(answer, "out of memory");
    else
        perform(http, method, url.data, text, headers, timeout_ms);
    http->answer = NULL;
    curl_slist_free_all(headers);
    tk_buf_release(&url);
    free(text);
}

void tk_answer_release(struct tk_answer *answer)
{
    json_decref(answer->envelope);
    answer->envelope = answer->data = NULL;
    answer->detail = "";
}

void tk_url_escape(struct tk_buf *buf, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";

    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if ((*c >= '0' && *c <= '9') || ((*c | 32) >= 'a' && (*c | 32) <= 'z') ||
            strchr("-._~", *c)) {
            tk_buf_putc(buf, (char)*c);
            continue;
        }
        tk_buf_putc(buf, '%');
        tk_buf_putc(buf, hex[*c >> 4]);
        tk_buf_putc(buf, hex[*c & 15]);
    }
}
