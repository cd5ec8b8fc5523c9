/*
 * What goes to standard output: a table for people, tab-separated lines for pipes, JSON, or ids. It
 * is collected and written at the end, so that a failure leaves standard output empty. Everything
 * is made safe for a terminal here: no other file prints what came from the server.
 */
#ifndef TK_CLI_OUTPUT_H
#define TK_CLI_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>

#include "shared/base/str.h"

enum out_mode {
    OUT_TABLE, /* header, aligned; "-" for nothing; 80,000; 2026-12-24 19:30 */
    OUT_TSV,   /* no header; \t \n \r \\ escaped; 80000; ISO 8601 */
    OUT_JSON,
    OUT_ID, /* the first column */
};

struct out {
    enum out_mode mode;
    bool color; /* as a second cue only */
    bool utf8;  /* more than ASCII may be drawn */
    bool tty;
    int columns; /* width of the terminal; 0: unlimited */
    struct tk_buf text;
};

enum cell {
    CELL_TEXT,
    CELL_WIDE, /* text that may be cut to fit the terminal */
    CELL_INT,
    CELL_MONEY, /* won */
    CELL_TIME,  /* "2026-12-24T19:30:00+09:00" */
    CELL_LONG,  /* a paragraph: only in JSON and in a record */
    CELL_JSON,  /* only in JSON */
};

struct column {
    const char *field; /* snake_case; names the JSON member; NULL ends a table */
    const char *title; /* msgid */
    enum cell kind;
    const char *wire; /* member of the server's object (out_reshape); NULL: set by the command */
};

/* Our object from the server's: every field, null where the server has none. New reference; NULL:
 * memory. */
json_t *out_reshape(const struct column *columns, json_t *wire);

/* A list of our objects, or one, in the chosen mode. `list` and `object` are borrowed. */
void out_list(struct out *out, const struct column *columns, json_t *list);
void out_one(struct out *out, const struct column *columns, json_t *object);
/* `document` when the mode is JSON (true), else nothing happens (false). */
bool out_document(struct out *out, json_t *document);
/* Text of our own, or made safe. */
void out_line(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* JSON text in which every character that a terminal would act on is escaped. */
void out_json_text(struct tk_buf *to, json_t *value, size_t flags);
/* One TSV field. */
void out_tsv_field(struct tk_buf *to, const char *text);
/* "1234567" as "1,234,567". */
void out_money(struct tk_buf *to, long long won);

/* Writes what was collected. 0, or errno. A reader that has gone (EPIPE) ends the process silently
 * by SIGPIPE. */
int out_flush(struct out *out);

#endif
