/*
 * routes.h - every route of the gateway, one symbol each.
 *
 * The file named after the symbol tells the route's story. A new route adds
 * one line here and one in routes.c, both in the order of the alphabet.
 */
#ifndef ROUTES_H
#define ROUTES_H
#include "http/call.h"

extern const struct route route_journal_checkpoint;
extern const struct route route_journal_tile;

#endif
