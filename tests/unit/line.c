/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.c: the leaf's exact shape, the commitment and the tag recomputed here
 * from their definition, and nothing of a person in the leaf.
 */
#define OPENSSL_SUPPRESS_DEPRECATED	/* another SHA-256 than ours */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include "base/arena.h"
#include "journal/line.h"

static struct arena *a;
static struct subject_ref subject;
static struct uuid grant;

static int
begin(void **state UNUSED)
{
	a = arena_new();
	memset(subject.id.bytes, 0xab, sizeof(subject.id.bytes));
	memset(subject.key, 0x5a, sizeof(subject.key));
	memset(grant.bytes, 0xcd, sizeof(grant.bytes));
	return 0;
}

static int
end(void **state UNUSED)
{
	arena_free(a);
	return 0;
}

static struct line
whole(void)
{
	return (struct line){
		.event = "delivery.acked", .dataset = "energy.load-curve@1",
		.to = "cozy", .outcome = "2xx", .records = 31, .bytes = 5120,
		.attempt = 2, .actor = "system", .subject = &subject,
		.grant = &grant, .digest = "00ff", .reason = "resync",
		.call = "0123456789abcdef", .of = "earlier",
	};
}

static void
base64url(char *out, const uint8_t *bytes, int n)
{
	char *p;

	EVP_EncodeBlock((unsigned char *)out, bytes, n);
	for (p = out; *p != '\0' && *p != '='; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
	*p = '\0';
}

static void
members_stand_in_their_order(void **state UNUSED)
{
	static const char *const order[] = { "v", "id", "t", "ev", "ds", "to",
	    "oc", "n", "b", "att", "act", "tag", "cm" };
	struct line l = whole();
	struct line_row row;
	const char *p, *key;
	json_t *leaf, *value;
	size_t i = 0;

	line_make(&row, a, &l);
	assert_int_equal(strlen(row.leaf), row.leaf_n);
	assert_int_equal(row.log, LOG_RESTITUTION);
	leaf = json_loads(row.leaf, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(leaf);
	assert_int_equal(json_object_size(leaf), countof(order));
	json_object_foreach(leaf, key, value) {	/* jansson keeps the order */
		assert_string_equal(key, order[i]);
		i++;
	}
	p = strstr(row.leaf, "\"n\":31,\"b\":5120,\"att\":2,\"act\":\"system\"");
	assert_non_null(p);
	json_decref(leaf);
}

static void
absent_facts_are_left_out(void **state UNUSED)
{
	const struct line l = { .event = "client.registered", .records = -1,
	    .bytes = -1, .actor = "operator" };
	struct line_row row;

	line_make(&row, a, &l);
	assert_null(row.side);
	assert_null(strstr(row.leaf, "\"n\""));
	assert_null(strstr(row.leaf, "\"cm\""));
	assert_null(strstr(row.leaf, "\"tag\""));
	assert_null(strstr(row.leaf, "null"));
	assert_int_equal(row.log, LOG_CONSENT_ADMIN);
}

static void
commitment_and_tag_are_as_defined(void **state UNUSED)
{
	static const char prefix[] = "guichet/side/v1\n";
	struct line l = whole();
	struct line_row row;
	uint8_t digest[32], mac[32];
	char text[64], id[UUID_TEXT];
	unsigned mac_n = sizeof(mac);
	SHA256_CTX ctx;

	line_make(&row, a, &l);
	SHA256_Init(&ctx);
	SHA256_Update(&ctx, prefix, strlen(prefix));
	SHA256_Update(&ctx, row.salt, 32);
	SHA256_Update(&ctx, row.side, row.side_n);
	SHA256_Final(digest, &ctx);
	base64url(text, digest, 32);
	assert_non_null(strstr(row.leaf, arena_printf(a, "\"cm\":\"%s\"}",
	    text)));
	uuid_text(id, &row.id);
	HMAC(EVP_sha256(), subject.key, 32, (const uint8_t *)id, strlen(id),
	    mac, &mac_n);
	base64url(text, mac, 16);
	assert_non_null(strstr(row.leaf, arena_printf(a, "\"tag\":\"%s\"",
	    text)));
}

/* Twice the same facts: nothing in the leaves links them but the facts. */
static void
leaves_do_not_lead_to_the_person(void **state UNUSED)
{
	struct line l = whole();
	struct line_row one, two;

	line_make(&one, a, &l);
	line_make(&two, a, &l);
	assert_null(strstr(one.leaf, "abababab"));	/* the subject's id */
	assert_null(strstr(one.leaf, "cdcdcdcd"));	/* the grant's */
	assert_null(strstr(one.leaf, "00ff"));
	assert_null(strstr(one.leaf, "0123456789abcdef"));
	assert_non_null(strstr(one.side, "abababab"));
	assert_non_null(strstr(one.side, "cdcdcdcd"));
	assert_string_equal(one.side, two.side);
	assert_memory_not_equal(one.salt, two.salt, 32);
	assert_string_not_equal(strstr(one.leaf, "\"cm\""),
	    strstr(two.leaf, "\"cm\""));
	assert_string_not_equal(strstr(one.leaf, "\"tag\""),
	    strstr(two.leaf, "\"tag\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_stand_in_their_order),
		cmocka_unit_test(absent_facts_are_left_out),
		cmocka_unit_test(commitment_and_tag_are_as_defined),
		cmocka_unit_test(leaves_do_not_lead_to_the_person),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
