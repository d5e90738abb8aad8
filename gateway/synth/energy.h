/* SPDX-License-Identifier: Apache-2.0 */
/* energy.h - what the files of the energy sector share. */
#ifndef SYNTH_ENERGY_H
#define SYNTH_ENERGY_H
#include "synth/synth_own.h"

/* When the end is known, the contract changes the next working day. */
int64_t contract_changed(const struct synth *, const struct person *,
    const struct home *);
/* What the network expects in a year: 1,500 degree-days for the heating. */
int year_kwh(const struct home *);
/* The network sends a day in the early morning of the next. */
int64_t reading_sent(const struct synth *, const struct person *, int day);

/* energy_more.c: tables ... */
typedef void energy_rows(struct copy *, const struct synth *,
    const struct person *);
energy_rows energy_terms, energy_profiles, gas_points, gas_days, water_meters,
    water_days;
/* How bills are paid: PR, CB, VI or CH, and its name in the schema. */
const char *energy_means(const struct synth *, const struct person *);
const char *energy_means_said(const char *means);

#endif
