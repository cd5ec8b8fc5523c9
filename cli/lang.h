/*
 * The language that people are spoken to in: English in the source, Korean from shared/po/ko.po.
 * Data (titles, seats, names) is never translated, nor are codes, fields and options.
 */
#ifndef TK_CLI_LANG_H
#define TK_CLI_LANG_H

#include <libintl.h>
#include <stdbool.h>

#define _(text)  gettext(text)
#define N_(text) text

/*
 * Chooses the language: `wanted` ("ko", "en"; NULL: LC_ALL, LC_MESSAGES, LANG), and the folder of
 * the translations: ../share/locale beside the program. Works where the locale itself is not
 * installed. false: `wanted` is neither.
 */
bool lang_init(const char *wanted);
/* The environment says UTF-8: more than ASCII may be drawn. */
bool lang_utf8(void);

#endif
