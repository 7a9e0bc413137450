// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A group as text: what is made of it is equal to it, whatever its options.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conf/conf.h"
#include "conf/diff.h"
#include "test.h"

#define HEAD	"name: video\nmembers: [ { identity: \"*\" } ]\n"
#define TRAFFIC	"traffic: [ { destination: 239.1.1.1 } ]\n"

static const char * const groups[] = {
	HEAD TRAFFIC,
	HEAD TRAFFIC "id: \"keyid:0x00ff\"\n",
	HEAD TRAFFIC "id: \"a \\\"quoted\\\" \\\\ one\"\n",
	HEAD TRAFFIC "id: fqdn:video.example.org\nmode: transport\nencryption: aes128gcm8\n",
	HEAD TRAFFIC "senders: one\nreplay: yes\nsender-id-bits: 0\n",
	HEAD TRAFFIC "lifetime: 1 d\nrollover: 90 s\npackets: 1 G\nbytes: 3 Ti\n",
	HEAD TRAFFIC "activation-delay: 5 s\ndeactivation-delay: auto\n",
	HEAD TRAFFIC "encryption: aes128gcm16\nrekey: { transport: both, address: \"ff08::1:2\", source: \"2001:db8::1\", "
	"port: 1, ttl: 255, interface: eth0.5, lifetime: 2 h, encryption: aes128gcm16, "
	"key-wrap: kw128, authentication: ecdsa-p384, retransmissions: 0, interval: 10 ms, "
	"acknowledge: sampled }\n",
	HEAD "traffic: [ { destination: 239.1.0.0/16, source: 192.0.2.0/24, protocol: udp, "
	"source-ports: 1, destination-ports: 5000-6000 }, { destination: \"ff3e::8000:1\", "
	"protocol: 89 } ]\n",
	TRAFFIC "name: a.b-c_1\nmembers: [ { identity: \"*.example.org\", role: both, "
	"from: [ 192.0.2.0/24, \"2001:db8::/32\" ] }, { identity: \"ops@example.org\", "
	"role: sender }, { identity: \"dn:CN=a\\\\, b,O=Example\" }, { identity: 192.0.2.7 }, "
	"{ identity: \"*@example.org\" } ]\n",
};

static void report(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "%s\n", text);
}

static struct conf_group *load(const char *text)
{
	struct conf_group *group = conf_group_load("group", text, strlen(text), report, NULL);

	if (!group)
		fail_msg("%s", text);
	return group;
}

static void is_read_again(void **state)
{
	struct conf_group *group, *again;
	char *text, *second;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		group = load(groups[i]);
		text = conf_group_text(group);
		assert_non_null(text);
		again = load(text);
		if (!conf_group_equal(group, again))
			fail_msg("%s\n%s", groups[i], text);
		second = conf_group_text(again);
		assert_string_equal(text, second);
		conf_group_free(group);
		conf_group_free(again);
		free(text);
		free(second);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
