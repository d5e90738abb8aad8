/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream.h - a logical replication slot, read on a connection of its own.
 *
 * It opens, says what it found (on_open), and reads on once stream_start tells
 * from where. The server keeps what was not confirmed, and sends it again on the
 * next connection: so confirm only what is kept elsewhere for good. Nothing is
 * retried here: a lost stream is told once, closed, and opened anew by its owner.
 *
 * Source: PostgreSQL 15 documentation, chapters 55.4 (streaming replication
 * protocol) and 55.5 (logical streaming replication).
 */
#ifndef STREAM_H
#define STREAM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct stream;

struct stream_found {
	const char *origin;	/* which server, on which timeline */
	bool there, lost;	/* the slot; lost: it kept too little */
	int64_t confirmed;	/* it has forgotten what came before */
};

struct stream_events {
	void (*on_open)(const struct stream_found *, void *arg);
	/* one message of the output plugin */
	void (*on_message)(const char *data, size_t n, void *arg);
	/* all that has arrived was given */
	void (*on_drained)(void *arg);
	/* the server has sent all up to here */
	void (*on_alive)(int64_t lsn, void *arg);
	/* busy: another one reads this slot */
	void (*on_lost)(const char *why, bool busy, void *arg);
};

/* Slot and publication: a-z 0-9 _. Calls back later only; on_lost once. */
struct stream *stream_open(struct event_base *, const char *url,
    const char *slot, const char *publication, const struct stream_events *,
    void *arg);
void stream_start(struct stream *, int64_t lsn);
void stream_pause(struct stream *);	/* takes no more; stays alive */
void stream_resume(struct stream *);
void stream_confirm(struct stream *, int64_t lsn);
void stream_close(struct stream *);	/* NULL is welcome; from any callback */

#endif
