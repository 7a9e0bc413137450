// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Selectors and transforms of data SAs, as the configuration and as messages have them;
 * what lies within what; and Sender-IDs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "group/selector.h"
#include "group/sid.h"
#include "test.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static void report(void *arg, const char *text)
{
	(void)arg;
	fail_msg("%s", text);
}

/* "destination: 239.1.1.1, protocol: udp" */
static struct conf_selector selector(const char *text)
{
	struct conf_selector out;
	struct conf_group *group;
	char yaml[512];

	snprintf(yaml, sizeof(yaml),
		 "{ name: g, traffic: [ { %s } ], members: [ { identity: \"*\" } ] }", text);
	group = conf_group_load("f", yaml, strlen(yaml), report, NULL);
	assert_non_null(group);
	out = group->traffic[0];
	conf_group_free(group);
	return out;
}

static const char * const texts[] = {
	"destination: 239.1.1.1",
	"destination: 224.0.0.0/4",
	"destination: 239.1.2.128/25, source: 192.0.2.1",
	"destination: 239.1.1.1, source: 192.0.2.0/23, protocol: udp",
	"destination: 239.1.1.1, protocol: udp, destination-ports: 5004",
	"destination: 239.1.1.1, protocol: udp, source-ports: 1-2, destination-ports: 0-65535",
	"destination: 239.1.1.1, protocol: 200",
	"destination: \"ff00::/8\"",
	"destination: \"ff3e::8000:1\", source: \"2001:db8::/33\", protocol: tcp, source-ports: 7",
};

static void there_and_back(void **state)
{
	struct conf_selector in, out;
	struct wire_ts src, dst;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		in = selector(texts[i]);
		selector_to_wire(&in, &src, &dst);
		assert_null(selector_from_wire(&src, &dst, &out));
		for (j = 0; j < COUNT(texts); j++) {
			in = selector(texts[j]);
			assert_int_equal(selector_equal(&in, &out), i == j);
		}
		assert_int_equal(src.protocol, dst.protocol);
		if (!out.source.len)
			assert_int_equal(out.source.addr.family, AF_UNSPEC);
	}
}

static void ranges(void **state)
{
	struct conf_selector in = selector(texts[2]);
	struct wire_ts src, dst;

	(void)state;
	selector_to_wire(&in, &src, &dst);
	assert_int_equal(dst.type, TS_IPV4_ADDR_RANGE);
	assert_memory_equal(dst.start, "\xef\x01\x02\x80\0\0\0\0", 8);
	assert_memory_equal(dst.end, "\xef\x01\x02\xff\0\0\0\0", 8);
	assert_memory_equal(src.start, src.end, 16);
	in = selector(texts[8]);
	selector_to_wire(&in, &src, &dst);
	assert_int_equal(src.type, TS_IPV6_ADDR_RANGE);
	assert_memory_equal(src.end, "\x20\x01\x0d\xb8\x7f\xff\xff\xff\xff", 9);
	assert_int_equal(src.start_port, 7);
	assert_int_equal(src.end_port, 7);
	assert_int_equal(dst.end_port, 65535);
	/* Bits behind a prefix do not count. */
	in = selector(texts[0]);
	in.destination.len = 24;
	selector_to_wire(&in, &src, &dst);
	assert_memory_equal(dst.start, "\xef\x01\x01\x00", 4);
	assert_memory_equal(dst.end, "\xef\x01\x01\xff", 4);
}

enum field { SRC, DST, BOTH };

/* One thing that is wrong with a pair of good selectors. */
static const struct {
	enum field field;
	struct wire_ts ts;
} wrong[] = {
	{ SRC, { .type = TS_IPV6_ADDR_RANGE, .end_port = 65535, .protocol = 17 } },
	{ BOTH, { .type = TS_FC_ADDR_RANGE, .end_port = 65535, .protocol = 17 } },
	{ SRC, { .type = TS_IPV4_ADDR_RANGE, .end_port = 65535, .protocol = 6,
		 .end = { 255, 255, 255, 255 } } },
	{ SRC, { .type = TS_IPV4_ADDR_RANGE, .end_port = 65535, .protocol = 17,
		 .start = { 10, 0, 0, 1 }, .end = { 10, 0, 0, 2 } } },
	{ SRC, { .type = TS_IPV4_ADDR_RANGE, .end_port = 65535, .protocol = 17,
		 .start = { 10, 0, 0, 9 }, .end = { 10, 0, 0, 8 } } },
	{ SRC, { .type = TS_IPV4_ADDR_RANGE, .start_port = 65535, .protocol = 17,
		 .end = { 255, 255, 255, 255 } } },
	{ DST, { .type = TS_IPV4_ADDR_RANGE, .end_port = 65535, .protocol = 17,
		 .start = { 192, 0, 2, 1 }, .end = { 192, 0, 2, 1 } } },
	{ DST, { .type = TS_IPV4_ADDR_RANGE, .end_port = 65535, .protocol = 17,
		 .start = { 224 }, .end = { 255, 255, 255, 255 } } },
	{ DST, { .type = TS_IPV4_ADDR_RANGE, .start_port = 6, .end_port = 5, .protocol = 17,
		 .start = { 239, 1, 1, 1 }, .end = { 239, 1, 1, 1 } } },
};

static void malformed(void **state)
{
	struct conf_selector in = selector("destination: 239.1.1.1, protocol: udp"), out;
	struct wire_ts src, dst;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(wrong); i++) {
		selector_to_wire(&in, &src, &dst);
		if (wrong[i].field != DST)
			src = wrong[i].ts;
		if (wrong[i].field != SRC)
			dst = wrong[i].ts;
		if (!selector_from_wire(&src, &dst, &out))
			fail_msg("selector %zu", i);
	}
	in.protocol = 1;
	in.destination_ports = (struct conf_ports){ 0x0800, 0x08ff };
	selector_to_wire(&in, &src, &dst);
	assert_non_null(selector_from_wire(&src, &dst, &out));
}

static const struct {
	const char *inner, *outer;
	bool within;
} pairs[] = {
	{ "destination: 239.1.1.1", "destination: 239.0.0.0/8", true },
	{ "destination: 239.0.0.0/8", "destination: 239.1.1.1", false },
	{ "destination: 239.1.1.0/24", "destination: 239.1.1.0", false },
	{ "destination: 239.1.1.1", "destination: 238.0.0.0/8", false },
	{ "destination: 239.1.1.1", "destination: \"ff00::/8\"", false },
	{ "destination: 239.1.1.1, source: 192.0.2.1", "destination: 239.1.1.1", true },
	{ "destination: 239.1.1.1", "destination: 239.1.1.1, source: 192.0.2.1", false },
	{ "destination: 239.1.1.1", "destination: 239.1.1.1, source: 0.0.0.0/0", true },
	{ "destination: 239.1.1.1, source: 192.0.2.1",
	  "destination: 239.1.1.1, source: 192.0.3.0/24", false },
	{ "destination: 239.1.1.1, protocol: udp", "destination: 239.1.1.1", true },
	{ "destination: 239.1.1.1", "destination: 239.1.1.1, protocol: udp", false },
	{ "destination: 239.1.1.1, protocol: tcp", "destination: 239.1.1.1, protocol: udp",
	  false },
	{ "destination: 239.1.1.1, protocol: udp, destination-ports: 5004",
	  "destination: 239.1.1.1, protocol: udp, destination-ports: 5000-5009", true },
	{ "destination: 239.1.1.1, protocol: udp, destination-ports: 5004-5010",
	  "destination: 239.1.1.1, protocol: udp, destination-ports: 5000-5009", false },
	{ "destination: 239.1.1.1, protocol: udp, source-ports: 4999",
	  "destination: 239.1.1.1, protocol: udp, source-ports: 5000-5009", false },
};

static void within(void **state)
{
	struct conf_selector inner, outer;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(pairs); i++) {
		inner = selector(pairs[i].inner);
		outer = selector(pairs[i].outer);
		if (selector_within(&inner, &outer) != pairs[i].within)
			fail_msg("pair %zu", i);
		assert_true(selector_within(&inner, &inner));
	}
}

static struct wire_policy policy_of(const struct wire_transform *transforms, size_t n)
{
	return (struct wire_policy){ .protocol = PROTO_ESP, .transforms = transforms,
				     .n_transforms = n };
}

static void algorithms(void **state)
{
	static const char * const names[] = { "aes128gcm16", "aes256gcm16", "aes128gcm12",
					      "aes256gcm8", "aes128gmac", "aes256gmac" };
	struct wire_transform transforms[ESP_TRANSFORMS];
	struct wire_policy policy;
	struct conf_esp in, out;
	bool sequential;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		assert_true(conf_esp_parse(names[i], &in));
		assert_string_equal(conf_esp_name(&in), names[i]);
		esp_to_wire(&in, i % 2, transforms);
		policy = policy_of(transforms, ESP_TRANSFORMS);
		assert_null(esp_from_wire(&policy, &out, &sequential));
		assert_int_equal(sequential, i % 2);
		assert_string_equal(out.aead, in.aead);
		assert_int_equal(out.icv, in.icv);
		assert_int_equal(esp_keymat_len(&out), in.key_bits / 8 + 4);
		assert_true(esp_is_counter(&out));
	}
	in.id = ENCR_AES_CBC;
	assert_string_equal(conf_esp_name(&in), "");
	assert_false(esp_is_counter(&in));
}

#define T(type_, id_, bits)	{ .type = TRANSFORM_##type_, .id = (id_), .key_length = (bits) }
#define GOOD_ENCR		T(ENCR, ENCR_AES_GCM_16, 128)
#define GOOD_SN			T(SN, SN_32_BIT_UNSPECIFIED, 0)

static const struct {
	struct wire_transform transforms[3];
	size_t n;
	bool good;
} policies[] = {
	{ { GOOD_ENCR, GOOD_SN }, 2, true },
	{ { GOOD_SN, GOOD_ENCR, T(INTEG, AUTH_NONE, 0) }, 3, true },
	{ { GOOD_ENCR }, 1, false },
	{ { GOOD_SN }, 1, false },
	{ { T(ENCR, ENCR_AES_GCM_16, 192), GOOD_SN }, 2, false },
	{ { T(ENCR, ENCR_AES_GCM_16, 0), GOOD_SN }, 2, false },
	{ { T(ENCR, ENCR_AES_GCM_16_IIV, 128), T(SN, SN_32_BIT_SEQUENTIAL, 0) }, 2, false },
	{ { T(ENCR, ENCR_AES_CBC, 128), GOOD_SN, T(INTEG, AUTH_HMAC_SHA2_256_128, 0) }, 3, false },
	{ { T(ENCR, ENCR_CHACHA20_POLY1305, 0), GOOD_SN }, 2, false },
	{ { GOOD_ENCR, T(SN, SN_PARTIAL_64_BIT_SEQUENTIAL, 0) }, 2, false },
	{ { GOOD_ENCR, T(SN, 99, 0) }, 2, false },
	{ { GOOD_ENCR, GOOD_SN, { .type = 99 } }, 3, false },
	{ { GOOD_ENCR, { .type = TRANSFORM_SN, .id = SN_32_BIT_UNSPECIFIED,
			 .unknown = { (const uint8_t *)"\x80\x63\x00\x01", 4 } } }, 2, false },
};

static void unfit_policies(void **state)
{
	struct wire_policy policy;
	struct conf_esp esp;
	bool sequential;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(policies); i++) {
		policy = policy_of(policies[i].transforms, policies[i].n);
		if (!esp_from_wire(&policy, &esp, &sequential) != policies[i].good)
			fail_msg("policy %zu", i);
	}
	policy = policy_of(policies[0].transforms, 2);
	policy.protocol = PROTO_AH;
	assert_non_null(esp_from_wire(&policy, &esp, &sequential));
}

static void sids_in_order(void **state)
{
	struct sid_space *space = sid_space_new(8);
	uint32_t sids[300], i;

	(void)state;
	assert_non_null(space);
	sid_take(space, 3);
	sid_take(space, 3);
	sid_take(space, 256);
	assert_int_equal(space->used, 1);
	assert_true(sid_is_taken(space, 256));
	assert_int_equal(sid_take_free(&space, 1, 4, sids), 4);
	assert_int_equal(sids[0], 0);
	assert_int_equal(sids[3], 4);
	assert_int_equal(sid_take_free(&space, 1, 300, sids), 251);
	for (i = 0; i < 251; i++)
		assert_int_equal(sids[i], i + 5);
	assert_int_equal(space->used, 256);
	assert_int_equal(sid_take_free(&space, 1, 1, sids), 0);
	free(space);
}

static void sids_of_two(void **state)
{
	struct sid_space *spaces[2] = { sid_space_new(8), sid_space_new(8) };
	uint32_t sids[256], i;

	(void)state;
	for (i = 0; i < 256; i += 2)
		sid_take(spaces[i % 4 / 2], i);
	assert_int_equal(sid_take_free(spaces, 2, 256, sids), 128);
	for (i = 0; i < 128; i++)
		assert_int_equal(sids[i], 2 * i + 1);
	assert_int_equal(spaces[0]->used, 192);
	assert_int_equal(spaces[1]->used, 192);
	assert_int_equal(sid_take_free(spaces, 1, 256, sids), 64);
	free(spaces[0]);
	free(spaces[1]);
}

static void sids_of_few_bits(void **state)
{
	struct sid_space *one = sid_space_new(0), *many = sid_space_new(16);
	uint32_t sid;

	(void)state;
	assert_int_equal(one->size, 1);
	assert_int_equal(sid_take_free(&one, 1, 1, &sid), 1);
	assert_int_equal(sid, 0);
	assert_int_equal(sid_take_free(&one, 1, 1, &sid), 0);
	assert_int_equal(many->size, 65536);
	sid_take(many, 65535);
	assert_true(sid_is_taken(many, 65535));
	assert_false(sid_is_taken(many, 65534));
	free(one);
	free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(ranges),
		cmocka_unit_test(malformed),
		cmocka_unit_test(within),
		cmocka_unit_test(algorithms),
		cmocka_unit_test(unfit_policies),
		cmocka_unit_test(sids_in_order),
		cmocka_unit_test(sids_of_two),
		cmocka_unit_test(sids_of_few_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
