/* SPDX-License-Identifier: Apache-2.0 */
/*
 * note.c - signed notes and checkpoints.
 *
 * Written against c2sp.org/signed-note and c2sp.org/tlog-checkpoint; judged by
 * Go's golang.org/x/mod/sumdb/note in the tests.
 */
#include "journal/note.h"
#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"

#define ED25519	0x01		/* the type of signature, in ids and keys */
#define COSIGNATURE 0x04	/* c2sp.org/tlog-cosignature, version 1 */
#define DASH	"\xe2\x80\x94 "	/* U+2014 and a space begin a signature */

static uint32_t
big_endian(const uint8_t b[4])
{
	return (uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

/* ---- verifier keys ---- */

/* No space, no plus, no control character: a name stands in a line. */
bool
note_name_valid(const char *name, size_t n)
{
	if (n == 0 || n >= NOTE_NAME || !utf8_valid(name, n))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == '+' ||
		    name[i] == 0x7f)
			return false;
	return true;
}

static uint32_t
key_id(const char *name, uint8_t type, const uint8_t key[32])
{
	const struct piece pieces[] = {
		{ name, strlen(name) }, { "\n", 1 }, { &type, 1 }, { key, 32 }
	};
	uint8_t digest[SHA256_SIZE];

	sha256_pieces(digest, pieces, countof(pieces));
	return big_endian(digest);
}

static int
parse_key(struct note_key *k, const char *vkey, uint8_t type)
{
	const char *hex = strchr(vkey, '+');
	const char *base = hex == NULL ? NULL : strchr(hex + 1, '+');
	uint8_t id[4], typed[33];
	char digits[9] = "";

	if (base == NULL || base - hex != 9 ||
	    !note_name_valid(vkey, (size_t)(hex - vkey)))
		return E_BAD_INPUT;
	memcpy(digits, hex + 1, 8);
	if (hex_decode(id, sizeof(id), digits) < 0 ||
	    b64_decode(typed, sizeof(typed), base + 1, strlen(base + 1)) !=
	    (int)sizeof(typed) || typed[0] != type)
		return E_BAD_INPUT;
	snprintf(k->name, sizeof(k->name), "%.*s", (int)(hex - vkey), vkey);
	memcpy(k->bytes, typed + 1, sizeof(k->bytes));
	k->type = type;
	k->id = key_id(k->name, type, k->bytes);
	return k->id == big_endian(id) ? 0 : E_BAD_INPUT;
}

int
note_key_parse(struct note_key *k, const char *vkey)
{
	return parse_key(k, vkey, ED25519);
}

int
note_cosigner_parse(struct note_key *k, const char *vkey)
{
	return parse_key(k, vkey, COSIGNATURE);
}

void
note_key_renamed(struct note_key *out, const struct note_key *k,
    const char *name)
{
	assert(note_name_valid(name, strlen(name)));
	memmove(out->bytes, k->bytes, sizeof(out->bytes));
	snprintf(out->name, sizeof(out->name), "%s", name);
	out->type = k->type;
	out->id = key_id(out->name, out->type, out->bytes);
}

static void
name_key(struct note_key *k, const char *name, EVP_PKEY *key, uint8_t type)
{
	size_t n = sizeof(k->bytes);
	int ok = EVP_PKEY_get_raw_public_key(key, k->bytes, &n);

	assert(ok == 1 && n == sizeof(k->bytes));
	assert(note_name_valid(name, strlen(name)));
	snprintf(k->name, sizeof(k->name), "%s", name);
	k->type = type;
	k->id = key_id(k->name, type, k->bytes);
}

void
note_key_of(struct note_key *k, const char *name, EVP_PKEY *key)
{
	name_key(k, name, key, ED25519);
}

void
note_cosigner_of(struct note_key *k, const char *name, EVP_PKEY *key)
{
	name_key(k, name, key, COSIGNATURE);
}

char *
note_key_text(struct arena *a, const struct note_key *k)
{
	uint8_t typed[33] = { k->type };
	char text[48];

	memcpy(typed + 1, k->bytes, sizeof(k->bytes));
	b64_encode(text, typed, sizeof(typed));
	return arena_printf(a, "%s+%08" PRIx32 "+%s", k->name, k->id, text);
}

/* ---- reading ---- */

/* Valid UTF-8 without control characters but newline. */
static bool
text_valid(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)s[i] < ' ' && s[i] != '\n') || s[i] == 0x7f)
			return false;
	return utf8_valid(s, n);
}

/* The start of the signatures: after the last empty line. */
static const char *
find_signatures(const char *s, size_t n)
{
	for (size_t i = n; i >= 3; i--)
		if (s[i - 1] == '\n' && s[i - 2] == '\n')
			return s + i;
	return NULL;
}

/* "— name base64", from line to end (the newline). */
static int
read_signature(struct note_signature *sig, struct arena *a, const char *line,
    const char *end)
{
	size_t dash = strlen(DASH);
	const char *space;
	uint8_t *bytes;
	int n;

	if ((size_t)(end - line) < dash || memcmp(line, DASH, dash) != 0)
		return E_BAD_INPUT;
	line += dash;
	space = memchr(line, ' ', (size_t)(end - line));
	if (space == NULL || !note_name_valid(line, (size_t)(space - line)))
		return E_BAD_INPUT;
	bytes = arena_alloc(a, (size_t)(end - space));
	n = b64_decode(bytes, (size_t)(end - space), space + 1,
	    (size_t)(end - space - 1));
	if (n < 5)
		return E_BAD_INPUT;
	sig->name = arena_strndup(a, line, (size_t)(space - line));
	sig->id = big_endian(bytes);
	sig->bytes = bytes + 4;
	sig->n = (size_t)n - 4;
	return 0;
}

int
note_parse(struct note *note, struct arena *a, const char *data, size_t n)
{
	const char *line, *end, *stop;
	int rc;

	*note = (struct note){ 0 };
	if (n > NOTE_MAX)
		return E_TOO_LARGE;
	if (n == 0 || data[n - 1] != '\n' || !text_valid(data, n))
		return E_BAD_INPUT;
	data = arena_strndup(a, data, n);
	stop = data + n;
	if ((line = find_signatures(data, n)) == NULL || line == stop)
		return E_BAD_INPUT;
	note->text = arena_strndup(a, data, (size_t)(line - 1 - data));
	note->text_n = (size_t)(line - 1 - data);
	for (; line < stop; line = end + 1) {
		end = memchr(line, '\n', (size_t)(stop - line));
		if (note->signature_count == NOTE_SIGNATURES)
			return E_TOO_LARGE;
		rc = read_signature(&note->signatures[note->signature_count++],
		    a, line, end);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* What a cosignature of that time signs: "cosignature/v1", the time, the text. */
static char *
cosigned_text(uint64_t time_s, const char *text, size_t text_n, size_t *n)
{
	char *out = NULL;
	int length = asprintf(&out, "cosignature/v1\ntime %" PRIu64 "\n%.*s",
	    time_s, (int)text_n, text);

	if (length < 0)
		fatal("no memory");
	*n = (size_t)length;
	return out;
}

static bool
signed_by(const struct note_key *k, const uint8_t *sig, size_t sig_n,
    const char *text, size_t n)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
	    k->bytes, sizeof(k->bytes));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = key != NULL && ctx != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, sig, sig_n, (const uint8_t *)text, n) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return good;
}

static bool
signature_good(const struct note *note, const struct note_signature *sig,
    const struct note_key *k)
{
	uint64_t at = 0;
	char *text;
	size_t n;
	bool good;

	if (k->type != COSIGNATURE)
		return signed_by(k, sig->bytes, sig->n, note->text, note->text_n);
	if (sig->n != 8 + 64)
		return false;
	for (int i = 0; i < 8; i++)
		at = at << 8 | sig->bytes[i];
	text = cosigned_text(at, note->text, note->text_n, &n);
	good = signed_by(k, sig->bytes + 8, 64, text, n);
	free(text);
	return good;
}

int
note_verify(const struct note *note, const struct note_key *k)
{
	int rc = E_NOT_FOUND;

	for (size_t i = 0; i < note->signature_count; i++) {
		const struct note_signature *sig = &note->signatures[i];

		if (sig->id != k->id || strcmp(sig->name, k->name) != 0)
			continue;
		if (!signature_good(note, sig, k))
			return E_DENIED;
		rc = 0;
	}
	return rc;
}

/* ---- writing ---- */

static void
sign(uint8_t out[64], EVP_PKEY *key, const char *text, size_t n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t size = 64;
	int ok = ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, out, &size, (const uint8_t *)text, n) == 1;

	assert(ok && size == 64);
	EVP_MD_CTX_free(ctx);
}

/* "— NAME base64(id || bytes)\n"; the first four of bytes are the id's. */
static char *
signature_line(struct arena *a, const struct note_key *k, uint8_t *bytes,
    size_t n)
{
	char base[112];

	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(k->id >> (24 - 8 * i));
	b64_encode(base, bytes, n);
	return arena_printf(a, DASH "%s %s\n", k->name, base);
}

char *
note_signed(struct arena *a, const char *text, const char *name, EVP_PKEY *public,
    const uint8_t signature[64])
{
	uint8_t bytes[4 + 64];
	size_t n = strlen(text);
	struct note_key k;

	assert(n > 0 && text[n - 1] == '\n');
	note_key_of(&k, name, public);
	memcpy(bytes + 4, signature, 64);
	return arena_printf(a, "%s\n%s", text,
	    signature_line(a, &k, bytes, sizeof(bytes)));
}

char *
note_sign(struct arena *a, const char *text, const char *name, EVP_PKEY *key)
{
	uint8_t signature[64];

	sign(signature, key, text, strlen(text));
	return note_signed(a, text, name, key, signature);
}

char *
note_cosign(struct arena *a, const char *text, const char *name, EVP_PKEY *key,
    int64_t time_s)
{
	uint8_t bytes[4 + 8 + 64];
	struct note_key k;
	char *whole;
	size_t n;

	whole = cosigned_text((uint64_t)time_s, text, strlen(text), &n);
	note_cosigner_of(&k, name, key);
	for (int i = 0; i < 8; i++)
		bytes[4 + i] = (uint8_t)((uint64_t)time_s >> (56 - 8 * i));
	sign(bytes + 12, key, whole, n);
	free(whole);
	return signature_line(a, &k, bytes, sizeof(bytes));
}

/* ---- checkpoints ---- */

int
checkpoint_size(uint64_t *out, const char *s, size_t n)
{
	uint64_t v = 0;

	if (n == 0 || n > 19 || (s[0] == '0' && n > 1))
		return E_BAD_INPUT;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return E_BAD_INPUT;
		v = v * 10 + (uint64_t)(s[i] - '0');
	}
	*out = v;
	return 0;
}

/* Three lines; *after is what follows them. */
static int
read_lines(struct checkpoint *c, const char *p, size_t n, const char **after)
{
	const char *lines[3], *stop = p + n, *end;
	size_t lengths[3];

	for (int i = 0; i < 3; i++) {
		if ((end = memchr(p, '\n', (size_t)(stop - p))) == NULL)
			return E_BAD_INPUT;
		lines[i] = p;
		lengths[i] = (size_t)(end - p);
		p = end + 1;
	}
	if (lengths[0] == 0 || lengths[0] >= sizeof(c->origin) ||
	    checkpoint_size(&c->size, lines[1], lengths[1]) < 0 ||
	    b64_decode(c->root.bytes, SHA256_SIZE, lines[2], lengths[2]) !=
	    SHA256_SIZE)
		return E_BAD_INPUT;
	memset(c->origin, 0, sizeof(c->origin));
	memcpy(c->origin, lines[0], lengths[0]);
	*after = p;
	return 0;
}

int
checkpoint_parse(struct checkpoint *c, const struct note *note)
{
	const char *after;		/* extensions */

	return read_lines(c, note->text, note->text_n, &after);
}

int
checkpoint_read(struct checkpoint *c, const char *text, size_t n)
{
	const char *after;

	return read_lines(c, text, n, &after) < 0 || after != text + n ||
	    !note_name_valid(c->origin, strlen(c->origin)) ? E_BAD_INPUT : 0;
}

char *
checkpoint_text(struct arena *a, const struct checkpoint *c)
{
	char root[48];

	b64_encode(root, c->root.bytes, SHA256_SIZE);
	return arena_printf(a, "%s\n%" PRIu64 "\n%s\n", c->origin, c->size,
	    root);
}
