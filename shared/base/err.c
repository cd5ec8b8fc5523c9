#include "shared/base/err.h"

#include <string.h>

static const struct {
    const char *name;
    int http;
    const char *text;
    int exit;
    const char *hint;
} rows[TK_ERR_COUNT] = {
#define X(name, http, description, exit, hint) {#name, http, description, exit, hint},
    TK_ERRORS(X)
#undef X
};

static size_t row(enum tk_err err)
{
    return (unsigned)err < TK_ERR_COUNT ? (size_t)err : (size_t)TK_INTERNAL;
}

const char *tk_err_name(enum tk_err err)
{
    return rows[row(err)].name;
}

int tk_err_http(enum tk_err err)
{
    return rows[row(err)].http;
}

const char *tk_err_text(enum tk_err err)
{
    return rows[row(err)].text;
}

int tk_err_exit(enum tk_err err)
{
    return rows[row(err)].exit;
}

const char *tk_err_hint(enum tk_err err)
{
    return rows[row(err)].hint;
}

bool tk_err_from_name(const char *name, enum tk_err *out)
{
    for (size_t i = 0; name && i < TK_ERR_COUNT; i++)
        if (strcmp(rows[i].name, name) == 0) {
            *out = (enum tk_err)i;
            return true;
        }
    return false;
}
