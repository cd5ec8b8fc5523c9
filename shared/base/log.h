/*
 * One JSON object a line on stderr: {"ts":…,"level":…,"service":…,"event":…,"request":…, fields…}.
 * Programs log, libraries return. Never pass a token, a code, a password or personal data.
 * Thread-safe; a line is one write(2). Text is escaped, invalid UTF-8 replaced, values cut at 1,000 bytes.
 *
 *     tk_log(TK_INFO, "listening", TK_S("address", addr), TK_I("port", port));
 */
#ifndef TK_BASE_LOG_H
#define TK_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum tk_level { TK_DEBUG, TK_INFO, TK_WARN, TK_ERROR };

struct tk_field {
    const char *name;
    enum { TK_FIELD_NONE, TK_FIELD_STR, TK_FIELD_INT } type;
    const char *str;
    int64_t num;
};

#define TK_S(n, v) ((struct tk_field){.name = (n), .type = TK_FIELD_STR, .str = (v)})
#define TK_I(n, v) ((struct tk_field){.name = (n), .type = TK_FIELD_INT, .num = (int64_t)(v)})

/* `service` is kept, not copied. Lines below `least` are dropped. */
void tk_log_init(const char *service, enum tk_level least);
bool tk_level_parse(const char *text, enum tk_level *out); /* debug info warn error */
/* Sets what this thread's lines carry as "request" and "trace" until called again; NULL ends it. Kept, not copied. */
void tk_log_request(const char *request_id, const char *trace_id);
void tk_log_write(enum tk_level level, const char *event, const struct tk_field *fields);

#define tk_log(level, event, ...)                                                                  \
    tk_log_write(level, event, (const struct tk_field[]){{.name = ""}, ##__VA_ARGS__, {0}})

#endif
