// SPDX-License-Identifier: GPL-2.0-or-later
/* Words and values of the command line. */
#include "test.h"
#include <arpa/inet.h>
#include <string.h>
#include "cli.h"

static void numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {
		{ "0", 0 }, { "1", 1 }, { "4294967295", UINT32_MAX },
		{ "18446744073709551615", UINT64_MAX }, { "0x0", 0 },
		{ "0x1001", 0x1001 }, { "0XfF", 255 }, { "010", 10 },
		{ "0xffffffffffffffff", UINT64_MAX },
	};
	static const char * const bad[] = {
		"", "-1", "+1", " 1", "1 ", "0x", "0xg", "x1", "1x", "0x-1",
		"18446744073709551616", "0x10000000000000000", "1.0", "ten",
	};
	uint64_t value;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(parse_u64(good[i].text, &value));
		assert_int_equal(value, good[i].value);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(parse_u64(bad[i], &value));
}

static void addresses(void **state)
{
	static const char * const bad[] = {
		"", "239.1.1", "239.1.1.256", "239.1.1.1/32", "ff15::g", "host",
		"239.1.1.1 ", "ff15::1%eth0",
	};
	struct gemcast_addr addr;
	uint32_t v4;
	size_t i;

	(void)state;
	assert_true(parse_addr("239.1.2.3", &addr));
	assert_int_equal(addr.family, AF_INET);
	memcpy(&v4, &addr.in, sizeof(v4));
	assert_int_equal(ntohl(v4), 0xef010203);
	assert_true(parse_addr("ff15::1", &addr));
	assert_int_equal(addr.family, AF_INET6);
	assert_memory_equal(&addr.in6, "\xff\x15\0\0\0\0\0\0\0\0\0\0\0\0\0\1",
			    16);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(parse_addr(bad[i], &addr));
}

static void prefixes(void **state)
{
	static const struct {
		const char *text;
		sa_family_t family;
		uint8_t len;
	} good[] = {
		{ "239.1.1.1", AF_INET, 32 }, { "239.1.0.0/16", AF_INET, 16 },
		{ "0.0.0.0/0", AF_INET, 0 }, { "ff15::1", AF_INET6, 128 },
		{ "ff00::/8", AF_INET6, 8 }, { "::/0", AF_INET6, 0 },
	};
	static const char * const bad[] = {
		"", "/", "/8", "239.1.1.1/", "239.1.1.1/33", "ff15::/129",
		"239.1.1.1/-1", "239.1.1.1/8/8", "239.1.1/8",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/8",
	};
	struct gemcast_addr addr;
	uint8_t len;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(parse_prefix(good[i].text, &addr, &len));
		assert_int_equal(addr.family, good[i].family);
		assert_int_equal(len, good[i].len);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(parse_prefix(bad[i], &addr, &len));
}

static void ports(void **state)
{
	static const struct {
		const char *text;
		uint16_t min;
		uint16_t max;
	} good[] = {
		{ "0", 0, 0 }, { "5004", 5004, 5004 }, { "0-65535", 0, 65535 },
		{ "7-7", 7, 7 }, { "0x10-0x20", 16, 32 },
	};
	static const char * const bad[] = {
		"", "-", "5-", "-5", "65536", "1-65536", "9-8", "1-2-3", "a-b",
		"123456789-1",
	};
	uint16_t min, max;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(parse_ports(good[i].text, &min, &max));
		assert_int_equal(min, good[i].min);
		assert_int_equal(max, good[i].max);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(parse_ports(bad[i], &min, &max));
}

static void protocols(void **state)
{
	uint8_t proto;
	char buf[4];

	(void)state;
	assert_true(parse_proto("udp", &proto));
	assert_int_equal(proto, 17);
	assert_true(parse_proto("igmp", &proto));
	assert_int_equal(proto, 2);
	assert_true(parse_proto("255", &proto));
	assert_int_equal(proto, 255);
	assert_false(parse_proto("256", &proto));
	assert_false(parse_proto("", &proto));
	assert_false(parse_proto("no-such-protocol", &proto));
	assert_string_equal(proto_name(17, buf), "udp");
	assert_string_equal(proto_name(2, buf), "igmp");
	assert_string_equal(proto_name(254, buf), "254");
}

static void every_protocol_reads_back(void **state)
{
	unsigned int number;
	uint8_t proto;
	char buf[4];

	(void)state;
	for (number = 0; number <= UINT8_MAX; number++) {
		assert_true(parse_proto(proto_name((uint8_t)number, buf),
					&proto));
		assert_int_equal(proto, number);
	}
}

static void devices(void **state)
{
	static const char * const bad[] = {
		"", ".", "..", "a/b", "a:b", "a b", "sixteen-letters-",
	};
	char dev[IF_NAMESIZE];
	size_t i;

	(void)state;
	assert_true(parse_dev("fifteen-letters", dev));
	assert_string_equal(dev, "fifteen-letters");
	assert_true(parse_dev("help", dev));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(parse_dev(bad[i], dev));
}

static void seconds(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} good[] = {
		{ "0", 0 }, { "2", 2000 }, { "1.5", 1500 }, { "0.25", 250 },
		{ "0.001", 1 }, { "3600.000", 3600000 }, { "007.7", 7700 },
		{ "18446744073709551.615", UINT64_MAX },
	};
	static const char * const bad[] = {
		"", ".", ".5", "1.", "1.2345", "-1", "1,5", "1e3", "1.x", "0x5",
		"1.5s", "18446744073709551.616", "18446744073709551616",
		"99999999999999999999999999",
	};
	uint64_t ms;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(parse_seconds(good[i].text, &ms));
		assert_int_equal(ms, good[i].ms);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(parse_seconds(bad[i], &ms));
}

static const char * const words[] = {
	"proto", "prio", "preserve", "sid", "sid-bits", "dst", NULL
};

static void find(void **state)
{
	unsigned int index = 99;
	char list[64];

	(void)state;
	assert_int_equal(word_find(words, "prio", &index), WORD_FOUND);
	assert_int_equal(index, 1);
	assert_int_equal(word_find(words, "pre", &index), WORD_FOUND);
	assert_int_equal(index, 2);
	assert_int_equal(word_find(words, "d", &index), WORD_FOUND);
	assert_int_equal(index, 5);
	/* A whole word is itself, though another begins with it. */
	assert_int_equal(word_find(words, "sid", &index), WORD_FOUND);
	assert_int_equal(index, 3);
	assert_int_equal(word_find(words, "sid-", &index), WORD_FOUND);
	assert_int_equal(index, 4);
	assert_int_equal(word_find(words, "pr", &index), WORD_AMBIGUOUS);
	assert_int_equal(word_find(words, "si", &index), WORD_AMBIGUOUS);
	assert_int_equal(word_find(words, "", &index), WORD_UNKNOWN);
	assert_int_equal(word_find(words, "prios", &index), WORD_UNKNOWN);
	assert_int_equal(word_find(words, "Dst", &index), WORD_UNKNOWN);
	word_list(words, "pr", list, sizeof(list));
	assert_string_equal(list, "proto, prio, preserve");
	word_list(words, "", list, 12);
	assert_true(strlen(list) < 12);
}

static void like(void **state)
{
	(void)state;
	assert_string_equal(word_like(words, "dts"), "dst");
	assert_string_equal(word_like(words, "perserve"), "preserve");
	assert_string_equal(word_like(words, "protoo"), "proto");
	assert_null(word_like(words, "window"));
	assert_null(word_like(words, ""));
	assert_null(word_like(words, "a-word-longer-than-all"));
}

static void values(void **state)
{
	char buf[12];

	(void)state;
	assert_string_equal(word_of(mode_words, GEMCAST_MODE_TRANSPORT, buf),
			    "transport");
	assert_string_equal(word_of(preserve_words, GEMCAST_PRESERVE_BOTH, buf),
			    "both");
	/* A newer kernel's value. */
	assert_string_equal(word_of(mode_words, 2, buf), "2");
	assert_string_equal(word_of(mode_words, UINT32_MAX, buf), "4294967295");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(addresses),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(ports),
		cmocka_unit_test(protocols),
		cmocka_unit_test(every_protocol_reads_back),
		cmocka_unit_test(devices),
		cmocka_unit_test(seconds),
		cmocka_unit_test(find),
		cmocka_unit_test(like),
		cmocka_unit_test(values),
	};

	return cmocka_run_group_tests_name("words and values", tests, NULL,
					   NULL);
}
