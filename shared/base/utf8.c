#include "shared/base/utf8.h"

#include <string.h>

#include "shared/base/utf8_table.h"

#define REPLACEMENT 0xfffd
#define MARKS_MAX   8 /* a stack of marks higher than any script needs covers other lines */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool in_ranges(uint32_t cp, const struct range *ranges, size_t count)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (cp > ranges[mid].last)
            low = mid + 1;
        else if (cp < ranges[mid].first)
            high = mid;
        else
            return true;
    }
    return false;
}

/* ---- decoding ---------------------------------------------------------------- */
/* By lead byte: how many bytes follow, and the range of the first of them (Unicode, table 3-7). */
static const struct lead {
    unsigned char first, last, more, low, high;
} leads[] = {
    {0x00, 0x7f, 0, 0, 0},       {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf},
    {0xe1, 0xec, 2, 0x80, 0xbf}, {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
    {0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};

static const struct lead *find_lead(unsigned char byte)
{
    for (size_t i = 0; i < COUNT(leads); i++)
        if (byte >= leads[i].first && byte <= leads[i].last)
            return &leads[i];
    return NULL;
}

size_t tk_utf8_next(const char *text, size_t size, uint32_t *cp)
{
    const unsigned char *bytes = (const unsigned char *)text;
    const struct lead *lead;
    uint32_t value;

    *cp = TK_UTF8_BAD;
    if (size == 0)
        return 0;
    lead = find_lead(bytes[0]);
    if (!lead)
        return 1;
    value = lead->more ? bytes[0] & (0x3fu >> lead->more) : bytes[0];
    for (size_t i = 1; i <= lead->more; i++) {
        unsigned char low = i == 1 ? lead->low : 0x80, high = i == 1 ? lead->high : 0xbf;

        if (i >= size || bytes[i] < low || bytes[i] > high)
            return i;
        value = value << 6 | (bytes[i] & 0x3fu);
    }
    *cp = value;
    return lead->more + 1u;
}

bool tk_utf8_valid(const char *text, size_t size)
{
    uint32_t cp;

    for (size_t i = 0; i < size;) {
        i += tk_utf8_next(text + i, size - i, &cp);
        if (cp == TK_UTF8_BAD)
            return false;
    }
    return true;
}

size_t tk_utf8_count(const char *text)
{
    size_t size = strlen(text), count = 0;
    uint32_t cp;

    for (size_t i = 0; i < size; count++)
        i += tk_utf8_next(text + i, size - i, &cp);
    return count;
}

void tk_utf8_put(struct tk_buf *out, uint32_t cp)
{
    if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
        cp = REPLACEMENT;
    if (cp < 0x80) {
        tk_buf_putc(out, (char)cp);
        return;
    }
    if (cp < 0x800) {
        tk_buf_putc(out, (char)(0xc0 | cp >> 6));
    } else if (cp < 0x10000) {
        tk_buf_putc(out, (char)(0xe0 | cp >> 12));
        tk_buf_putc(out, (char)(0x80 | (cp >> 6 & 0x3f)));
    } else {
        tk_buf_putc(out, (char)(0xf0 | cp >> 18));
        tk_buf_putc(out, (char)(0x80 | (cp >> 12 & 0x3f)));
        tk_buf_putc(out, (char)(0x80 | (cp >> 6 & 0x3f)));
    }
    tk_buf_putc(out, (char)(0x80 | (cp & 0x3f)));
}

/* ---- what a terminal would do ------------------------------------------------ */
enum fate { KEEP, DROP, BLANK, REPLACE };

/* First match decides; what no row names is kept. Rising, so that the search can stop early. */
static const struct {
    uint32_t first, last;
    enum fate fate;
} fates[] = {
    {0x00, 0x08, REPLACE},
    {0x09, 0x0d, BLANK}, /* tab, line feed, vertical tab, form feed, carriage return */
    {0x0e, 0x1f, REPLACE},
    {0x7f, 0x84, REPLACE},
    {0x85, 0x85, BLANK}, /* next line */
    {0x86, 0x9f, REPLACE},
    {0xa0, 0xa0, BLANK},
    {0xad, 0xad, DROP},      /* soft hyphen: shown or not, as the terminal likes */
    {0x034f, 0x034f, DROP},  /* grapheme joiner */
    {0x061c, 0x061c, DROP},  /* Arabic letter mark */
    {0x115f, 0x1160, BLANK}, /* Hangul fillers */
    {0x1680, 0x1680, BLANK}, /* Ogham space */
    {0x17b4, 0x17b5, DROP},  /* invisible Khmer vowels */
    {0x180b, 0x180f, DROP},  /* Mongolian selectors and separator */
    {0x2000, 0x200a, BLANK}, /* typographic spaces */
    {0x200b, 0x200f, DROP},  /* zero width, joiners, direction marks */
    {0x2028, 0x2029, BLANK}, /* line and paragraph separator */
    {0x202a, 0x202e, DROP},  /* embeddings and overrides */
    {0x202f, 0x202f, BLANK},
    {0x205f, 0x205f, BLANK},
    {0x2060, 0x206f, DROP},         /* joiner, invisible operators, isolates */
    {0x3164, 0x3164, BLANK},        /* Hangul filler */
    {0xd800, 0xf8ff, REPLACE},      /* surrogates, private use */
    {0xfdd0, 0xfdef, REPLACE},      /* non-characters */
    {0xfe00, 0xfe0f, DROP},         /* variation selectors: they would change a glyph's width */
    {0xfeff, 0xfeff, DROP},         /* byte order mark */
    {0xffa0, 0xffa0, BLANK},        /* half-width Hangul filler */
    {0xfff0, 0xfffb, DROP},         /* interlinear annotation */
    {0x1d173, 0x1d17a, DROP},       /* musical format controls */
    {0xe0000, 0xe0fff, DROP},       /* tags and further selectors */
    {0xf0000, UINT32_MAX, REPLACE}, /* private planes, broken bytes */
};

static enum fate fate_of(uint32_t cp)
{
    if (cp >= 0x20 && cp < 0x7f)
        return KEEP;
    if (cp <= 0x10ffff && (cp & 0xfffe) == 0xfffe)
        return REPLACE;
    for (size_t i = 0; i < COUNT(fates) && cp >= fates[i].first; i++)
        if (cp <= fates[i].last)
            return fates[i].fate;
    return KEEP;
}

int tk_utf8_width(uint32_t cp)
{
    if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
        return 0;
    if (cp < 0x300)
        return fate_of(cp) == DROP ? 0 : 1;
    if (in_ranges(cp, zero, COUNT(zero)))
        return 0;
    if (in_ranges(cp, wide, COUNT(wide)))
        return 2;
    return fate_of(cp) == DROP ? 0 : 1;
}

struct walk {
    const char *text;
    size_t left;
    int marks;
};

/* Next character to print, after the rules of tk_sanitize; false at the end. */
static bool walk_next(struct walk *walk, uint32_t *cp, int *width)
{
    while (walk->left) {
        size_t used = tk_utf8_next(walk->text, walk->left, cp);
        enum fate fate = fate_of(*cp);

        walk->text += used;
        walk->left -= used;
        if (fate == DROP)
            continue;
        if (fate != KEEP)
            *cp = fate == BLANK ? ' ' : REPLACEMENT;
        *width = tk_utf8_width(*cp);
        walk->marks = *width == 0 ? walk->marks + 1 : 0;
        if (walk->marks <= MARKS_MAX)
            return true;
    }
    return false;
}

static struct walk walk_start(const char *text)
{
    return (struct walk){.text = text, .left = strlen(text)};
}

void tk_sanitize(struct tk_buf *out, const char *text)
{
    struct walk walk = walk_start(text);
    uint32_t cp;
    int width;

    tk_buf_puts(out, ""); /* so that out->data is text even when nothing is left */
    while (walk_next(&walk, &cp, &width))
        tk_utf8_put(out, cp);
}

size_t tk_columns(const char *text)
{
    struct walk walk = walk_start(text);
    size_t columns = 0;
    uint32_t cp;
    int width;

    while (walk_next(&walk, &cp, &width))
        columns += (size_t)width;
    return columns;
}

static bool is_regional(uint32_t cp)
{
    return cp >= 0x1f1e6 && cp <= 0x1f1ff;
}

/* Bytes of the glyph at `text`: a character with its marks, or a pair of regional indicators (a
 * flag). */
static size_t glyph_at(const char *text, size_t left, size_t *columns)
{
    uint32_t base, cp;
    size_t size = tk_utf8_next(text, left, &base), next;

    *columns = (size_t)tk_utf8_width(base);
    next = tk_utf8_next(text + size, left - size, &cp);
    if (next && is_regional(base) && is_regional(cp)) {
        *columns += (size_t)tk_utf8_width(cp);
        size += next;
        next = tk_utf8_next(text + size, left - size, &cp);
    }
    for (; next && tk_utf8_width(cp) == 0; next = tk_utf8_next(text + size, left - size, &cp))
        size += next;
    return size;
}

/* Bytes of the whole glyphs of a sanitised text that fit into `columns`; *used is their width. */
static size_t cut_at(const char *text, size_t size, size_t columns, size_t *used)
{
    size_t end = 0;

    *used = 0;
    while (end < size) {
        size_t width, bytes = glyph_at(text + end, size - end, &width);

        if (*used + width > columns)
            break;
        *used += width;
        end += bytes;
    }
    return end;
}

static size_t fit(struct tk_buf *out, const char *text, size_t columns)
{
    struct tk_buf clean = {0};
    size_t used = 0, end;

    tk_sanitize(&clean, text);
    if (clean.failed) {
        out->failed = true;
        goto out;
    }
    end = cut_at(clean.data, clean.len, columns, &used);
    if (end < clean.len && columns >= 2)
        end = cut_at(clean.data, clean.len, columns - 2, &used);
    tk_buf_add(out, clean.data, end);
    if (end < clean.len)
        for (int dots = 0; dots < 2 && used < columns; dots++, used++)
            tk_buf_putc(out, '.');
out:
    tk_buf_release(&clean);
    return used;
}

void tk_fit(struct tk_buf *out, const char *text, size_t columns)
{
    fit(out, text, columns);
}

void tk_pad(struct tk_buf *out, const char *text, size_t columns, enum tk_align align)
{
    struct tk_buf body = {0};
    size_t used = fit(&body, text, columns);

    if (align == TK_LEFT)
        tk_buf_add(out, body.data, body.len);
    for (; used < columns; used++)
        tk_buf_putc(out, ' ');
    if (align == TK_RIGHT)
        tk_buf_add(out, body.data, body.len);
    out->failed |= body.failed;
    tk_buf_release(&body);
}
