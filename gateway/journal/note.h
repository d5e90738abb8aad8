/* SPDX-License-Identifier: Apache-2.0 */
/*
 * note.h - signed notes and checkpoints, as C2SP writes them.
 *
 * A note is a text and lines of signatures (c2sp.org/signed-note); the text of
 * a log's note is a checkpoint: origin, size, root (c2sp.org/tlog-checkpoint).
 * Reading is strict; keys we do not know are passed over, a bad signature of a
 * key we know is fatal.
 */
#ifndef NOTE_H
#define NOTE_H
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/attr.h"
#include "journal/tree.h"

struct arena;

enum { NOTE_MAX = 65536, NOTE_SIGNATURES = 32, NOTE_NAME = 256 };

/* ---- verifier keys: name+hex(id)+base64(0x01 || Ed25519 key) ---- */
struct note_key {
	char name[NOTE_NAME];
	uint32_t id;
	uint8_t type;			/* 1: signs; 4: cosigns (tlog-cosignature) */
	uint8_t bytes[32];
};
MUST_CHECK int note_key_parse(struct note_key *, const char *vkey);
/* The same key under another name: of a log that began anew. */
void note_key_renamed(struct note_key *, const struct note_key *,
    const char *name);
/* The same of witnesses, whose signatures say when. */
MUST_CHECK int note_cosigner_parse(struct note_key *, const char *vkey);
void note_cosigner_of(struct note_key *, const char *name, EVP_PKEY *);
/* May it stand in a line of signatures? */
bool note_name_valid(const char *name, size_t n);
void note_key_of(struct note_key *, const char *name, EVP_PKEY *);
char *note_key_text(struct arena *, const struct note_key *);

/* ---- notes ---- */
struct note {
	const char *text;	/* with its last newline */
	size_t text_n;
	struct note_signature {
		const char *name;
		uint32_t id;
		const uint8_t *bytes;
		size_t n;
	} signatures[NOTE_SIGNATURES];
	size_t signature_count;
};
/* 0, or E_BAD_INPUT / E_TOO_LARGE. Everything lives in the arena. */
MUST_CHECK int note_parse(struct note *, struct arena *, const char *, size_t n);
/* 0; E_NOT_FOUND: not signed by that key; E_DENIED: its signature is wrong. */
MUST_CHECK int note_verify(const struct note *, const struct note_key *);
/* The whole note, signed by the Ed25519 key under that name. */
char *note_sign(struct arena *, const char *text, const char *name, EVP_PKEY *);
/* The same, by a signature that was made elsewhere (a token). */
char *note_signed(struct arena *, const char *text, const char *name,
    EVP_PKEY *public, const uint8_t signature[64]);

/* A line of signatures: that key saw the whole text, at that time. */
char *note_cosign(struct arena *, const char *text, const char *name, EVP_PKEY *,
    int64_t time_s);

/* ---- checkpoints ---- */
struct checkpoint {
	char origin[NOTE_NAME];
	uint64_t size;
	struct hash root;
};
MUST_CHECK int checkpoint_parse(struct checkpoint *, const struct note *);
/* The same of a text that is not signed yet: its three lines and no more. */
MUST_CHECK int checkpoint_read(struct checkpoint *, const char *, size_t n);
/* Decimal, no sign, no leading zero. */
MUST_CHECK int checkpoint_size(uint64_t *, const char *, size_t n);
char *checkpoint_text(struct arena *, const struct checkpoint *);

#endif
