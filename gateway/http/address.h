/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address.h - which addresses may be talked to, and which are trusted.
 */
#ifndef ADDRESS_H
#define ADDRESS_H
#include <stdbool.h>
#include <sys/socket.h>
#include "base/attr.h"

struct networks;

/* "10.0.0.0/8 ::1 192.0.2.7", separated by blanks or commas. 0 and *out
 * (networks_free), or E_BAD_INPUT and *wrong: the entry not understood. */
MUST_CHECK int networks_parse(struct networks **out, const char *text,
    char wrong[64]);
bool networks_hold(const struct networks *, const struct sockaddr *);
bool networks_hold_text(const struct networks *, const char *address);
void networks_free(struct networks *);

/*
 * Is this an address of the public Internet? Not: loopback, private,
 * link-local, shared (100.64/10), multicast, documentation, benchmarking,
 * reserved; nor an IPv6 address that stands for such an IPv4 one (mapped,
 * compatible, NAT64, 6to4, Teredo).
 */
bool address_public(const struct sockaddr *);
/* "192.0.2.7", "2001:db8::1" */
void address_text(char out[64], const struct sockaddr *);

#endif
