#include "server/common/validate.h"

#include <string.h>

#include "shared/base/str.h"
#include "shared/base/time.h"
#include "shared/base/utf8.h"

#define DIGITS "0123456789"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* The text of either source; NULL when it is none, or hides a NUL. */
static const char *text_of(const char *text, const json_t *value)
{
    if (text || !json_is_string(value))
        return text;
    text = json_string_value(value);
    return strlen(text) == json_string_length(value) ? text : NULL;
}

static bool number(const char *text, const json_t *value, int64_t low, int64_t high)
{
    int64_t n;

    if (!text && json_is_integer(value))
        return json_integer_value(value) >= low && json_integer_value(value) <= high;
    text = text_of(text, value);
    return text && tk_parse_i64(text, low, high, &n);
}

static bool sized(const char *text, size_t least, size_t most)
{
    size_t size = text ? strlen(text) : 0;

    return text && size >= least && size <= most;
}

static bool made_of(const char *text, size_t least, size_t most, const char *set)
{
    return sized(text, least, most) && text[strspn(text, set)] == '\0';
}

/* C0, DEL and C1 (U+0080 to U+009F, in UTF-8 C2 80 to C2 9F): they steer terminals and split
 * headers. */
static bool has_control(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p < ' ' || *p == 0x7f || (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f))
            return true;
    return false;
}

static bool utf8(const char *text)
{
    return tk_utf8_valid(text, strlen(text));
}

static size_t characters(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += (*text & 0xc0) != 0x80;
    return count;
}

bool tk_check_id(const char *text, const json_t *value)
{
    return number(text, value, 1, INT64_MAX);
}

bool tk_check_page(const char *text, const json_t *value)
{
    return number(text, value, 0, 1000000);
}

bool tk_check_count(const char *text, const json_t *value)
{
    return number(text, value, 1, 100);
}

bool tk_check_won(const char *text, const json_t *value)
{
    return number(text, value, 0, INT64_C(1000000000000));
}

bool tk_check_text(const char *text, const json_t *value)
{
    text = text_of(text, value);
    return sized(text, 0, 200) && utf8(text) && !has_control(text);
}

bool tk_check_keyword(const char *text, const json_t *value)
{
    text = text_of(text, value);
    return sized(text, 0, 200) && utf8(text);
}

bool tk_check_email(const char *text, const json_t *value)
{
    const char *at;

    text = text_of(text, value);
    if (!sized(text, 3, 190) || !utf8(text) || has_control(text) || strpbrk(text, " \"<>,;:\\()[]"))
        return false;
    at = strchr(text, '@');
    return at && at > text && !strchr(at + 1, '@') && at[1] && at[1] != '.' &&
           strchr(at + 1, '.') && text[strlen(text) - 1] != '.';
}

bool tk_check_password(const char *text, const json_t *value)
{
    text = text_of(text, value);
    return sized(text, 8, 256) && utf8(text);
}

bool tk_check_name(const char *text, const json_t *value)
{
    text = text_of(text, value);
    return sized(text, 2, 200) && utf8(text) && !has_control(text) && characters(text) >= 2 &&
           characters(text) <= 50;
}

bool tk_check_day(const char *text, const json_t *value)
{
    tk_day day;

    text = text_of(text, value);
    return text && tk_day_parse(text, '-', &day);
}

/* 01x-xxx-xxxx or 01x-xxxx-xxxx. */
bool tk_check_phone(const char *text, const json_t *value)
{
    size_t middle;

    text = text_of(text, value);
    if (!sized(text, 12, 13) || memcmp(text, "01", 2) != 0 || strspn(text, DIGITS) != 3 ||
        text[3] != '-')
        return false;
    middle = strspn(text + 4, DIGITS);
    return (middle == 3 || middle == 4) && text[4 + middle] == '-' &&
           strspn(text + 5 + middle, DIGITS) == 4 && !text[9 + middle];
}

bool tk_check_gender(const char *text, const json_t *value)
{
    static const char *const words[] = {"남", "여", "M", "F"};

    text = text_of(text, value);
    for (size_t i = 0; text && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

bool tk_check_key(const char *text, const json_t *value)
{
    return made_of(text_of(text, value), 8, 64, DIGITS LOWER UPPER "._:-");
}

bool tk_check_prf(const char *text, const json_t *value)
{
    return made_of(text_of(text, value), 1, 20, DIGITS LOWER UPPER "_-");
}

bool tk_check_hold(const char *text, const json_t *value)
{
    return made_of(text_of(text, value), 8, 64, DIGITS LOWER "-");
}

bool tk_check_seats(const char *text, const json_t *value)
{
    size_t count = json_array_size(value);

    if (text || count < 1 || count > 100)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *seat = text_of(NULL, json_array_get(value, i));

        if (!sized(seat, 1, 32) || has_control(seat))
            return false;
    }
    return true;
}

bool tk_check_object(const char *text, const json_t *value)
{
    return !text && json_is_object(value);
}

bool tk_check_bool(const char *text, const json_t *value)
{
    return !text && json_is_boolean(value);
}

bool tk_check_token(const char *text, const json_t *value)
{
    return made_of(text_of(text, value), 20, 200, DIGITS LOWER UPPER "_.-");
}
