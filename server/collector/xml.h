/*
 * One XML answer of KOPIS or of the holiday service, read with nothing switched on: no network, no
 * entities, no DTD, no huge documents. A document that declares a type is refused: none of these
 * services sends one, and it is the way in of entity bombs and external files.
 */
#ifndef TK_COLLECTOR_XML_H
#define TK_COLLECTOR_XML_H

#include <libxml/tree.h>
#include <stdbool.h>

#include "shared/base/arena.h"

#define XML_FILE_MAX (8 << 20) /* bytes */

/* What one element of a document is about; the order is the order in which kinds are loaded. */
enum kind { KIND_NONE, KIND_HOLIDAY, KIND_FACILITY, KIND_PERFORMANCE, KIND_RANK, KIND_COUNT };

struct document {
    xmlDoc *xml;    /* NULL: an empty body, which means no rows */
    xmlNode *first; /* its rows: this element and its siblings of the same name */
};

/*
 * Reads a file. false: *why (in the arena) says what is wrong with it; an error envelope of the
 * service is such a thing too. The document must be released.
 */
bool document_read(const char *path, struct tk_arena *arena, struct document *out,
                   const char **why);
void document_release(struct document *doc);

/* The row after `row`, NULL at the end. */
xmlNode *row_next(const xmlNode *row);
/* KIND_NONE: a row of a list, whose detail is another document, or nothing that we know. */
enum kind row_kind(const xmlNode *row);
/* First child of that name; NULL. */
xmlNode *row_child(const xmlNode *row, const char *name);
/* Its text without blanks at the ends, in the arena; NULL when absent or blank. */
const char *row_text(const xmlNode *row, const char *name, struct tk_arena *arena);
/* Its text exactly as it stands; "" when absent. */
const char *row_raw(const xmlNode *row, const char *name, struct tk_arena *arena);
const char *node_text(const xmlNode *node, struct tk_arena *arena);

#endif
