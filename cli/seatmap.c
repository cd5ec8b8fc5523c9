#include "cli/seatmap.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lang.h"
#include "shared/base/utf8.h"
#include "shared/model/seat.h"

#define SIDE_MAX   400 /* seats across or deep; a larger plan is only listed */
#define GRADES_MAX 64

void seatmap_letters(json_t *grades, char letters[64])
{
    bool used[26] = {false};
    size_t index;
    json_t *grade;

    memset(letters, 0, 64);
    json_array_foreach (grades, index, grade) {
        const char *name = json_string_value(json_object_get(grade, "grade"));
        int letter = name ? toupper((unsigned char)name[0]) - 'A' : -1;

        if (index < GRADES_MAX && letter >= 0 && letter < 26 && !used[letter]) {
            used[letter] = true;
            letters[index] = (char)('A' + letter);
        }
    }
    for (size_t i = 0; i < json_array_size(grades) && i < GRADES_MAX; i++)
        for (int letter = 0; !letters[i] && letter < 26; letter++)
            if (!used[letter]) {
                used[letter] = true;
                letters[i] = (char)('A' + letter);
            }
}

static long number(json_t *seat, const char *name)
{
    return (long)json_integer_value(json_object_get(seat, name));
}

static const char *word(json_t *seat, const char *name)
{
    const char *text = json_string_value(json_object_get(seat, name));

    return text ? text : "";
}

struct map {
    struct out *out;
    json_t *grades, *seats;
    char letters[64];
    const char *zone;
    long left, right, front, back;
};

static char glyph(const struct map *map, json_t *seat)
{
    const char *state = word(seat, "state"), *grade = word(seat, "grade");
    size_t index;
    json_t *row;

    if (strcmp(state, "sold") == 0)
        return '.';
    if (strcmp(state, "held") == 0)
        return 'h';
    if (strcmp(state, "free") != 0)
        return 'x';
    json_array_foreach (map->grades, index, row) {
        if (index < GRADES_MAX && strcmp(word(row, "grade"), grade) == 0)
            return map->letters[index] ? map->letters[index] : '?';
    }
    return '?';
}

static bool in_zone(const struct map *map, json_t *seat, struct tk_seat *name)
{
    return tk_seat_parse(word(seat, "seat"), name) && strcmp(name->zone, map->zone) == 0;
}

static bool measure(struct map *map)
{
    struct tk_seat name;
    size_t index;
    json_t *seat;
    bool any = false;

    json_array_foreach (map->seats, index, seat) {
        long x = number(seat, "x"), y = number(seat, "y");

        if (!in_zone(map, seat, &name))
            continue;
        if (!any || x < map->left)
            map->left = x;
        if (!any || x > map->right)
            map->right = x;
        if (!any || y < map->front)
            map->front = y;
        if (!any || y > map->back)
            map->back = y;
        any = true;
    }
    return any && map->right - map->left < SIDE_MAX && map->back - map->front < SIDE_MAX;
}

static void put_row(struct map *map, const char *cells, const char *label)
{
    tk_buf_putc(&map->out->text, ' ');
    tk_pad(&map->out->text, label, 3, TK_RIGHT);
    for (long x = 0; x <= map->right - map->left; x++)
        tk_buf_printf(&map->out->text, " %c", cells[x]);
    tk_buf_putc(&map->out->text, ' ');
    tk_sanitize(&map->out->text, label);
    tk_buf_putc(&map->out->text, '\n');
}

/* The last digit of each column's seat number, where all rows agree about it; else a blank. */
static void put_heads(struct map *map, size_t wide)
{
    char *heads = calloc(wide, 1);
    struct tk_seat name;
    size_t index;
    json_t *seat;

    json_array_foreach (map->seats, index, seat) {
        size_t x = (size_t)(number(seat, "x") - map->left);
        char digit = ' ';

        if (!heads || !in_zone(map, seat, &name))
            continue;
        digit = name.no[strlen(name.no) - 1]; /* a parsed name has a number */
        heads[x] = !heads[x] || heads[x] == digit ? digit : ' ';
    }
    tk_buf_puts(&map->out->text, "    ");
    for (size_t x = 0; heads && x < wide; x++)
        tk_buf_printf(&map->out->text, " %c", heads[x] ? heads[x] : ' ');
    tk_buf_putc(&map->out->text, '\n');
    map->out->text.failed |= !heads;
    free(heads);
}

static void put_zone(struct map *map)
{
    size_t wide = (size_t)(map->right - map->left + 1), deep = (size_t)(map->back - map->front + 1);
    char *cells = malloc(wide * deep), (*labels)[16] = calloc(deep, sizeof *labels);
    struct tk_seat name;
    size_t index;
    json_t *seat;

    if (!cells || !labels) {
        map->out->text.failed = true;
        goto out;
    }
    memset(cells, ' ', wide * deep);
    json_array_foreach (map->seats, index, seat) {
        size_t x = (size_t)(number(seat, "x") - map->left), y = 0;

        if (!in_zone(map, seat, &name))
            continue;
        y = (size_t)(number(seat, "y") - map->front);
        cells[y * wide + x] = glyph(map, seat);
        tk_copy(labels[y], sizeof labels[y], name.row);
    }
    tk_buf_printf(&map->out->text, "    %*s= %s =\n", (int)wide > 5 ? (int)wide - 5 : 0, "",
                  *map->zone ? map->zone : _("STAGE"));
    put_heads(map, wide);
    for (size_t y = 0; y < deep; y++)
        if (labels[y][0] || memchr(cells + y * wide, ' ', wide) == NULL)
            put_row(map, cells + y * wide, labels[y]);
        else
            tk_buf_putc(&map->out->text, '\n');
out:
    free(cells);
    free(labels);
}

static void put_legend(struct map *map)
{
    size_t index;
    json_t *grade;

    tk_buf_putc(&map->out->text, '\n');
    json_array_foreach (map->grades, index, grade) {
        size_t total = 0, free_seats = 0, at;
        struct tk_buf price = {0};
        json_t *seat;

        json_array_foreach (map->seats, at, seat) {
            if (strcmp(word(seat, "grade"), word(grade, "grade")) == 0) {
                total++;
                free_seats += strcmp(word(seat, "state"), "free") == 0;
            }
        }
        tk_buf_printf(&map->out->text, "  %c ",
                      index < GRADES_MAX && map->letters[index] ? map->letters[index] : '?');
        tk_pad(&map->out->text, word(grade, "grade"), 12, TK_LEFT);
        out_money(&price, json_integer_value(json_object_get(grade, "price")));
        tk_pad(&map->out->text, price.data ? price.data : "", 10, TK_RIGHT);
        tk_buf_release(&price);
        tk_buf_printf(&map->out->text, "  %zu/%zu\n", free_seats, total);
    }
    out_line(map->out, "%s", _("  h held   . sold   x not for sale"));
}

/* Zones in the order in which they first appear; each one is drawn when its first seat is met. */
static bool first_of_zone(json_t *seats, size_t at, const char *zone)
{
    struct tk_seat name;

    for (size_t i = 0; i < at; i++)
        if (tk_seat_parse(word(json_array_get(seats, i), "seat"), &name) &&
            strcmp(name.zone, zone) == 0)
            return false;
    return true;
}

void seatmap_draw(struct out *out, json_t *document)
{
    struct map map = {.out = out,
                      .grades = json_object_get(document, "grades"),
                      .seats = json_object_get(document, "seats")};
    char drawn[16] = "";
    bool any = false;
    size_t index;
    json_t *seat;

    seatmap_letters(map.grades, map.letters);
    json_array_foreach (map.seats, index, seat) {
        struct tk_seat name;

        /* Seats of a zone come together: only a change of zone is looked up. */
        if (!tk_seat_parse(word(seat, "seat"), &name) || (any && strcmp(drawn, name.zone) == 0))
            continue;
        tk_copy(drawn, sizeof drawn, name.zone);
        map.zone = name.zone;
        if (!first_of_zone(map.seats, index, name.zone) || !measure(&map))
            continue;
        if (any)
            tk_buf_putc(&out->text, '\n');
        put_zone(&map);
        any = true;
    }
    put_legend(&map);
}
