#include "cli/lang.h"

#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char *first_set(const char *const *names)
{
    for (; *names; names++) {
        const char *value = getenv(*names);

        if (value && *value)
            return value;
    }
    return "";
}

bool lang_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG", NULL};
    const char *dot = strchr(first_set(names), '.');

    return dot && (strncasecmp(dot, ".utf-8", 6) == 0 || strncasecmp(dot, ".utf8", 5) == 0);
}

static bool speaks_korean(const char *locale)
{
    return strncmp(locale, "ko", 2) == 0 && (!locale[2] || strchr("_.@", locale[2]));
}

/* bin/ticketaka of a build tree or an installation finds share/locale beside bin. */
static void bind_texts(void)
{
    char path[PATH_MAX + 32];
    ssize_t size = readlink("/proc/self/exe", path, PATH_MAX);
    char *slash;

    if (size <= 0)
        return;
    path[size] = '\0';
    slash = strrchr(path, '/');
    if (!slash)
        return;
    snprintf(slash, sizeof path - (size_t)(slash - path), "/../share/locale");
    bindtextdomain("ticketaka", path);
    bind_textdomain_codeset("ticketaka", "UTF-8");
    textdomain("ticketaka");
}

bool lang_init(const char *wanted)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG", NULL};
    bool korean = wanted ? strcmp(wanted, "ko") == 0 : speaks_korean(first_set(names));

    if (wanted && !korean && strcmp(wanted, "en") != 0)
        return false;
    /* Numbers stay with a dot and no grouping; only messages change. */
    setlocale(LC_CTYPE, "C.UTF-8");
    if (!korean)
        return true;
    /* gettext translates in any locale but "C", and reads the language from LANGUAGE first: so no
     * Korean locale needs to be installed. */
    if (!setlocale(LC_MESSAGES, "ko_KR.UTF-8"))
        setlocale(LC_MESSAGES, "C.UTF-8");
    setenv("LANGUAGE", "ko", 1);
    bind_texts();
    return true;
}
