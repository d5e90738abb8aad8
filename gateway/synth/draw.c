/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draw.c - chance without memory.
 *
 * A draw is a mix of (seed, person, purpose, item, count): the finalizer of
 * splitmix64, applied at each stage. No state is carried from one person to the
 * next, so any part of the population can be made alone.
 */
#include <math.h>
#include "synth/synth_own.h"

static const uint64_t GOLDEN = 0x9e3779b97f4a7c15u;

static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

struct draw
draw_for(const struct synth *s, int64_t person, enum purpose purpose,
    int64_t item)
{
	uint64_t key = mix(s->seed + GOLDEN);

	key = mix(key ^ ((uint64_t)person * GOLDEN + (uint64_t)purpose));
	key = mix(key + (uint64_t)item * GOLDEN);
	return (struct draw){ key, 0 };
}

uint64_t
draw_bits(struct draw *d)
{
	return mix(d->key + GOLDEN * ++d->n);
}

double
draw_unit(struct draw *d)
{
	return ((double)(draw_bits(d) >> 12) + 0.5) / 4503599627370496.0;
}

int
draw_below(struct draw *d, int n)
{
	return (int)((draw_bits(d) >> 32) * (uint64_t)n >> 32);
}

int
draw_between(struct draw *d, int low, int high)
{
	return low + draw_below(d, high - low + 1);
}

double
draw_real(struct draw *d, double low, double high)
{
	return low + (high - low) * draw_unit(d);
}

bool
draw_chance(struct draw *d, double p)
{
	return draw_unit(d) < p;
}

/* Box and Muller, the cosine half. */
double
draw_normal(struct draw *d)
{
	double r = sqrt(-2 * log(draw_unit(d)));

	return r * cos(2 * M_PI * draw_unit(d));
}

/* Knuth's product of units: fine for the small means used here. */
int
draw_poisson(struct draw *d, double mean)
{
	double floor_ = exp(-mean), product = draw_unit(d);
	int n = 0;

	while (product > floor_) {
		product *= draw_unit(d);
		n++;
	}
	return n;
}
