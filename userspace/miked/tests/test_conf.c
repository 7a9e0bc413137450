// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration: what is right becomes structs, what is wrong is named with its
 * line and field.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "conf/conf.h"
#include "conf/file.h"
#include "test.h"

/* What was reported, one line each. */
static char reported[65536];

static void report(void *arg, const char *text)
{
	size_t len = strlen(reported);

	(void)arg;
	snprintf(reported + len, sizeof(reported) - len, "%s\n", text);
}

static struct conf *load(const char *text)
{
	reported[0] = '\0';
	return conf_load_text("f", text, strlen(text), false, report, NULL);
}

#define TRUST	"credentials: [ { name: here, identity: ks.example.org } ]\n"		\
		"psk: [ { peer: \"*\", file: /psk } ]\n"
#define GROUP	"    - name: video\n"							\
		"      traffic: [ { destination: 239.1.1.1 } ]\n"			\
		"      members: [ { identity: \"*.example.org\" } ]\n"
#define KS	TRUST									\
		"key-server:\n"								\
		"  credential: here\n"							\
		"  groups:\n"								\
		GROUP
#define GM	TRUST									\
		"member:\n"								\
		"  credential: here\n"							\
		"  key-servers:\n"							\
		"    - name: main\n"							\
		"      address: 192.0.2.1\n"						\
		"      identity: ks.example.org\n"					\
		"      may-give: [ { destination: 239.0.0.0/8 } ]\n"			\
		"  groups:\n"								\
		"    - name: video\n"							\
		"      key-servers: [ main ]\n"

static void presets(void **state)
{
	struct conf *conf = load(KS);
	const struct conf_group *group;

	(void)state;
	assert_string_equal(reported, "");
	assert_non_null(conf);
	assert_int_equal(conf->log.target, TARGET_AUTO);
	assert_int_equal(conf->log.areas[AREA_STORE], LEVEL_NOTICE);
	assert_string_equal(conf->control.socket, "/run/gemcast/miked.sock");
	assert_int_equal(conf->control.gid, (gid_t)-1);
	assert_int_equal(conf->control.timeout_ms, 10000);
	assert_int_equal(conf->local.addresses_count, 2);
	assert_int_equal(conf->local.addresses[0].family, AF_INET);
	assert_int_equal(conf->local.addresses[1].family, AF_INET6);
	assert_int_equal(conf->local.ports_count, 2);
	assert_int_equal(conf->local.ports[0], 500);
	assert_int_equal(conf->local.ports[1], 848);
	assert_int_equal(conf->local.nat_port, 4500);
	assert_int_equal(conf->ike.proposals_count, 2);
	assert_int_equal(conf->ike.lifetime_ms, 8 * 3600 * 1000);
	assert_int_equal(conf->trust.crl_check, CONF_CRL_IF_PRESENT);

	group = conf_group(conf, "video");
	assert_non_null(group);
	assert_int_equal(group->id.type, 11);
	assert_string_equal(group->id.data, "video");
	assert_int_equal(group->mode, CONF_MODE_TUNNEL);
	assert_int_equal(group->encryption.key_bits, 256);
	assert_string_equal(group->encryption.aead, "rfc4106(gcm(aes))");
	assert_int_equal(group->senders, CONF_SENDERS_MANY);
	assert_int_equal(group->sender_id_bits, 16);
	assert_int_equal(group->rollover_ms, 360000);
	assert_true(group->activation_delay_ms == CONF_AUTO);
	assert_int_equal(group->traffic[0].destination_ports.max, 65535);
	assert_int_equal(group->rekey.transport, CONF_REKEY_UNICAST);
	assert_int_equal(group->rekey.key_wrap, 3);
	assert_int_equal(group->members[0].role, CONF_ROLE_RECEIVER);
	assert_null(conf_group(conf, "audio"));
	assert_null(conf_membership(conf, "video"));
	conf_free(conf);
}

static void values(void **state)
{
	struct conf *conf = load(
		"log: { target: stderr, level: info, ike: debug }\n"
		"control: { socket: /tmp/s, clients: 2, timeout: 200 ms }\n"
		"local: { addresses: [ \"2001:db8::1\" ], ports: [ 848 ], nat-port: 0 }\n"
		"ike:\n"
		"  proposals: [ aes128-sha256-modp3072-kw192 ]\n"
		"  dead-peer: 0\n"
		"  half-open: 5\n"
		"  half-open-cookies: 5\n"
		"trust: { ca: [ /a, credential:b ], crl-check: strict }\n"
		"ppk: [ { id: p, peer: \"*\", file: /p, mandatory: off } ]\n"
		GM
		"      id: video@example.org\n"
		"      role: both\n"
		"      interface: eth0\n"
		"      join-multicast: yes\n"
		"      register: demand\n"
		"      on-no-sa: bypass\n"
		"      key-server-lost: go-on\n"
		"      replay: source\n"
		"      window: 128\n"
		"      number: 4294967295\n");
	const struct conf_membership *m;
	const struct conf_server *s;

	(void)state;
	assert_string_equal(reported, "");
	assert_int_equal(conf->log.target, TARGET_STDERR);
	assert_int_equal(conf->log.areas[AREA_IKE], LEVEL_DEBUG);
	assert_int_equal(conf->log.areas[AREA_NET], LEVEL_INFO);
	assert_int_equal(conf->control.timeout_ms, 200);
	assert_int_equal(conf->local.addresses_count, 1);
	assert_int_equal(conf->local.addresses[0].in6.s6_addr[15], 1);
	assert_int_equal(conf->local.nat_port, 0);
	assert_int_equal(conf->ike.proposals[0].encryption.transform[0].id, 12);
	assert_int_equal(conf->ike.proposals[0].prf.transform[0].id, 5);
	assert_int_equal(conf->ike.proposals[0].key_wrap.transform[0].id, 2);
	assert_int_equal(conf->ike.dead_peer_ms, 0);
	assert_int_equal(conf->trust.ca_count, 2);
	assert_string_equal(conf->trust.ca[1], "credential:b");
	assert_int_equal(conf->trust.crl_count, 0);
	assert_int_equal(conf->trust.crl_check, CONF_CRL_STRICT);
	assert_false(conf->ppk[0].mandatory);

	s = conf_server(conf, "main");
	assert_int_equal(s->port, 848);
	assert_int_equal(s->may_give[0].destination.len, 8);
	m = conf_membership(conf, "video");
	assert_int_equal(m->id.type, 3);
	assert_int_equal(m->role, CONF_ROLE_BOTH);
	assert_string_equal(m->interface, "eth0");
	assert_true(m->join_multicast);
	assert_int_equal(m->when, CONF_REGISTER_DEMAND);
	assert_int_equal(m->on_no_sa, CONF_NO_SA_BYPASS);
	assert_int_equal(m->key_server_lost, CONF_KS_LOST_GO_ON);
	assert_int_equal(m->replay, CONF_REPLAY_SOURCE);
	assert_int_equal(m->window, 128);
	assert_true(m->number == UINT32_MAX);
	assert_string_equal(m->key_servers[0], "main");
	conf_free(conf);
}

/* Each text, and all that is said of it. */
static const struct {
	const char *text;
	const char *errors;
} wrong[] = {
	/* no document of ours */
	{ "", "f:1: there is nothing in it\n" },
	{ "# nothing\n", "f:1: there is nothing in it\n" },
	{ "[ a ]\n", "f:1: expected options, each as KEY: VALUE\n" },
	{ "log: {}\n---\nlog: {}\n", "f:2: more than one document\n" },
	{ "a: &x [ *x ]\n", "f:1: anchors (&NAME) are not taken\n" },
	{ "a: *x\n", "f:1: aliases (*NAME) are not taken\n" },
	{ "log: !!map {}\n", "f:1: tags (!NAME) are not taken\n" },
	{ "[[[[[[[[[[[[[[[[[\n", "f:1: nested too deep\n" },
	{ "log:\n\tlevel: debug\n", "f:2: found character that cannot start any token while scanning for the next token\n" },
	{ "log: {}\n", "f:1: nothing to do: neither key-server nor member\n" },
	{ KS "log: { a: b }\nlog: { [ x ]: y }\n",
	  "f:10: option \"log\" is given twice\n"
	  "f:9: log: option \"a\" is not known\n" },
	{ KS "log: { [ x ]: y }\n", "f:9: log: an option's name has to be a word\n" },
	/* values */
	{ KS "log: { level: loud }\n",
	  "f:9: log.level: \"loud\": expected error, warning, notice, info or debug\n" },
	{ KS "log: notice\n", "f:9: log: expected options, each as KEY: VALUE\n" },
	{ KS "log: { levle: info }\n",
	  "f:9: log: option \"levle\" is not known (did you mean \"level\"?)\n" },
	{ KS "control: { socket: run/sock }\n",
	  "f:9: control.socket: \"run/sock\": expected a path that begins with /\n" },
	{ KS "control: { clients: 1 }\n",
	  "f:9: control.clients: \"1\": expected a number from 2 to 1024\n" },
	{ KS "control: { clients: 010 }\n",
	  "f:9: control.clients: \"010\": expected a number from 2 to 1024\n" },
	{ KS "control: { clients: }\n", "f:9: control.clients: expected a value\n" },
	{ KS "control: { timeout: 10 }\n",
	  "f:9: control.timeout: \"10\": expected a time as 500 ms, 30 s, 5 min, 8 h or 2 d\n" },
	{ KS "control: { timeout: 10 fortnights }\n",
	  "f:9: control.timeout: \"10 fortnights\": expected a time as 500 ms, 30 s, 5 min, 8 h or 2 d\n" },
	{ KS "control: { timeout: 1 ms }\n",
	  "f:9: control.timeout: \"1 ms\": expected a time from 10 ms to 1 h\n" },
	{ KS "local: { addresses: 192.0.2.1 }\n",
	  "f:9: local.addresses: expected a list, as [ A, B ] or each behind a - in a line of its own\n" },
	{ KS "local: { addresses: [] }\n", "f:9: local.addresses: expected 1 to 64 entries\n" },
	{ KS "local: { addresses: [ 192.0.2.1, host ] }\n",
	  "f:9: local.addresses[1]: \"host\": expected an IPv4 or IPv6 address\n" },
	{ KS "local: { ports: [ 500, 4500, 500 ] }\n",
	  "f:9: local.ports[2]: the same as that of entry 0\n"
	  "f:9: local.ports[1]: the same as nat-port\n" },
	{ KS "local: { addresses: [ 239.1.1.1 ] }\n",
	  "f:9: local.addresses[0]: expected an address of this host\n" },
	{ KS "ike: { proposals: [ aes256gcm16 ] }\n",
	  "f:9: ike.proposals[0]: \"aes256gcm16\": no PRF in it, as prfsha256\n" },
	{ KS "ike: { proposals: [ aes256gcm16-prfsha256-ecp256-3des ] }\n",
	  "f:9: ike.proposals[0]: \"aes256gcm16-prfsha256-ecp256-3des\": algorithm \"3des\" is not known\n" },
	{ KS "ike: { retransmit: 2 s, retransmit-limit: 1 s, half-open: 4 }\n",
	  "f:9: ike.retransmit: longer than retransmit-limit\n"
	  "f:9: ike.half-open-cookies: more than half-open\n" },
	{ KS "ppk: [ { id: a, peer: x, file: p, mandatory: maybe } ]\n",
	  "f:9: ppk[0].file: \"p\": expected a path that begins with /, or credential:NAME\n"
	  "f:9: ppk[0].mandatory: \"maybe\": expected yes or no\n" },
	{ KS "ppk:\n- { id: a, peer: x, file: /p }\n- { id: a, peer: y, file: /p }\n",
	  "f:11: ppk[1].id: the same as that of entry 0\n" },
	{ KS "ppk: [ { id: a, peer: \"*example.org\", file: /p } ]\n",
	  "f:9: ppk[0].peer: \"*example.org\": expected an identity, as gm1.example.org, or a pattern, as *.example.org or *\n" },
	/* credentials */
	{ "key-server: { }\ncredentials:\n- name: a\n",
	  "f:3: credentials[a].identity: is missing\n" },
	{ "key-server: { }\ncredentials:\n- { name: a, identity: x, key: /k }\n"
	  "- { name: a, identity: x, certificate: /c }\n- { name: b, identity: \"*\" }\n",
	  "f:5: credentials[b].identity: \"*\": expected an identity: an address, a domain name, a mail address, dn:... or keyid:...\n" },
	{ "key-server: { }\ncredentials:\n- { name: a, identity: x, key: /k }\n"
	  "- { name: a, identity: x, certificate: /c }\n- { name: b, identity: x }\n",
	  "f:4: credentials[a].name: the same as that of entry 0\n"
	  "f:3: credentials[a].certificate: is missing: a key needs its certificate\n"
	  "f:4: credentials[a].key: is missing: a certificate needs its key\n"
	  "f:5: credentials[b]: nothing proves it: neither a certificate nor psk\n" },
	/* the key server */
	{ "key-server:\n  groups:\n" GROUP,
	  "f:2: key-server.credential: is missing\n"
	  "f:1: trust: nobody would be believed: neither trust.ca nor psk\n" },
	{ TRUST "key-server: { credential: her }\n",
	  "f:3: key-server.credential: \"her\": credentials has no such name\n" },
	{ TRUST "key-server:\n  credential: her\n  groups:\n" GROUP,
	  "f:4: key-server.credential: \"her\": credentials has no such name\n" },
	{ TRUST "key-server:\n  credential: here\n  groups:\n  - name: x\n    nmae: y\n",
	  "f:7: key-server.groups[x]: option \"nmae\" is not known (did you mean \"name\"?)\n"
	  "f:6: key-server.groups[x].traffic: is missing\n"
	  "f:6: key-server.groups[x].members: is missing\n" },
	{ KS GROUP,
	  "f:9: key-server.groups[video].name: the same as that of entry 0\n"
	  "f:9: key-server.groups[video].id: the same as that of entry 0\n" },
	{ KS "      name: x\n", "f:9: key-server.groups[video]: option \"name\" is given twice\n" },
	{ KS "      traffic: []\n",
	  "f:9: key-server.groups[video]: option \"traffic\" is given twice\n" },
	{ KS "      encryption: aes128cbc\n",
	  "f:9: key-server.groups[video].encryption: \"aes128cbc\": expected aes128gcm16, aes256gcm16, aes128gcm12, aes256gcm12, aes128gcm8, aes256gcm8, aes128gmac or aes256gmac\n" },
	{ KS "      sender-id-bits: 9\n",
	  "f:9: key-server.groups[video].sender-id-bits: expected 0, 8, 12 or 16\n" },
	{ KS "      sender-id-bits: 0\n      replay: yes\n",
	  "f:9: key-server.groups[video].sender-id-bits: with senders: many each sender needs a Sender-ID: expected 8, 12 or 16\n"
	  "f:10: key-server.groups[video].replay: with senders: many sequence numbers are not unique (RFC 9838 4.4.2.1.3)\n" },
	{ KS "      lifetime: 60 s\n      rollover: 1 min\n",
	  "f:10: key-server.groups[video].rollover: expected less than the lifetime, 1 min\n" },
	{ KS "      lifetime: 10500 ms\n",
	  "f:9: key-server.groups[video].lifetime: expected whole seconds\n" },
	{ KS "      activation-delay: 5 s\n      deactivation-delay: 5 s\n",
	  "f:9: key-server.groups[video].activation-delay: expected at least 36 s: so late a request may reach a member (ike.retransmit, ike.retransmissions)\n" },
	{ KS "      activation-delay: 36 s\n      deactivation-delay: 71 s\n",
	  "f:10: key-server.groups[video].deactivation-delay: expected at least 72 s: senders may leave an SA 36 s after the first of them has the next (activation-delay), and so much later a request may reach a member (ike.retransmit, ike.retransmissions)\n" },
	{ KS "      deactivation-delay: 71 s\n",
	  "f:9: key-server.groups[video].deactivation-delay: expected at least 72 s: senders may leave an SA 36 s after the first of them has the next (activation-delay), and so much later a request may reach a member (ike.retransmit, ike.retransmissions)\n" },
	{ KS "      activation-delay: 1 h\n",
	  "f:9: key-server.groups[video].activation-delay: expected less than the rollover, 6 min\n" },
	{ KS "      activation-delay: 18 h\n      deactivation-delay: 1500 ms\n      lifetime: 10 d\n",
	  "f:10: key-server.groups[video].deactivation-delay: expected whole seconds\n"
	  "f:10: key-server.groups[video].deactivation-delay: expected at least 64836 s: senders may leave an SA 64800 s after the first of them has the next (activation-delay), and so much later a request may reach a member (ike.retransmit, ike.retransmissions)\n" },
	{ KS "      activation-delay: 6 s\n      rekey: { transport: multicast, address: 239.9.9.9 }\n",
	  "f:9: key-server.groups[video].activation-delay: expected at least 7 s: so late the last copy of a message may reach a member (rekey.retransmissions, rekey.interval)\n" },
	{ KS "      activation-delay: 44 s\n      rekey: { transport: both, address: 239.9.9.9, acknowledge: all }\n",
	  "f:9: key-server.groups[video].activation-delay: expected at least 45 s: so late new keys may reach a member that acknowledged no message (rekey.retransmissions, rekey.interval, rekey.acknowledge-within, ike.retransmit, ike.retransmissions)\n" },
	{ KS "      rekey: { transport: both, address: 239.9.9.9, acknowledge: all, lifetime: 2 min }\n",
	  "f:9: key-server.groups[video].rekey.lifetime: expected at least 179 s: four times as long as the next one may take to all members\n" },
	{ KS "      rekey: { transport: multicast }\n",
	  "f:9: key-server.groups[video].rekey.address: is missing: the transport needs one\n" },
	{ KS "      rekey: { transport: both, address: 10.0.0.1, source: \"::1\" }\n",
	  "f:9: key-server.groups[video].rekey.address: expected a multicast address\n"
	  "f:9: key-server.groups[video].rekey.acknowledge: transport both has to know who acknowledged: expected sampled or all\n" },
	{ KS "      rekey: { transport: multicast, address: 239.0.0.1, source: \"::1\" }\n",
	  "f:9: key-server.groups[video].rekey.source: IPv4 and IPv6: address is of the other family\n" },
	{ KS "      rekey: { encryption: aes128gmac, key-wrap: rot13 }\n",
	  "f:9: key-server.groups[video].rekey.key-wrap: \"rot13\": expected kw128, kw192 or kw256\n" },
	{ KS "      rekey: { transport: multicast, address: 239.0.0.1, key-wrap: kw192 }\n",
	  "f:9: key-server.groups[video].rekey.key-wrap: keys of 192 bits wrap longer ones (RFC 9838 3.1)\n" },
	{ KS "      rekey: { encryption: aes128gmac }\n",
	  "f:9: key-server.groups[video].rekey.encryption: expected aes128gcm16 or aes256gcm16\n" },
	{ KS "      rekey: { transport: multicast, address: 239.0.0.1, interval: 10 min }\n",
	  "f:9: key-server.groups[video].rekey.interval: the copies of a message take 30 min, as long as the rollover or longer\n" },
	/* traffic */
	{ TRUST "key-server:\n  credential: here\n  groups:\n  - name: x\n    members: [ { identity: a } ]\n"
	  "    traffic:\n"
	  "    - destination: 10.0.0.0/8\n"
	  "    - { destination: 224.0.0.0/3, source: 239.0.0.1 }\n"
	  "    - { destination: ff15::1, source: 10.0.0.1, destination-ports: 5 }\n"
	  "    - { destination: ff15::1, protocol: udp, source-ports: 1-2 }\n"
	  "    - { destination: ff15::1, protocol: 17, source-ports: 1-2 }\n",
	  "f:9: key-server.groups[x].traffic[0].destination: expected multicast addresses: within 224.0.0.0/4 or ff00::/8\n"
	  "f:10: key-server.groups[x].traffic[1].destination: expected multicast addresses: within 224.0.0.0/4 or ff00::/8\n"
	  "f:10: key-server.groups[x].traffic[1].source: nobody sends from a multicast address\n"
	  "f:11: key-server.groups[x].traffic[2].source: IPv4 and IPv6: destination is of the other family\n"
	  "f:11: key-server.groups[x].traffic[2].destination-ports: ports need a protocol that has them, as udp\n"
	  "f:13: key-server.groups[x].traffic[4]: the same as that of entry 3\n" },
	{ TRUST "key-server:\n  groups:\n  - traffic:\n"
	  "    - { destination: 239.1.1.1/24, protocol: nosuch, source-ports: 9-8 }\n",
	  "f:5: key-server.groups[0].name: is missing\n"
	  "f:6: key-server.groups[0].traffic[0].destination: \"239.1.1.1/24\": the address has bits behind the prefix\n"
	  "f:6: key-server.groups[0].traffic[0].protocol: \"nosuch\": expected a protocol's name, or a number from 1 to 255\n"
	  "f:6: key-server.groups[0].traffic[0].source-ports: \"9-8\": expected PORT or PORT-PORT, from 0 to 65535, the lower first\n"
	  "f:5: key-server.groups[0].members: is missing\n" },
	/* the member */
	{ GM "      key-servers: [ x ]\n", "f:13: member.groups[video]: option \"key-servers\" is given twice\n" },
	{ GM "    - name: audio\n      key-servers: [ main, other, main ]\n",
	  "f:14: member.groups[audio].key-servers[2]: the same as that of entry 0\n"
	  "f:14: member.groups[audio].key-servers[1]: \"other\": member.key-servers has no such name\n" },
	{ GM "      number: 7\n    - name: audio\n      key-servers: [ main ]\n      number: 7\n",
	  "f:16: member.groups[audio].number: the same as that of entry 0\n" },
	{ GM "      join-multicast: yes\n",
	  "f:11: member.groups[video].interface: is missing: join-multicast needs to know where\n" },
	{ GM "      interface: a/b\n      number: 4294967296\n",
	  "f:13: member.groups[video].interface: \"a/b\": expected the name of an interface\n"
	  "f:14: member.groups[video].number: \"4294967296\": expected a number from 0 to 4294967295\n" },
	{ GM "      interface: abcdefghijklmnop\n",
	  "f:13: member.groups[video].interface: \"abcdefghijklmnop\": longer than 15 characters\n" },
	{ TRUST "member:\n  retry: 1 h\n  key-servers:\n"
	  "  - { name: a, address: 239.0.0.1, identity: x, may-give: [ { destination: 10.0.0.1 } ] }\n",
	  "f:6: member.key-servers[a].address: expected the address of one host\n"
	  "f:6: member.key-servers[a].may-give[0].destination: expected multicast addresses: within 224.0.0.0/4 or ff00::/8\n"
	  "f:4: member.credential: is missing\n"
	  "f:4: member.retry: longer than retry-limit\n" },
	{ "member: { key-servers: [ { name: \"a\nb\" } ] }\n",
	  "f:1: member.key-servers[a b].name: \"a b\": expected a name of letters, digits, and . _ - behind the first\n"
	  "f:1: member.key-servers[a b].address: is missing\n"
	  "f:1: member.key-servers[a b].identity: is missing\n"
	  "f:1: member.key-servers[a b].may-give: is missing\n" },
};

static void errors(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_null(load(wrong[i].text));
		assert_string_equal(reported, wrong[i].errors);
	}
}

/* The files that a configuration names. */
static char dir[] = "/tmp/miked-conf.XXXXXX";

static const char *file(const char *name, const char *text, mode_t mode)
{
	static char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static int make_dir(void **state)
{
	(void)state;
	memset(dir + strlen(dir) - 6, 'X', 6);
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command); /* NOLINT(cert-env33-c): a directory of our own */
}

/* The directory's name, which is new each time, is D in what is expected. */
static void shorten(char *text)
{
	size_t len = strlen(dir);
	char *at;

	while ((at = strstr(text, dir))) {
		*at = 'D';
		memmove(at + 1, at + len, strlen(at + len) + 1);
	}
}

static void load_file(const char *text, const char *expected)
{
	struct conf *conf;
	const char *path;

	path = file("conf", text, 0644);
	reported[0] = '\0';
	conf = conf_load(path, report, NULL);
	shorten(reported);
	assert_string_equal(reported, expected);
	assert_int_equal(conf == NULL, *expected != '\0');
	conf_free(conf);
}

static void files(void **state)
{
	char text[1024];

	(void)state;
	reported[0] = '\0';
	assert_null(conf_load("/nonexistent", report, NULL));
	assert_string_equal(reported, "/nonexistent: No such file or directory\n");
	reported[0] = '\0';
	assert_null(conf_load("/tmp", report, NULL));
	assert_string_equal(reported, "/tmp: not a regular file\n");

	file("psk", "secret\n", 0600);
	snprintf(text, sizeof(text),
		 "credentials: [ { name: here, identity: x } ]\npsk: [ { peer: x, file: %s/psk } ]\n"
		 "key-server: { credential: here }\n", dir);
	load_file(text, "");
	file("psk", "secret\n", 0640);
	load_file(text, "D/conf:2: psk[0].file: \"D/psk\": others may read or write it (mode 0640): chmod 600 it\n");
	snprintf(text, sizeof(text), "member: {}\ntrust: { ca: [ %s/none ] }\n", dir);
	load_file(text, "D/conf:2: trust.ca[0]: \"D/none\": No such file or directory\n");
	load_file("member: {}\ncontrol: { group: no-such-group }\n",
		  "D/conf:2: control.group: \"no-such-group\": there is no such group\n");
	load_file("member: {}\ncontrol: { group: root }\n", "");
}

static void credentials(void **state)
{
	const char *text = "credentials: [ { name: here, identity: x } ]\n"
			   "psk: [ { peer: x, file: credential:psk } ]\nmember: {}\n";

	(void)state;
	unsetenv("CREDENTIALS_DIRECTORY");
	load_file(text, "");
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	load_file(text, "D/conf:2: psk[0].file: \"credential:psk\": No such file or directory\n");
	file("psk", "secret\n", 0400);
	load_file(text, "");
	/* as it looks where an ACL lets the service's user read it */
	file("psk", "secret\n", 0440);
	load_file(text, "");
	file("psk", "secret\n", 0444);
	load_file(text, "D/conf:2: psk[0].file: \"credential:psk\": others may read or write it (mode 0444): chmod 600 it\n");
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void secrets(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		int len;
		const char *wanted;	/* bytes, or what is wrong */
	} cases[] = {
		{ "secret\n", 0600, 6, "secret" },
		{ "two words", 0600, 9, "two words" },
		{ "0x01fF\r\n", 0400, 2, "\x01\xff" },
		{ "", 0600, -1, "empty" },
		{ "\n", 0600, -1, "empty" },
		{ "0x\n", 0600, -1, "empty" },
		{ "0x123\n", 0600, -1, "an odd number of hexadecimal digits" },
		{ "0x12g4\n", 0600, -1, "not all hexadecimal digits" },
		{ "a\nb\n", 0600, -1, "more than one line" },
		{ "0123456789abcdef!", 0600, -1, "too long" },
		{ "secret\n", 0604, -1, "others may read or write it (mode 0604): chmod 600 it" },
	};
	uint8_t secret[16];
	const char *reason;
	char why[128];
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		n = conf_secret_read(file("secret", cases[i].text, cases[i].mode), secret,
				     sizeof(secret), &reason, why, sizeof(why));
		assert_int_equal(n, cases[i].len);
		if (n < 0)
			assert_string_equal(reason, cases[i].wanted);
		else
			assert_memory_equal(secret, cases[i].wanted, (size_t)n);
	}
	assert_int_equal(conf_secret_read(dir, secret, 16, &reason, why, sizeof(why)), -1);
	assert_string_equal(reason, "not a regular file");
	assert_int_equal(conf_secret_read("credential:x", secret, 16, &reason, why, sizeof(why)), -1);
	assert_string_equal(reason, "systemd gave no credentials ($CREDENTIALS_DIRECTORY)");
}

/* A group that comes by the control socket. */
static void one_group(void **state)
{
	static const char good[] =
		"{\"name\": \"video\", \"traffic\": [{\"destination\": \"ff15::1\"}], "
		"\"members\": [{\"identity\": \"*\", \"role\": \"both\"}]}";
	static const char bad[] =
		"{\"name\": \"video\", \"traffic\": [{\"destination\": \"10.0.0.1\"}], "
		"\"members\": [{\"identity\": \"*\"}]}";
	struct conf_group *group;

	(void)state;
	reported[0] = '\0';
	group = conf_group_load("request", good, strlen(good), report, NULL);
	assert_string_equal(reported, "");
	assert_int_equal(group->members[0].role, CONF_ROLE_BOTH);
	assert_int_equal(group->rollover_ms, 360000);
	assert_string_equal(group->id.data, "video");
	conf_group_free(group);
	assert_null(conf_group_load("request", bad, strlen(bad), report, NULL));
	assert_string_equal(reported, "request:1: traffic[0].destination: expected multicast addresses: within 224.0.0.0/4 or ff00::/8\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(presets),
		cmocka_unit_test(values),
		cmocka_unit_test(errors),
		cmocka_unit_test_setup_teardown(files, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(credentials, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(secrets, make_dir, remove_dir),
		cmocka_unit_test(one_group),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
