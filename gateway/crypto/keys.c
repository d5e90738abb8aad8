/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.c - the keys of this installation: made, checked, read.
 *
 * Every secret file is refused unless it belongs to this user (or to root, as
 * systemd credentials do) and nobody else may read it. What signs the journal is
 * not read here but by the signer alone; everybody else has its public half.
 */
#include "crypto/keys.h"
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/jws.h"
#include "crypto/keys_own.h"

static const char *const journal_logs[] = { "restitution", "consent-admin" };

static int
fault_missing(struct fault *f, const char *path)
{
	fault_set(f, "E121", path, 0, 0, "cannot be read: %s", strerror(errno));
	return fault_cure(f, "`guichet key new` makes what is missing");
}

/* ---- reading ---- */

static int
check_owner(int fd, const char *path, struct fault *f)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fault_missing(f, path);
	if (st.st_uid != geteuid() && st.st_uid != 0) {
		fault_set(f, "E122", path, 0, 0, "belongs to another user");
		return fault_cure(f, "chown it to the user that runs guichet");
	}
	if ((st.st_mode & 077) != 0) {
		fault_set(f, "E122", path, 0, 0,
		    "can be read by other users (mode %04o)",
		    (unsigned)st.st_mode & 07777);
		return fault_cure(f, "chmod 600 %s", path);
	}
	return 0;
}

int
keys_open_secret(FILE **out, const char *path, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fault_missing(f, path);
	if (check_owner(fd, path, f) < 0) {
		close(fd);
		return E_BAD_INPUT;
	}
	*out = fdopen(fd, "r");
	return 0;
}

static int
read_raw(uint8_t out[32], const char *path, struct fault *f)
{
	FILE *in;
	size_t n;

	if (keys_open_secret(&in, path, f) < 0)
		return E_BAD_INPUT;
	n = fread(out, 1, 32, in);
	if (n == 32 && fgetc(in) != EOF)
		n++;
	fclose(in);
	if (n == 32)
		return 0;
	fault_set(f, "E123", path, 0, 0, "is not a key of 32 bytes");
	return fault_cure(f, "bring it back from the backup");
}

int
keys_read_pem(EVP_PKEY **out, const char *path, const char *type, struct fault *f)
{
	FILE *in;

	if (keys_open_secret(&in, path, f) < 0)
		return E_BAD_INPUT;
	*out = PEM_read_PrivateKey(in, NULL, NULL, (void *)"");
	fclose(in);
	if (*out != NULL && EVP_PKEY_is_a(*out, type))
		return 0;
	EVP_PKEY_free(*out);
	*out = NULL;
	fault_set(f, "E123", path, 0, 0, "is not a private key (%s, PEM)", type);
	return fault_cure(f, "bring it back from the backup");
}

static int
by_id(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(((struct seal_key *)0)->id));
}

/* seal-6925b1c0.key */
static int
read_seal(struct keys *k, const char *path, const char *name, struct fault *f)
{
	struct seal_key *s = &k->seals[k->seals_n];
	char id[9];

	snprintf(id, sizeof(id), "%s", name + strlen("seal-"));
	if (k->seals_n == SEALS_MAX || hex_decode(s->id, 4, id) < 0 ||
	    strcmp(name + 13, ".key") != 0) {
		fault_set(f, "E123", path, 0, 0, k->seals_n == SEALS_MAX ?
		    "is one sealing key too many" :
		    "is not named seal-<8 hex digits>.key");
		return fault_cure(f, "move it out of the keys directory");
	}
	if (read_raw(s->bytes, path, f) < 0)
		return E_BAD_INPUT;
	k->seals_n++;
	return 0;
}

/* journal-restitution.pub */
static int
read_journal(struct keys *k, const char *path, const char *name, struct fault *f)
{
	struct log_key *l = &k->logs[k->logs_n];
	FILE *in;

	if (k->logs_n == LOGS_MAX) {
		fault_set(f, "E123", path, 0, 0, "is one journal key too many");
		return fault_cure(f, "move it out of the keys directory");
	}
	if ((in = fopen(path, "re")) == NULL)
		return fault_missing(f, path);
	l->key = PEM_read_PUBKEY(in, NULL, NULL, NULL);
	fclose(in);
	if (l->key == NULL || !EVP_PKEY_is_a(l->key, "ED25519")) {
		EVP_PKEY_free(l->key);
		fault_set(f, "E123", path, 0, 0, "is not a public key (ED25519,"
		    " PEM)");
		return fault_cure(f, "move it away; `guichet key new` brings it"
		    " back");
	}
	snprintf(l->log, sizeof(l->log), "%.*s",
	    (int)(strlen(name) - strlen("journal-.pub")),
	    name + strlen("journal-"));
	k->logs_n++;
	return 0;
}

int
keys_signer(EVP_PKEY **out, const char *dir, const char *log, struct fault *f)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/journal-%s.pem", dir, log);
	return keys_read_pem(out, path, "ED25519", f);
}

bool
keys_named(const char *name, const char *begin, const char *end)
{
	size_t n = strlen(name), b = strlen(begin), e = strlen(end);

	return n > b + e && strncmp(name, begin, b) == 0 &&
	    strcmp(name + n - e, end) == 0;
}

static int
read_listed(struct keys *k, const char *dir, struct fault *f)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[4096];
	int rc = 0;

	if (d == NULL)
		return fault_missing(f, dir);
	while (rc == 0 && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (keys_named(e->d_name, "seal-", ".key"))
			rc = read_seal(k, path, e->d_name, f);
		else if (keys_named(e->d_name, "journal-", ".pub"))
			rc = read_journal(k, path, e->d_name, f);
	}
	closedir(d);
	if (rc == 0 && k->seals_n == 0) {
		fault_set(f, "E121", dir, 0, 0, "holds no sealing key");
		return fault_cure(f, "`guichet key new` makes what is missing");
	}
	qsort(k->seals, k->seals_n, sizeof(k->seals[0]), by_id);
	return rc;
}

int
keys_load(struct keys **out, const char *dir, struct fault *f)
{
	struct keys *k = xcalloc(1, sizeof(*k));
	char path[4096];

	k->dir = xstrdup(dir);

	snprintf(path, sizeof(path), "%s/ticket.key", dir);
	if (keys_read_signing(k, dir, f) < 0 || read_listed(k, dir, f) < 0 ||
	    read_raw(k->ticket, path, f) < 0) {
		keys_free(k);
		return E_BAD_INPUT;
	}
	*out = k;
	return 0;
}

static bool
seal_known(const struct keys *k, const uint8_t id[4])
{
	for (size_t i = 0; i < k->seals_n; i++)
		if (memcmp(k->seals[i].id, id, 4) == 0)
			return true;
	return false;
}

bool
keys_seal_learn(struct keys *k, const uint8_t id[4])
{
	char name[24], hex[9], path[4096];
	struct fault f;

	hex_encode(hex, id, 4);
	snprintf(name, sizeof(name), "seal-%s.key", hex);
	snprintf(path, sizeof(path), "%s/%s", k->dir, name);
	if (access(path, F_OK) != 0 || read_seal(k, path, name, &f) < 0)
		return false;
	qsort(k->seals, k->seals_n, sizeof(k->seals[0]), by_id);
	return true;
}

void
keys_seal_look(struct keys *k)
{
	struct stat st;
	struct dirent *e;
	uint8_t id[4];
	char hex[9];
	DIR *d;

	if (stat(k->dir, &st) < 0 || (st.st_mtim.tv_sec ==
	    k->dir_changed.tv_sec && st.st_mtim.tv_nsec ==
	    k->dir_changed.tv_nsec) || (d = opendir(k->dir)) == NULL)
		return;
	k->dir_changed = st.st_mtim;
	while ((e = readdir(d)) != NULL) {
		if (!keys_named(e->d_name, "seal-", ".key"))
			continue;
		snprintf(hex, sizeof(hex), "%s", e->d_name + strlen("seal-"));
		if (hex_decode(id, sizeof(id), hex) == 0 && !seal_known(k, id))
			keys_seal_learn(k, id);
	}
	closedir(d);
}

void
keys_free(struct keys *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->signing);
	while (k->logs_n > 0)
		EVP_PKEY_free(k->logs[--k->logs_n].key);
	free(k->jwks);
	free(k->dir);
	OPENSSL_cleanse(k, sizeof(*k));
	free(k);
}

/* ---- making ---- */

int
keys_create(FILE **out, const char *path, struct fault *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0) {
		fault_set(f, "E120", path, 0, 0, "cannot be made: %s",
		    strerror(errno));
		return fault_cure(f, "run this as the user that runs guichet");
	}
	*out = fdopen(fd, "w");
	return 0;
}

int
keys_finish(FILE *out, bool ok, const char *path, struct fault *f)
{
	ok = ok && fflush(out) == 0 && fsync(fileno(out)) == 0;
	if (fclose(out) != 0 || !ok) {
		unlink(path);
		fault_set(f, "E120", path, 0, 0, "could not be written: %s",
		    strerror(errno));
		return fault_cure(f, "look at the disk");
	}
	puts(path);
	return 0;
}

static int
make_raw(const char *dir, const char *name, struct fault *f)
{
	uint8_t bytes[32];
	char path[4096];
	FILE *out;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (access(path, F_OK) == 0)
		return 0;
	if (keys_create(&out, path, f) < 0)
		return E_BAD_INPUT;
	random_bytes(bytes, sizeof(bytes));
	ok = fwrite(bytes, sizeof(bytes), 1, out) == 1;
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return keys_finish(out, ok, path, f);
}

int
keys_make_pem(const char *dir, const char *name, const char *type, struct fault *f)
{
	char path[4096];
	EVP_PKEY *key;
	FILE *out;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (access(path, F_OK) == 0)
		return 0;
	if (keys_create(&out, path, f) < 0)
		return E_BAD_INPUT;
	key = strcmp(type, "EC") == 0 ? EVP_EC_gen("P-256") :
	    EVP_PKEY_Q_keygen(NULL, NULL, type);
	ok = key != NULL &&
	    PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1;
	EVP_PKEY_free(key);
	return keys_finish(out, ok, path, f);
}

static bool
has_seal(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	bool found = false;

	while (d != NULL && !found && (e = readdir(d)) != NULL)
		found = keys_named(e->d_name, "seal-", ".key");
	if (d != NULL)
		closedir(d);
	return found;
}

static int
make_dir(const char *dir, struct fault *f)
{
	if (mkdir(dir, 0700) == 0 || errno == EEXIST)
		return 0;
	fault_set(f, "E120", dir, 0, 0, "cannot be made: %s", strerror(errno));
	return fault_cure(f, "make the directory above it first");
}

/* The public half, for whoever verifies. */
int
keys_publish(const char *dir, const char *log, EVP_PKEY *key, struct fault *f)
{
	char path[4096];
	FILE *out;

	snprintf(path, sizeof(path), "%s/journal-%s.pub", dir, log);
	if (access(path, F_OK) == 0)
		return 0;
	if (keys_create(&out, path, f) < 0)
		return E_BAD_INPUT;
	return keys_finish(out, fchmod(fileno(out), 0644) == 0 &&
	    PEM_write_PUBKEY(out, key) == 1, path, f);
}

int
keys_make_signer(const char *dir, const char *public, struct fault *f)
{
	char name[64];
	EVP_PKEY *key;
	int rc = make_dir(dir, f);

	for (size_t i = 0; rc == 0 && i < countof(journal_logs); i++) {
		snprintf(name, sizeof(name), "journal-%s.pem", journal_logs[i]);
		if ((rc = keys_make_pem(dir, name, "ED25519", f)) < 0 ||
		    (rc = keys_signer(&key, dir, journal_logs[i], f)) < 0)
			break;
		rc = keys_publish(public, journal_logs[i], key, f);
		EVP_PKEY_free(key);
	}
	return rc;
}

int
keys_make(const char *dir, struct fault *f)
{
	char name[64];
	int rc = make_dir(dir, f);

	if (rc == 0)
		rc = keys_make_pem(dir, "sign-es256.pem", "EC", f);
	snprintf(name, sizeof(name), "seal-%08x.key", (unsigned)clock_s());
	if (rc == 0 && !has_seal(dir))
		rc = make_raw(dir, name, f);
	if (rc == 0)
		rc = make_raw(dir, "ticket.key", f);
	return rc;
}

/* Ids are times in seconds; two keys of one second would be one. */
int
keys_seal_new(const char *dir, struct fault *f)
{
	struct keys *k;
	const uint8_t *last;
	unsigned id = (unsigned)clock_s(), newest;
	char name[64];

	if (keys_load(&k, dir, f) < 0)
		return E_BAD_INPUT;
	last = k->seals[k->seals_n - 1].id;
	newest = (unsigned)last[0] << 24 | (unsigned)last[1] << 16 |
	    (unsigned)last[2] << 8 | last[3];
	if (k->seals_n == SEALS_MAX) {
		keys_free(k);
		fault_set(f, "E123", dir, 0, 0, "holds %d sealing keys already",
		    SEALS_MAX);
		return fault_cure(f, "move the oldest out of it");
	}
	keys_free(k);
	snprintf(name, sizeof(name), "seal-%08x.key",
	    id > newest ? id : newest + 1);
	return make_raw(dir, name, f);
}

/* ---- what they hold ---- */

EVP_PKEY *
keys_signing(const struct keys *k)
{
	return k->signing;
}

const char *
keys_signing_kid(const struct keys *k)
{
	return k->kid;
}

const char *
keys_jwks(const struct keys *k)
{
	return k->jwks;
}

EVP_PKEY *
keys_journal(const struct keys *k, const char *log)
{
	for (size_t i = 0; i < k->logs_n; i++)
		if (strcmp(k->logs[i].log, log) == 0)
			return k->logs[i].key;
	return NULL;
}

const uint8_t *
keys_ticket(const struct keys *k)
{
	return k->ticket;
}
