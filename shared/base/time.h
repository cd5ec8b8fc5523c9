/* Clocks, and calendar days without a time zone. The product's zone is Asia/Seoul: UTC+9, no summer time. */
#ifndef TK_BASE_TIME_H
#define TK_BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

int64_t tk_mono_ms(void); /* CLOCK_MONOTONIC: for waits and deadlines */
int64_t tk_wall_ms(void); /* CLOCK_REALTIME: milliseconds since 1970-01-01T00:00Z */

/* A calendar day as the count of days since 1970-01-01. Valid from year 1 to 9999. */
typedef int32_t tk_day;

bool tk_day_make(int year, int month, int day, tk_day *out); /* false: no such date */
void tk_day_split(tk_day day, int *year, int *month, int *mday);
int tk_day_weekday(tk_day day); /* 0 = Monday … 6 = Sunday */
/* "yyyy-MM-dd" or, with sep '.', "yyyy.MM.dd", and nothing after it. */
bool tk_day_parse(const char *text, char sep, tk_day *out);
void tk_day_print(tk_day day, char out[11]); /* "yyyy-MM-dd" */
bool tk_minute_parse(const char *text,
                     int *out); /* "HH:mm", 00:00 to 23:59, as minutes of the day */
void tk_minute_print(int minute, char out[6]);
/* Seoul's day and minute of the day at a wall-clock instant. */
void tk_seoul(int64_t wall_ms, tk_day *day, int *minute);
/* "yyyy-MM-ddTHH:mm:ss" in Seoul. */
void tk_seoul_print(int64_t wall_ms, char out[20]);

#endif
