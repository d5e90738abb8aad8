/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time.c - days and hours of France, by arithmetic.
 *
 * Days are counted from 1970-01-01. Legal time is UTC+1, and UTC+2 from the
 * last Sunday of March to that of October, changing at 01:00 UTC (directive
 * 2000/84/EC); the tests hold the result against PostgreSQL's own table.
 */
#include <stdio.h>
#include <string.h>
#include "base/error.h"
#include "synth/synth_own.h"

enum { DAY_S = 86400, HOUR_S = 3600 };

/* Days before the month, in a year that begins in March. */
int
day_of(int year, int month, int day)
{
	int y = year - (month <= 2), era = y / 400, in_era = y - era * 400;
	int months = (month + 9) % 12;

	return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 +
	    (153 * months + 2) / 5 + day - 1 - 719468;
}

struct date
date_of(int day)
{
	int z = day + 719468, era = z / 146097, in_era = z - era * 146097;
	int y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int left = in_era - (365 * y + y / 4 - y / 100);
	int months = (5 * left + 2) / 153;
	int month = months < 10 ? months + 3 : months - 9;

	return (struct date){ y + era * 400 + (month <= 2), month,
	    left - (153 * months + 2) / 5 + 1 };
}

int
synth_day(int *out, const char *text)
{
	struct date d, back;
	char rest;

	if (strlen(text) != 10 || sscanf(text, "%4d-%2d-%2d%c", &d.year,
	    &d.month, &d.day, &rest) != 3 || d.year < 1900 || d.year > 2100 ||
	    d.month < 1 || d.month > 12)
		return E_BAD_INPUT;
	*out = day_of(d.year, d.month, d.day);
	back = date_of(*out);
	return back.day == d.day && back.month == d.month ? 0 : E_BAD_INPUT;
}

int
day_of_year(int day)
{
	return day - day_of(date_of(day).year, 1, 1);
}

int
weekday_of(int day)
{
	return (day + 3) % 7;		/* 1970-01-01 was a Thursday */
}

bool
day_off(int day)
{
	static const short feasts[] = { 101, 501, 508, 714, 815, 1101, 1111, 1225 };
	struct date d = date_of(day);
	int mmdd = d.month * 100 + d.day;

	for (size_t i = 0; i < countof(feasts); i++)
		if (feasts[i] == mmdd)
			return true;
	return weekday_of(day) >= 5;
}

/* 01:00 UTC of the last Sunday of a month of 31 days. */
static int64_t
clocks_change(int year, int month)
{
	int last = day_of(year, month, 31);

	return (int64_t)(last - (weekday_of(last) + 1) % 7) * DAY_S + HOUR_S;
}

int
paris_offset(int64_t utc_s)
{
	int year = date_of((int)(utc_s / DAY_S)).year;

	return utc_s >= clocks_change(year, 3) &&
	    utc_s < clocks_change(year, 10) ? 2 * HOUR_S : HOUR_S;
}

int64_t
paris_midnight(int day)
{
	int64_t utc = (int64_t)day * DAY_S - HOUR_S;

	/* clocks never change between 22:00 and 23:00 UTC */
	return utc - (paris_offset(utc) - HOUR_S);
}

int
paris_slots(int day, int step_min)
{
	return (int)(paris_midnight(day + 1) - paris_midnight(day)) /
	    (step_min * 60);
}

int
slot_minute(int64_t midnight, int slots, int step_min, int i)
{
	int64_t utc = midnight + (int64_t)i * step_min * 60;

	if (slots * step_min == 1440)
		return i * step_min;
	return (int)((utc + paris_offset(utc)) % DAY_S / 60);
}

int64_t
moment_of(int day, int from_h, int to_h, struct draw *d)
{
	int64_t begin = paris_midnight(day) + from_h * HOUR_S;

	return begin * 1000000 +
	    (int64_t)(draw_unit(d) * (to_h - from_h) * HOUR_S * 1e3) * 1000;
}
