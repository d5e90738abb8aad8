/* SPDX-License-Identifier: Apache-2.0 */
/* synth_own.h - what the files of the generator share. */
#ifndef SYNTH_OWN_H
#define SYNTH_OWN_H
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "catalogue/synth.h"

/* ---- draws (synth_draw.c) ---- */

/* What a draw is for. Only ever add at the end: the order is the data. */
enum purpose { P_NAME = 1, P_WHERE, P_HOME, P_CONTRACT, P_WEATHER, P_CLOUD,
    P_DAY, P_SLOT, P_AWAY, P_FAULT, P_BILL, P_LINE, P_CONTACT, P_CALL, P_TRIP,
    P_CHANGE };

struct draw { uint64_t key, n; };
struct draw draw_for(const struct synth *, int64_t person, enum purpose,
    int64_t item);
uint64_t draw_bits(struct draw *);
double draw_unit(struct draw *);		/* in (0, 1) */
int draw_below(struct draw *, int n);		/* 0 .. n-1 */
int draw_between(struct draw *, int low, int high);	/* both included */
double draw_real(struct draw *, double low, double high);
bool draw_chance(struct draw *, double p);
double draw_normal(struct draw *);		/* mean 0, deviation 1 */
int draw_poisson(struct draw *, double mean);	/* mean under 40 */

/* ---- days and hours of France (synth_time.c) ---- */

enum { FOREVER = INT_MAX, SLOTS_MAX = 50 };
struct date { int year, month, day; };
int day_of(int year, int month, int day);
struct date date_of(int day);
int day_of_year(int day);			/* 0 .. 365 */
int weekday_of(int day);			/* 0 = Monday */
bool day_off(int day);				/* week-end or public holiday */
int paris_offset(int64_t utc_s);		/* seconds: 3600 or 7200 */
int64_t paris_midnight(int day);		/* UTC seconds */
int paris_slots(int day, int step_min);		/* 46, 48 or 50 half-hours */
/* The local minute at which slot i of a day begins. */
int slot_minute(int64_t midnight, int slots, int step_min, int i);
/* A moment of a local day, drawn: hours from..to, in microseconds UTC. */
int64_t moment_of(int day, int from_h, int to_h, struct draw *);

/* ---- people (synth_person.c, synth_names.c) ---- */

struct commune { const char *city, *postcode; double lat, lon, warm; };
extern const struct commune communes[];
extern const int commune_count;
extern const char *const streets[];
extern const int street_count;
struct given_name { const char *name; bool woman; };
extern const struct given_name given_names[];
extern const int given_name_count;
extern const char *const family_names[];
extern const int family_name_count;

enum option { OPT_BASE, OPT_OFF_PEAK, OPT_WEEKEND };
enum trait {			/* what a story asks for */
	T_MOVED = 1, T_SOLAR = 2, T_MINOR = 4, T_CAR = 8, T_OLD_METER = 16,
	T_TRAVELS = 32, T_OPPOSED = 64, T_LEFT = 128, T_FAULTY = 256,
	T_NIGHT = 512, T_TWO_LINES = 1024, T_PLAIN = 2048
};

struct story {
	const char *login, *given, *family;
	bool woman;
	const char *born;
	int commune;
	unsigned traits;
	const char *en, *fr;
};
extern const struct story stories[];
extern const int story_count;

struct home {
	char pdl[32], contract[32], meter[2][32];
	int commune;
	char street[64], complement[64];
	int begin, end;		/* days of the holder; end FOREVER while there */
	int meter_changed;	/* 0, or the day the second meter came */
	int fine_since;		/* half-hours from then on, hours before */
	enum option option;
	int hours;		/* which off-peak hours (synth_curve.c) */
	int power;		/* kVA */
	bool hot_water, night, car;
	double people, base_w, heat_w_per_k, solar_kw;
	int wake, late;		/* minutes; late = the week-end's shift */
	bool in_all_day;
	double fault_rate;
};

enum { HOMES_MAX = 2, LINES_MAX = 2 };
struct line_of {
	int64_t id;
	char contract[32], number[32];
	bool mobile;
	int plan;		/* 0..3, synth_telecom.c */
	int begin, end;
	double calls, texts;	/* a day */
	double length_s, tail;	/* log-logistic scale and shape */
	int contacts;
};

struct person {
	int64_t n;
	char ref[32], email[96];
	const struct story *story;
	const char *given, *family, *lang;
	bool woman, opposed, guardian;
	int born;
	struct home homes[HOMES_MAX];
	int home_count;
	struct line_of lines[LINES_MAX];
	int line_count;
	unsigned traits;
};
void person_make(struct person *, const struct synth *, int64_t n);
/* Where is she that day? -1 at home, -2 away in France, else places[n]. */
int person_where(const struct synth *, const struct person *, int day);

/* ---- readings (synth_curve.c) ---- */

struct curve {
	int slots, step;
	int32_t wh[SLOTS_MAX], injected[SLOTS_MAX];
	bool produces;
	int lost_from, lost_to;	/* slots [from, to) that were estimated */
	int corrected;		/* days after which they were; 0 = never */
};
/* Daily mean of the air, degrees Celsius. */
double weather_mean(const struct synth *, int commune, int day);
void curve_make(struct curve *, const struct synth *, const struct person *,
    const struct home *, int day);
/* Puts guesses where the readings were lost. */
void curve_guess(struct curve *);
bool off_peak(const struct home *, int day, int minute);
const char *off_peak_text(const struct home *);

/* ---- bills (synth_bill.c) ---- */

enum { BILL_LINES_MAX = 12 };
struct bill_line {
	const char *code, *label;
	int64_t quantity_e3, price_e6, cents;
};
struct bill {
	char number[64];
	const char *kind;
	int from, to, date, due, paid;	/* days; paid 0 = not yet */
	const char *means;
	int64_t wh, cents, tax_cents;
	bool estimated;
	struct bill_line lines[BILL_LINES_MAX];
	int line_count;
};
/* Calls fn for each bill of the home, in order of time. */
typedef void bill_fn(const struct bill *, void *arg);
void bills_make(const struct synth *, const struct person *,
    const struct home *, bill_fn *, void *arg);

/* ---- calls (synth_calls.c) ---- */

struct phone_call {
	int64_t start_s;	/* UTC */
	int offset_min;
	bool outgoing;
	char kind, partner_kind, network;
	char partner[18];
	int length_s;		/* -1 for messages */
	int cause, cell, cost_cents;
	const char *country;
	int64_t changed_us;
};
enum { CALLS_MAX = 160 };
struct place { const char *country; double lat, lon; int offset_min; };
extern const struct place places[];	/* abroad; cell 1000 + n */
extern const int place_count;
enum { CELLS_PER_COMMUNE = 3, CELLS_ABROAD = 1000 };
int calls_make(struct phone_call out[CALLS_MAX], const struct synth *,
    const struct person *, const struct line_of *, int day);

/* ---- where rows go (synth_copy.c) ---- */

struct copy {
	struct buf out;
	bool begun;		/* the row has a cell already */
	int failure;
	int64_t rows;
	void *connection;
};
void cell_text(struct copy *, const char *);	/* NULL gives NULL */
void cell_int(struct copy *, int64_t);
void cell_bool(struct copy *, bool);
void cell_milli(struct copy *, int64_t e3);	/* thousandths */
void cell_micro(struct copy *, int64_t e6);
void cell_date(struct copy *, int day);
void cell_time(struct copy *, int64_t us);
void cell_wall(struct copy *, int64_t local_s);	/* a clock on a wall */
void cell_ints(struct copy *, const int32_t *, int n);
void row_end(struct copy *);

/* One table of a sector: rows of one person at a time, or all at once. */
struct synth_table {
	const char *name;	/* "crm.client" */
	void (*of_person)(struct copy *, const struct synth *,
	    const struct person *);
	void (*once)(struct copy *, const struct synth *);
};
extern const struct synth_table synth_energy[], synth_telecom[];

#endif
