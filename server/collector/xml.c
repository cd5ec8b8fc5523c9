#include "server/collector/xml.h"

#include <errno.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#include "shared/base/str.h"
#include "shared/model/refusal.h"

/* NOENT, DTDLOAD, DTDATTR, XINCLUDE and HUGE are left out on purpose. */
#define OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA)

static bool is_named(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

xmlNode *row_child(const xmlNode *row, const char *name)
{
    for (xmlNode *child = row->children; child; child = child->next)
        if (is_named(child, name))
            return child;
    return NULL;
}

xmlNode *row_next(const xmlNode *row)
{
    for (xmlNode *node = row->next; node; node = node->next)
        if (is_named(node, (const char *)row->name))
            return node;
    return NULL;
}

/* Text of the leaf's own text nodes; what nests in it is not ours. */
static char *raw_text(const xmlNode *node, struct tk_arena *arena)
{
    struct tk_buf text = {0};
    char *copy;

    tk_buf_puts(&text, "");
    for (const xmlNode *child = node ? node->children : NULL; child; child = child->next)
        if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE)
            tk_buf_puts(&text, (const char *)child->content);
    copy = text.failed ? NULL : tk_strndup(arena, text.data, text.len);
    tk_buf_release(&text);
    return copy;
}

const char *node_text(const xmlNode *node, struct tk_arena *arena)
{
    char *text = raw_text(node, arena), *end;

    if (!text)
        return NULL;
    text = (char *)tk_skip_blanks(text);
    end = text;
    for (char *at = text; *at;) {
        char *next = (char *)tk_skip_blanks(at);

        if (next == at)
            end = ++at;
        else
            at = next;
    }
    *end = '\0';
    return *text ? text : NULL;
}

const char *row_text(const xmlNode *row, const char *name, struct tk_arena *arena)
{
    return node_text(row_child(row, name), arena);
}

const char *row_raw(const xmlNode *row, const char *name, struct tk_arena *arena)
{
    const char *text = raw_text(row_child(row, name), arena);

    return text ? text : "";
}

/* ---- documents --------------------------------------------------------------- */
/* Where the rows of each service are: root, and the path of element names below it. */
static const struct {
    const char *root, *path[4];
} shapes[] = {
    {"dbs", {"db"}},
    {"boxofs", {"boxof"}},
    {"response", {"body", "items", "item"}},
};

/* Error envelopes: root, element with the code (NULL code: always an error), the code that is none,
 * the message. */
static const struct {
    const char *root, *in, *code, *good, *message;
} envelopes[] = {
    {"dbs", "db", "returncode", NULL, "errmsg"},
    {"boxofs", "boxof", "returncode", NULL, "errmsg"},
    {"response", "header", "resultCode", "00", "resultMsg"},
    {"OpenAPI_ServiceResponse", "cmmMsgHeader", "returnReasonCode", NULL, "returnAuthMsg"},
};

static const char *service_error(const xmlNode *root, struct tk_arena *arena)
{
    for (size_t i = 0; i < sizeof(envelopes) / sizeof(envelopes[0]); i++) {
        const xmlNode *in;
        const char *code, *message;

        if (!is_named(root, envelopes[i].root))
            continue;
        in = row_child(root, envelopes[i].in);
        code = in ? row_text(in, envelopes[i].code, arena) : NULL;
        if (!code || (envelopes[i].good && strcmp(code, envelopes[i].good) == 0))
            continue;
        message = row_text(in, envelopes[i].message, arena);
        return tk_strf(arena, "the service answered error %.20s: %.200s", code,
                       message ? message : "no message");
    }
    return NULL;
}

static bool find_rows(const xmlNode *root, xmlNode **first)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        const xmlNode *at = root;

        if (!is_named(root, shapes[i].root))
            continue;
        for (size_t k = 0; at && shapes[i].path[k]; k++)
            at = row_child(at, shapes[i].path[k]);
        *first = (xmlNode *)at;
        return true;
    }
    return false;
}

static bool parse(const char *text, size_t size, struct tk_arena *arena, struct document *out,
                  const char **why)
{
    xmlParserCtxt *context = xmlNewParserCtxt();
    const xmlError *error;

    if (!context) {
        *why = "memory is short";
        return false;
    }
    out->xml = xmlCtxtReadMemory(context, text, (int)size, NULL, NULL, OPTIONS);
    error = xmlCtxtGetLastError(context);
    if (!out->xml)
        *why = error && error->message
                   ? tk_strf(arena, "no well-formed XML: line %d: %.*s", error->line,
                             (int)strcspn(error->message, "\n"), error->message)
                   : "no well-formed XML";
    xmlFreeParserCtxt(context);
    return out->xml != NULL;
}

static bool read_rows(struct document *doc, struct tk_arena *arena, const char **why)
{
    const xmlNode *root = xmlDocGetRootElement(doc->xml);

    if (doc->xml->intSubset || doc->xml->extSubset) {
        *why = "it declares a document type; the service never does";
        return false;
    }
    *why = root ? service_error(root, arena) : "it has no root element";
    if (*why)
        return false;
    if (find_rows(root, &doc->first))
        return true;
    *why = tk_strf(arena, "its root element '%.40s' is none of dbs, boxofs, response",
                   (const char *)root->name);
    return false;
}

bool document_read(const char *path, struct tk_arena *arena, struct document *out, const char **why)
{
    struct document doc = {0};
    size_t size;
    char *text = tk_read_file(path, XML_FILE_MAX, &size);
    bool good;

    *why = NULL;
    if (!text) {
        *why = errno == EFBIG ? "it is larger than 8 MiB"
                              : tk_strf(arena, "it cannot be read: %s", strerror(errno));
        return false;
    }
    good = !*tk_skip_blanks(text) && strlen(text) == size;
    if (!good)
        good = parse(text, size, arena, &doc, why) && read_rows(&doc, arena, why);
    free(text);
    if (!good) {
        document_release(&doc);
        if (!*why)
            *why = "memory is short";
        return false;
    }
    *out = doc;
    return true;
}

void document_release(struct document *doc)
{
    if (doc->xml)
        xmlFreeDoc(doc->xml);
    *doc = (struct document){0};
}

/* A row is of the first kind all of whose `has` it holds, unless the row is one of a list (`any`:
 * one must be there). */
static const struct {
    enum kind kind;
    const char *element, *has, *any[4];
} kinds[] = {
    {KIND_PERFORMANCE, "db", "mt20id", {"mt10id", "dtguidance", "pcseguidance"}},
    {KIND_NONE, "db", "mt20id", {0}},
    {KIND_FACILITY, "db", "mt10id", {"adres", "la", "telno"}},
    {KIND_RANK, "boxof", "mt20id", {0}},
    {KIND_HOLIDAY, "item", "locdate", {0}},
};

enum kind row_kind(const xmlNode *row)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        bool found = !kinds[i].any[0];

        if (!is_named(row, kinds[i].element) || !row_child(row, kinds[i].has))
            continue;
        for (size_t k = 0; kinds[i].any[k] && !found; k++)
            found = row_child(row, kinds[i].any[k]) != NULL;
        if (found)
            return kinds[i].kind;
    }
    return KIND_NONE;
}
