/* SPDX-License-Identifier: Apache-2.0 */
/* synth_own.h - what the files of the generator share. */
#ifndef SYNTH_OWN_H
#define SYNTH_OWN_H
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "synth/synth.h"

/* ---- draws (draw.c) ---- */

/* What a draw is for. Only ever add at the end: the order is the data. */
enum purpose { P_NAME = 1, P_WHERE, P_HOME, P_CONTRACT, P_WEATHER, P_CLOUD,
    P_DAY, P_SLOT, P_AWAY, P_FAULT, P_BILL, P_LINE, P_CONTACT, P_CALL, P_TRIP,
    P_CHANGE, P_GAS, P_WATER, P_PROFILE, P_PREPAID, P_SIGHT, P_VOD, P_COVER,
    P_CLAIM, P_PAIR, P_BANK, P_SALARY, P_SHOP, P_RIDE, P_PARK };

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

/* ---- days and hours of France (time.c) ---- */

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

/* ---- people (person.c, names.c) ---- */

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
	T_NIGHT = 512, T_TWO_LINES = 1024, T_PLAIN = 2048, T_PREPAID = 4096
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
	int hours;		/* which off-peak hours (curve.c) */
	int power;		/* kVA */
	bool hot_water, night, car;
	double people, base_w, heat_w_per_k, solar_kw;
	int wake, late;		/* minutes; late = the week-end's shift */
	bool in_all_day;
	double fault_rate;
};

enum { HOMES_MAX = 2, LINES_MAX = 2, PLAN_PREPAID = 4 };
struct line_of {
	int64_t id;
	char contract[32], number[32];
	bool mobile;
	int plan;		/* of plans[]; PLAN_PREPAID pays ahead */
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

/* ---- readings (curve.c) ---- */

struct curve {
	int slots, step;
	int32_t wh[SLOTS_MAX], injected[SLOTS_MAX];
	bool produces;
	int lost_from, lost_to;	/* slots [from, to) that were estimated */
	int corrected;		/* days after which they were; 0 = never */
};
/* Daily mean of the air, degrees Celsius. */
double weather_mean(const struct synth *, int commune, int day);
/* Days that are asked for again and again by one person's data sets. */
struct curve_memo;
struct curve_memo *curve_memo_new(const struct synth *);
void curve_memo_free(struct curve_memo *);
void curve_make(struct curve *, const struct synth *, const struct person *,
    const struct home *, int day);
/* Puts guesses where the readings were lost. */
void curve_guess(struct curve *);
bool off_peak(const struct home *, int day, int minute);
const char *off_peak_text(const struct home *);

/* ---- bills (bill.c) ---- */

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

/* ---- calls (calls.c) ---- */

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

/* ---- where rows go (copy.c, say.c) ---- */

/*
 * A row of a table is written by cells (cell_...), a record by the paths of its
 * fields (say_...); each is deaf to the other's words, so that a function may
 * tell both sides of one fact in one line (both_...). Cells come in the order
 * of the table's columns; what is within an object is said in one go.
 */
enum copy_mode { TO_TABLE, TO_NDJSON, TO_CSV };
enum { COLUMNS_MAX = 64, OBJECT_MAX = 40 };
struct copy {
	struct buf out;
	enum copy_mode mode;
	bool begun;		/* the row has a cell already */
	int failure;
	int64_t rows;
	void *connection;	/* TO_TABLE: a PGconn */
	int fd;			/* else */
	/* a record on its way */
	char object[OBJECT_MAX];	/* the one that is open, "" = none */
	bool inner;		/* it, or the list's item, has a member already */
	bool in_list, items;
	/* TO_CSV: the values of this row, to be put in order */
	struct buf values;
	const char *columns[COLUMNS_MAX];
	struct { size_t at, n; bool quoted; } value[COLUMNS_MAX];
	int column_count;
};
void cell_text(struct copy *, const char *);	/* NULL gives NULL */
void cell_int(struct copy *, int64_t);
void cell_bool(struct copy *, bool);
void cell_money(struct copy *, int64_t cents);	/* 12.34 */
void cell_milli(struct copy *, int64_t e3);	/* thousandths */
void cell_micro(struct copy *, int64_t e6);
void cell_date(struct copy *, int day);
void cell_date_or_null(struct copy *, int day);	/* FOREVER gives NULL */
void cell_ymd(struct copy *, int day);		/* 20260304; FOREVER gives 0 */
void cell_time(struct copy *, int64_t us);
void cell_wall(struct copy *, int64_t local_s);	/* a clock on a wall */
/* The wall clock of Paris, and whether it showed summer time. */
void cell_paris(struct copy *, int64_t utc_s);
void cell_ints(struct copy *, const int32_t *, int n);
void row_end(struct copy *);

void say_text(struct copy *, const char *path, const char *);	/* NULL: left out */
void say_int(struct copy *, const char *path, int64_t);
void say_bool(struct copy *, const char *path, bool);
void say_scaled(struct copy *, const char *path, int64_t, int digits);
void say_money(struct copy *, const char *path, int64_t cents);
void say_milli(struct copy *, const char *path, int64_t e3);
void say_micro(struct copy *, const char *path, int64_t e6);
void say_date(struct copy *, const char *path, int day);	/* FOREVER: out */
void say_time(struct copy *, const char *path, int64_t us);
void say_list(struct copy *, const char *path);
void say_item(struct copy *);		/* the next one begins */
void say_list_end(struct copy *);

void both_text(struct copy *, const char *path, const char *);
void both_int(struct copy *, const char *path, int64_t);
void both_date(struct copy *, const char *path, int day);
void both_cents(struct copy *, const char *path, int64_t cents);
void both_code(struct copy *, const char *path, const char *legacy,
    const char *code);
void both_changed(struct copy *, int64_t us);

/* One table of a sector: rows of one person at a time, or all at once. */
struct synth_table {
	const char *name;	/* "crm.client" */
	void (*of_person)(struct copy *, const struct synth *,
	    const struct person *);
	void (*once)(struct copy *, const struct synth *);
};
extern const struct synth_table synth_energy[], synth_telecom[],
    synth_insurance[], synth_bank[], synth_retail[], synth_mobility[];

/* A data set's records of one person. */
struct synth_set {
	const char *id;		/* "energy.contract" */
	void (*of_person)(struct copy *, const struct synth *,
	    const struct person *);
};
extern const struct synth_set sets_energy[], sets_telecom[], sets_insurance[],
    sets_bank[], sets_retail[], sets_mobility[];

/* synth.c */
struct sector {
	const char *name;
	const struct synth_table *tables;
	const struct synth_set *sets;
};
const struct sector *sector_find(const char *name);
struct fault;
int sector_unknown(struct fault *, const char *name);	/* E_BAD_INPUT */
/* What is left in the buffer goes where rows go. */
void copy_flush(struct copy *);

/* ---- shared by the sectors' files (shared.c) ---- */

int64_t later(int64_t a, int64_t b);
/* A working hour of that day, in microseconds, drawn for this person. */
int64_t office_hour(const struct synth *, const struct person *, int day);
/* Days of a home that are told: ours, and in the window. */
int first_day(const struct synth *, const struct home *);
int last_day(const struct synth *, const struct home *);
int month_first(int day);		/* the first day of its month */
int month_next(int day);		/* ... and of the next */
/* Where letters go: the last home, or a room in the story's town. */
struct postal { const char *street, *complement, *postcode, *city; };
struct postal postal_of(const struct person *);
void say_postal(struct copy *, const char *object, const struct postal *);
void say_title(struct copy *, const char *path, const struct person *);
/* Who shares her life, or 0; the same number whoever of the two is asked. */
int64_t partner_of(const struct synth *, int64_t n);
bool adult(const struct synth *, const struct person *);

/* ---- bills of the telephone (phone_bill.c) ---- */

enum { PHONE_LINES_MAX = 12 };
struct phone_bill {
	char number[64];
	int from, to, date, due, paid;	/* days; paid 0 = not yet */
	int64_t cents, tax_cents, changed_us;
	struct { const char *kind, *legacy, *label; int64_t n, cents; }
	    lines[PHONE_LINES_MAX];
	int line_count;
};
typedef void phone_bill_fn(const struct phone_bill *, void *arg);
void phone_bills_make(const struct synth *, const struct person *,
    const struct line_of *, phone_bill_fn *, void *arg);
extern const struct plan { const char *code, *name; int cents, data_go; } plans[];

/* ---- cover, receipts, passes: what a bank account sees of other sectors ---- */

enum { COVERS_MAX = 4 };
struct cover {
	char contract[32], home_id[32];
	const char *kind, *formula, *formula_name;
	const struct home *home;	/* what is insured, or NULL */
	int begin, end;
	int64_t cents;			/* a year */
};
int covers_make(struct cover[COVERS_MAX], const struct synth *,
    const struct person *);
/* What is paid each month, or 0 before the first contract and after the last. */
int64_t premium_of_month(const struct cover *, int n, int first_of_month);
enum { PREMIUM_DAY = 5 };

enum { BASKET_MAX = 30 };
struct article { const char *label, *section, *rayon; int cents; bool by_weight; };
extern const struct article articles[];
struct basket {
	char id[40];
	int64_t time_s;			/* UTC */
	int till, items, count;
	bool online, cancelled;
	int64_t total, discount;	/* cents */
	int points;
	struct { int article; int64_t qty_e3, cents; } lines[BASKET_MAX];
};
/* What she bought that day: 0 or 1 basket. */
bool basket_make(struct basket *, const struct synth *, const struct person *,
    int day);
bool has_loyalty_card(const struct synth *, const struct person *);

enum ride_kind { RIDES_NOT, RIDES_MONTHLY, RIDES_TEN };
enum ride_kind ride_kind(const struct synth *, const struct person *);
struct pass { char id[40]; int from, to, bought, cents, left; };
/* The pass of a month, if she bought one. */
bool pass_make(struct pass *, const struct synth *, const struct person *,
    int first_of_month);

#endif
