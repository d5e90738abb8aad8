/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_keys.h - keys that a client publishes itself (RFC 7591, jwks_uri).
 *
 * They are asked for anew when they are old, so that a key taken back there
 * ends here, and when an assertion names one we do not know: once a minute at
 * most, whoever asks for nonsense in somebody's name. One fetch at a time and
 * worker; calls that come meanwhile wait for it. What gives no keys leaves those
 * before.
 */
#ifndef CLIENT_KEYS_H
#define CLIENT_KEYS_H
#include <sys/queue.h>
#include "consent/client.h"

enum { CLIENT_KEYS_AGE_S = 3600, CLIENT_KEYS_FLOOR_S = 60 };

/* Not looked at for an hour? Sooner than a minute ago? */
bool client_keys_old(const struct client *);
bool client_keys_floor(const struct client *);

/* Lives in the asker's own state. */
struct client_keys_wait {
	struct call *call;
	struct client_keys_fetch *fetch;
	TAILQ_ENTRY(client_keys_wait) among;
};
/* A step's last word: WAIT; the next step finds the client anew. NEXT: it
 * cannot be asked now. */
enum next client_keys_fetch(struct call *, struct client_keys_wait *,
    const struct client *);

#endif
