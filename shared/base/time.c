#include "shared/base/time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SEOUL_MS (9 * 3600 * INT64_C(1000))
#define DAY_MS   (86400 * INT64_C(1000))

static int64_t clock_ms(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t tk_mono_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

int64_t tk_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

static bool leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && leap(year) ? 29 : days[month - 1];
}

/* Days before 1 January of `year`, counted from year 1. */
static int32_t days_before_year(int year)
{
    int32_t y = year - 1;

    return y * 365 + y / 4 - y / 100 + y / 400;
}

#define EPOCH_DAYS 719162 /* days_before_year(1970) */

bool tk_day_make(int year, int month, int day, tk_day *out)
{
    int32_t days;

    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 ||
        day > month_days(year, month))
        return false;
    days = days_before_year(year) - EPOCH_DAYS + day - 1;
    for (int m = 1; m < month; m++)
        days += month_days(year, m);
    *out = days;
    return true;
}

void tk_day_split(tk_day day, int *year, int *month, int *mday)
{
    int32_t left = day + EPOCH_DAYS;
    int y = (int)(left / 365.2425) + 1, m = 1;

    while (days_before_year(y) > left)
        y--;
    while (days_before_year(y + 1) <= left)
        y++;
    left -= days_before_year(y);
    while (left >= month_days(y, m))
        left -= month_days(y, m++);
    *year = y;
    *month = m;
    *mday = left + 1;
}

int tk_day_weekday(tk_day day)
{
    int weekday = (day + 3) % 7; /* 1970-01-01 was a Thursday */

    return weekday < 0 ? weekday + 7 : weekday;
}

static bool digits(const char *text, int count, int *out)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + text[i] - '0';
    }
    *out = value;
    return true;
}

bool tk_day_parse(const char *text, char sep, tk_day *out)
{
    int year, month, day;

    return strlen(text) == 10 && text[4] == sep && text[7] == sep && digits(text, 4, &year) &&
           digits(text + 5, 2, &month) && digits(text + 8, 2, &day) &&
           tk_day_make(year, month, day, out);
}

void tk_day_print(tk_day day, char out[11])
{
    int year, month, mday;

    tk_day_split(day, &year, &month, &mday);
    snprintf(out, 11, "%04u-%02u-%02u", (unsigned)year % 10000, (unsigned)month % 100,
             (unsigned)mday % 100);
}

bool tk_minute_parse(const char *text, int *out)
{
    int hour, minute;

    if (strlen(text) != 5 || text[2] != ':' || !digits(text, 2, &hour) ||
        !digits(text + 3, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *out = hour * 60 + minute;
    return true;
}

void tk_minute_print(int minute, char out[6])
{
    snprintf(out, 6, "%02u:%02u", (unsigned)minute / 60 % 100, (unsigned)minute % 60);
}

void tk_seoul(int64_t wall_ms, tk_day *day, int *minute)
{
    int64_t local = wall_ms + SEOUL_MS;
    int64_t days = local / DAY_MS - (local % DAY_MS < 0);

    *day = (tk_day)days;
    *minute = (int)((local - days * DAY_MS) / 60000);
}

void tk_seoul_print(int64_t wall_ms, char out[20])
{
    tk_day day;
    int minute, second = (int)((wall_ms % 60000 + 60000) % 60000 / 1000);

    tk_seoul(wall_ms, &day, &minute);
    tk_day_print(day, out);
    out[10] = 'T';
    tk_minute_print(minute, out + 11);
    snprintf(out + 16, 4, ":%02u", (unsigned)second % 60);
}
