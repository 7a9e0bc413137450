// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Registration with the key server: what a member gets, and every way to be refused.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "group/sag.h"
#include "ks_kit.h"
#include "test.h"

#define VIDEO									\
	"    - name: video\n"							\
	"      traffic: [ { destination: 239.1.1.1, protocol: udp,"		\
	" destination-ports: 5004-5005 }, { destination: 239.1.1.0/24,"		\
	" source: 192.0.2.0/24 } ]\n"						\
	"      encryption: aes128gcm16\n"					\
	"      sender-id-bits: 8\n"						\
	"      activation-delay: 5 s\n"						\
	"      deactivation-delay: 20 s\n"					\
	"      lifetime: 1000 s\n"						\
	"      rollover: 100 s\n"						\
	"      members:\n"							\
	"        - { identity: gm1.example.org, role: both }\n"			\
	"        - { identity: tx.example.org, role: sender }\n"		\
	"        - { identity: far.example.org, role: both, from: [ 198.51.100.0/24 ] }\n" \
	"        - { identity: \"*.example.org\" }\n"				\
	"        - { identity: \"*.senders.example\", role: both }\n"
#define AUDIO									\
	"    - name: audio\n"							\
	"      id: keyid:sound\n"						\
	"      traffic: [ { destination: \"ff3e::/32\" } ]\n"			\
	"      mode: transport\n"						\
	"      encryption: aes256gmac\n"					\
	"      senders: one\n"							\
	"      replay: yes\n"							\
	"      members: [ { identity: \"*\", role: both } ]\n"

static int setup(void **state)
{
	(void)state;
	kit_begin(VIDEO AUDIO);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kit_end();
	return 0;
}

static void receiver(void **state)
{
	struct ike_sa *sa = kit_sa("rx.example.org", "192.0.2.7");
	const struct kit_held *first, *second;
	struct kit_ask ask = { .exchange = GSA_AUTH, .group = "video" };

	(void)state;
	assert_int_equal(kit_ask(sa, &ask), 0);
	assert_int_equal(sa->n_sas, 2);
	first = &sa->sas[0];
	second = &sa->sas[1];
	assert_int_equal(first->lifetime, 1000);
	assert_int_equal(first->encr, ENCR_AES_GCM_16);
	assert_int_equal(first->key_bits, 128);
	assert_int_equal(first->sn, SN_32_BIT_UNSPECIFIED);
	assert_int_equal(first->dst.protocol, 17);
	assert_int_equal(first->dst.start_port, 5004);
	assert_int_equal(first->dst.end_port, 5005);
	assert_int_equal(first->src.start_port, 0);
	assert_int_equal(first->src.end_port, 65535);
	assert_memory_equal(first->dst.start, "\xef\x01\x01\x01", 4);
	assert_memory_equal(first->dst.end, "\xef\x01\x01\x01", 4);
	assert_memory_equal(first->src.start, "\0\0\0\0", 4);
	assert_memory_equal(first->src.end, "\xff\xff\xff\xff", 4);
	assert_memory_equal(second->src.start, "\xc0\x00\x02\x00", 4);
	assert_memory_equal(second->src.end, "\xc0\x00\x02\xff", 4);
	assert_memory_equal(second->dst.end, "\xef\x01\x01\xff", 4);
	assert_int_not_equal(first->spi, second->spi);
	assert_memory_not_equal(first->keymat, second->keymat, first->keymat_len);
	assert_false(sa->transport);
	/* The width is for replay windows by sender. */
	assert_true(sa->has_bits);
	assert_int_equal(sa->bits, 8);
	assert_int_equal(sa->n_sids, 0);
	assert_false(sa->has_atd);
	assert_true(sa->has_dtd);
	assert_int_equal(sa->dtd, 20);
}

static void sender(void **state)
{
	struct ike_sa *sa = kit_sa("gm1.example.org", "192.0.2.7");
	struct ike_sa *other = kit_sa("gm.senders.example", "192.0.2.8");
	struct kit_ask ask = { .group = "video", .sender = true, .count = 3 };

	(void)state;
	assert_int_equal(kit_join(sa, "video", true), 0);
	assert_int_equal(sa->n_sids, 1);
	assert_int_equal(sa->sids[0], 0);
	assert_int_equal(sa->bits, 8);
	assert_int_equal(kit_ask(other, &ask), 0);
	assert_int_equal(other->n_sids, 3);
	assert_int_equal(other->sids[0], 1);
	assert_int_equal(other->sids[2], 3);
	kit_assert_same(sa, other);
	/* Zero counts as one, and more than is good for anybody is cut. */
	ask.count = 0;
	assert_int_equal(kit_ask(other, &ask), 0);
	assert_int_equal(other->n_sids, 1);
	assert_int_equal(other->sids[0], 4);
	ask.count = 4000000000;
	assert_int_equal(kit_ask(other, &ask), 0);
	assert_int_equal(other->n_sids, 16);
}

static void transport_and_sequence(void **state)
{
	struct ike_sa *sa = kit_sa("keyid:0x00ff", "2001:db8::1");

	(void)state;
	assert_int_equal(kit_join(sa, "sound", false), 0);
	assert_true(sa->transport);
	assert_int_equal(sa->sas[0].sn, SN_32_BIT_SEQUENTIAL);
	assert_int_equal(sa->sas[0].encr, ENCR_NULL_AUTH_AES_GMAC);
	assert_int_equal(sa->sas[0].dst.type, TS_IPV6_ADDR_RANGE);
	assert_memory_equal(sa->sas[0].dst.end, "\xff\x3e\0\0\xff\xff", 6);
}

/* Who, from where, as what: and what is said of it. */
static const struct {
	const char *id, *address, *group;
	bool sender;
	uint16_t refused;
} applicants[] = {
	{ "rx.example.org", "192.0.2.7", "video", false, 0 },
	{ "RX.Example.ORG", "192.0.2.7", "video", false, 0 },
	{ "rx.example.org", "192.0.2.7", "video", true, N_AUTHORIZATION_FAILED },
	{ "gm1.example.org", "192.0.2.7", "video", true, 0 },
	{ "gm1.example.org", "192.0.2.7", "video", false, 0 },
	{ "tx.example.org", "192.0.2.7", "video", true, 0 },
	{ "tx.example.org", "192.0.2.7", "video", false, N_AUTHORIZATION_FAILED },
	{ "far.example.org", "198.51.100.9", "video", true, 0 },
	{ "far.example.org", "192.0.2.7", "video", true, N_AUTHORIZATION_FAILED },
	{ "far.example.org", "2001:db8::1", "video", false, N_AUTHORIZATION_FAILED },
	{ "rx.example.net", "192.0.2.7", "video", false, N_AUTHORIZATION_FAILED },
	{ "example.org", "192.0.2.7", "video", false, N_AUTHORIZATION_FAILED },
	{ "keyid:rx.example.org", "192.0.2.7", "video", false, N_AUTHORIZATION_FAILED },
	{ "rx.example.org", "192.0.2.7", "audio", false, N_INVALID_GROUP_ID },
	{ "rx.example.org", "192.0.2.7", "vide", false, N_INVALID_GROUP_ID },
	{ "rx.example.org", "192.0.2.7", "video2", false, N_INVALID_GROUP_ID },
	{ "192.0.2.7", "192.0.2.7", "sound", true, 0 },
	{ "2001:db8::7", "192.0.2.7", "sound", false, 0 },
	{ "ops@example.org", "192.0.2.7", "sound", false, 0 },
};

static void authorization(void **state)
{
	struct gemcast_ks_member member;
	struct ike_sa *sa;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(applicants) / sizeof(applicants[0]); i++) {
		sa = kit_sa(applicants[i].id, applicants[i].address);
		if (kit_join(sa, applicants[i].group, applicants[i].sender) !=
		    applicants[i].refused)
			fail_msg("applicant %zu: %u", i, sa->refused);
		if (!applicants[i].refused)
			continue;
		assert_int_equal(sa->n_sas, 0);
		assert_false(kit_member("video", "rx.example.net", &member));
	}
}

static void one_as_another(const char *id, const char *other, bool sender, const char *listed)
{
	const char *group = sender ? "sound" : "video", *name = sender ? "audio" : "video";
	struct ike_sa *first = kit_sa(id, "192.0.2.7");
	struct ike_sa *second = kit_sa(other, "192.0.2.8");
	struct gemcast_ks_member member;
	struct gemcast_ks_group shown;

	assert_int_equal(kit_join(first, group, sender), 0);
	assert_int_equal(kit_join(second, group, sender), 0);
	assert_true(kit_group(name, &shown));
	assert_int_equal(shown.members, 1);
	assert_true(kit_member(name, listed, &member));
	assert_string_equal(member.state, "registered");
	kit_lose(first, IKE_END_DELETED);
	assert_true(kit_group(name, &shown));
	assert_int_equal(shown.members, 1);
	kit_lose(second, IKE_END_DELETED);
}

/* RFC 9838 2.3.3: its registration replaces the one before, however it spells its name. */
static void spellings(void **state)
{
	struct ike_sa *big, *small;

	(void)state;
	one_as_another("RX.Example.ORG", "rx.example.org", false, "rx.example.org");
	/* It is the only sender, and would shut itself out. */
	one_as_another("tx.example.org", "TX.example.org", true, "tx.example.org");
	one_as_another("Ops@Example.ORG", "Ops@example.org", true, "Ops@example.org");
	/* The name of a mailbox is another in other letters, and so are octets. */
	big = kit_sa("Ops@example.org", "192.0.2.7");
	small = kit_sa("ops@example.org", "192.0.2.8");
	assert_int_equal(kit_join(big, "sound", true), 0);
	assert_int_equal(kit_join(small, "sound", true), N_REGISTRATION_FAILED);
	kit_lose(big, IKE_END_DELETED);
	big = kit_sa("keyid:Ops", "192.0.2.7");
	small = kit_sa("keyid:ops", "192.0.2.8");
	assert_int_equal(kit_join(big, "sound", true), 0);
	assert_int_equal(kit_join(small, "sound", true), N_REGISTRATION_FAILED);
}

/* An identity that could pass for another in the list of members is none. */
static void odd_identities(void **state)
{
	static const struct {
		uint8_t type;
		const char *data;
		size_t len;
	} odd[] = {
		{ ID_FQDN, "gm1.example.org\0", 16 },
		{ ID_FQDN, "\0.example.org", 13 },
		{ ID_FQDN, "gm 1.example.org", 16 },
		{ ID_RFC822_ADDR, "a\n@example.org", 14 },
		{ ID_FQDN, "", 0 },
		{ ID_IPV4_ADDR, "abc", 3 },
		{ ID_IPV6_ADDR, "abcd", 4 },
		{ ID_DER_ASN1_DN, "abcd", 4 },
		{ ID_NULL, "", 0 },
		{ ID_DER_ASN1_GN, "abcd", 4 },
	};
	struct ike_sa *sa = kit_sa("gm1.example.org", "192.0.2.7");
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		sa->id = (struct wire_id){ odd[i].type, { sa->id_data, odd[i].len } };
		memcpy(sa->id_data, odd[i].data, odd[i].len);
		assert_int_equal(kit_join(sa, "sound", false), N_AUTHORIZATION_FAILED);
	}
	memset(sa->id_data, 'k', 300);
	sa->id = (struct wire_id){ ID_KEY_ID, { sa->id_data, 300 } };
	assert_int_equal(kit_join(sa, "sound", false), N_AUTHORIZATION_FAILED);
}

#define ENCR(id_, bits)	{ .type = TRANSFORM_ENCR, .id = (id_), .key_length = (bits) }
#define SN(id_)		{ .type = TRANSFORM_SN, .id = (id_) }
#define PROPOSAL(number_, protocol_, list)						\
	{ .number = (number_), .protocol = PROTO_##protocol_, .transforms = (list),	\
	  .n_transforms = sizeof(list) / sizeof((list)[0]) }

static const struct wire_transform gcm128[] = {
	ENCR(ENCR_AES_GCM_16, 128), SN(SN_32_BIT_UNSPECIFIED)
};
static const struct wire_transform gcm256[] = {
	ENCR(ENCR_AES_GCM_16, 256), SN(SN_32_BIT_UNSPECIFIED)
};
static const struct wire_transform gcm128_sequential[] = {
	ENCR(ENCR_AES_GCM_16, 128), SN(SN_32_BIT_SEQUENTIAL)
};
static const struct wire_transform all[] = {
	ENCR(ENCR_AES_CBC, 128), ENCR(ENCR_AES_GCM_16, 256), ENCR(ENCR_AES_GCM_16, 128),
	{ .type = TRANSFORM_INTEG, .id = AUTH_HMAC_SHA2_256_128 },
	{ .type = TRANSFORM_PRF, .id = PRF_HMAC_SHA2_256 },
	SN(SN_32_BIT_SEQUENTIAL), SN(SN_32_BIT_UNSPECIFIED)
};
static const struct wire_transform silent[] = { ENCR(ENCR_AES_GCM_16, 128) };
static const struct wire_transform no_encr[] = { SN(SN_32_BIT_UNSPECIFIED) };
static const struct wire_transform strange[] = {
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 128,
	  .unknown = { (const uint8_t *)"\x80\x0e\x00\x80\x80\x63\x00\x01", 8 } },
	SN(SN_32_BIT_UNSPECIFIED)
};

static const struct {
	struct wire_proposal proposals[2];
	size_t n;
	uint16_t refused;
} sags[] = {
	{ { PROPOSAL(1, ESP, gcm128) }, 1, 0 },
	{ { PROPOSAL(1, ESP, gcm256) }, 1, N_NO_PROPOSAL_CHOSEN },
	{ { PROPOSAL(1, ESP, gcm256), PROPOSAL(2, ESP, gcm128) }, 2, 0 },
	{ { PROPOSAL(1, ESP, gcm256), PROPOSAL(1, ESP, gcm128) }, 2, 0 },
	{ { PROPOSAL(1, ESP, gcm128_sequential) }, 1, N_NO_PROPOSAL_CHOSEN },
	{ { PROPOSAL(1, ESP, all) }, 1, 0 },
	{ { PROPOSAL(1, ESP, silent) }, 1, 0 },
	{ { PROPOSAL(1, ESP, no_encr) }, 1, N_NO_PROPOSAL_CHOSEN },
	{ { PROPOSAL(1, ESP, strange) }, 1, N_NO_PROPOSAL_CHOSEN },
	{ { PROPOSAL(1, AH, gcm128) }, 1, N_NO_PROPOSAL_CHOSEN },
	{ { PROPOSAL(1, GIKE_UPDATE, gcm128) }, 1, N_NO_PROPOSAL_CHOSEN },
	{ { PROPOSAL(1, GIKE_UPDATE, gcm128), PROPOSAL(1, ESP, gcm128) }, 2, 0 },
	{ { PROPOSAL(1, GIKE_UPDATE, gcm256), PROPOSAL(2, ESP, gcm128) }, 2, 0 },
};

static const struct wire_transform gike256[] = {
	ENCR(ENCR_AES_GCM_16, 256), { .type = TRANSFORM_KWA, .id = KW_5649_256 }
};

static const struct {
	struct wire_proposal proposals[4];
	size_t n;
	bool allowed;
} sags_of_two[] = {
	{ { PROPOSAL(1, ESP, gcm128), PROPOSAL(1, GIKE_UPDATE, gike256) }, 2, true },
	{ { PROPOSAL(1, ESP, gcm128), PROPOSAL(2, GIKE_UPDATE, gike256) }, 2, false },
	{ { PROPOSAL(1, ESP, gcm256), PROPOSAL(1, GIKE_UPDATE, gike256),
	    PROPOSAL(2, ESP, gcm128), PROPOSAL(2, GIKE_UPDATE, gcm128) }, 4, false },
	{ { PROPOSAL(1, ESP, gcm256), PROPOSAL(1, GIKE_UPDATE, gike256),
	    PROPOSAL(2, ESP, gcm128), PROPOSAL(2, GIKE_UPDATE, gike256) }, 4, true },
};

/* What is taken of one protocol binds that of the other to the same number. */
static void one_number_for_all(void **state)
{
	const struct wire_policy both[] = {
		{ .protocol = PROTO_ESP, .transforms = gcm128, .n_transforms = 2 },
		{ .protocol = PROTO_GIKE_UPDATE, .transforms = gike256, .n_transforms = 2 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sags_of_two) / sizeof(sags_of_two[0]); i++)
		if (sag_allows(sags_of_two[i].proposals, sags_of_two[i].n, both, 2) !=
		    sags_of_two[i].allowed)
			fail_msg("SAg %zu", i);
}

/* All kinds of identities that a group may have (RFC 9838 4.2). */
static void groups_by_any_name(void **state)
{
	static const char * const names[] = {
		"keyid:0x0001ff", "192.0.2.77", "video.example.org", "video@example.org",
		"2001:db8::77",
	};
	struct ike_sa *sa = kit_sa("rx.example.org", "192.0.2.7");
	struct kit_ask ask = { 0 };
	char groups[4096];
	size_t i, len = 0;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		len += snprintf(groups + len, sizeof(groups) - len,
				"    - { name: g%zu, id: \"%s%s\", traffic: [ { destination:"
				" 239.2.0.%zu } ], members: [ { identity: \"*\" } ] }\n",
				i, i == 2 ? "fqdn:" : "", names[i], i);
	kit_reload(groups);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ask.id = names[i];
		assert_int_equal(kit_ask(sa, &ask), 0);
		assert_int_equal(sa->sas[0].dst.start[3], i);
	}
	/* The same letters as a key id are another group. */
	ask.id = "keyid:video.example.org";
	assert_int_equal(kit_ask(sa, &ask), N_INVALID_GROUP_ID);
}

/* IPsec does not compress here: what a member says of it changes nothing. */
static void compression(void **state)
{
	struct ike_sa *sa = kit_sa("rx.example.org", "192.0.2.7");
	struct ike_sa *other = kit_sa("rx.example.org", "192.0.2.8");
	struct kit_ask ask = { .exchange = GSA_AUTH, .group = "video", .ipcomp = true,
			       .proposals = sags[0].proposals, .n_proposals = 1 };

	(void)state;
	assert_int_equal(kit_ask(sa, &ask), 0);
	ask.ipcomp = false;
	assert_int_equal(kit_ask(other, &ask), 0);
	kit_assert_same(sa, other);
}

static void abilities(void **state)
{
	struct ike_sa *sa = kit_sa("rx.example.org", "192.0.2.7");
	struct kit_ask ask = { .group = "video" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sags) / sizeof(sags[0]); i++) {
		ask.proposals = sags[i].proposals;
		ask.n_proposals = sags[i].n;
		if (kit_ask(sa, &ask) != sags[i].refused)
			fail_msg("SAg %zu: %u", i, sa->refused);
	}
}

static void no_key_wrap(void **state)
{
	struct ike_sa *sa = kit_sa("rx.example.org", "192.0.2.7");

	(void)state;
	sa->kwa = 0;
	assert_int_equal(kit_join(sa, "video", false), N_NO_PROPOSAL_CHOSEN);
	sa->kwa = KW_5649_128;
	assert_int_equal(kit_join(sa, "video", false), 0);
	sa->kwa = KW_5649_192;
	assert_int_equal(kit_join(sa, "video", false), 0);
	/* No key is wrapped by a shorter one (RFC 9838 3.1). */
	assert_int_equal(kit_join(sa, "sound", false), N_NO_PROPOSAL_CHOSEN);
	sa->kwa = KW_5649_256;
	assert_int_equal(kit_join(sa, "sound", false), 0);
}

static void one_sender(void **state)
{
	struct ike_sa *a = kit_sa("a.example.org", "192.0.2.1");
	struct ike_sa *b = kit_sa("b.example.org", "192.0.2.2");
	struct ike_sa *rx = kit_sa("rx.example.org", "192.0.2.3");

	(void)state;
	assert_int_equal(kit_join(rx, "sound", false), 0);
	assert_int_equal(kit_join(a, "sound", true), 0);
	kit_assert_same(a, rx);
	assert_int_equal(kit_join(b, "sound", true), N_REGISTRATION_FAILED);
	assert_int_equal(kit_join(b, "sound", false), 0);
	/* The sender has begun anew: its sequence numbers, too, so the SA is another. */
	a->n_sas = 0;
	assert_int_equal(kit_join(a, "sound", true), 0);
	assert_int_equal(a->n_sas, 1);
	assert_null(kit_held(rx, a->sas[0].spi));
	assert_true(a->has_atd);
	kit_settle();
	assert_non_null(kit_held(rx, a->sas[0].spi));
	kit_assert_same(a, rx);
	kit_assert_same(b, rx);
	assert_int_equal(rx->deletes, 1);
	/* It left: there is a place. */
	kit_lose(a, IKE_END_DELETED);
	assert_int_equal(kit_join(b, "sound", true), 0);
	kit_settle();
	kit_assert_same(b, rx);
}

static void leaving(void **state)
{
	struct ike_sa *sa = kit_sa("gm1.example.org", "192.0.2.7");
	struct ike_sa *other = kit_sa("rx.example.org", "192.0.2.8");
	struct kit_ask leave = { .group = "video", .error = N_REGISTRATION_FAILED };
	struct gemcast_ks_member member;

	(void)state;
	assert_int_equal(kit_join(sa, "video", true), 0);
	assert_true(kit_member("video", "gm1.example.org", &member));
	assert_string_equal(member.state, "registered");
	assert_string_equal(member.role, "both");
	assert_int_equal(member.sids, 1);
	assert_int_equal(member.epoch, 1);
	assert_int_equal(member.port, 848);
	/* Not by somebody else. */
	assert_int_equal(kit_ask(other, &leave), 0);
	assert_true(kit_member("video", "gm1.example.org", &member));
	assert_string_equal(member.state, "registered");
	assert_int_equal(kit_ask(sa, &leave), 0);
	assert_true(kit_member("video", "gm1.example.org", &member));
	assert_string_equal(member.state, "gone");
	/* Twice, in a group it is not in, and in none, does no harm. */
	assert_int_equal(kit_ask(sa, &leave), 0);
	leave.group = "sound";
	leave.error = N_NO_PROPOSAL_CHOSEN;
	assert_int_equal(kit_ask(sa, &leave), 0);
	leave.group = "none";
	assert_int_equal(kit_ask(sa, &leave), 0);
	/* An IKE SA without a member in it is closed after a while. */
	kit_wait(29000);
	assert_false(sa->closed);
	kit_wait(1000);
	assert_true(sa->closed);
	assert_true(other->closed);
}

static void leaves_one_of_two(void **state)
{
	struct ike_sa *sa = kit_sa("gm1.example.org", "192.0.2.7");
	struct kit_ask leave = { .group = "video", .error = N_NO_PROPOSAL_CHOSEN };
	struct gemcast_ks_group group;

	(void)state;
	assert_int_equal(kit_join(sa, "video", true), 0);
	assert_int_equal(kit_join(sa, "sound", false), 0);
	assert_int_equal(kit_ask(sa, &leave), 0);
	assert_true(kit_group("video", &group));
	assert_int_equal(group.members, 0);
	assert_int_equal(group.senders, 0);
	assert_true(kit_group("audio", &group));
	assert_int_equal(group.members, 1);
	kit_wait(60000);
	assert_false(sa->closed);
}

/* From a new IKE SA: the old one is nobody's, and the Sender-ID another. */
static void registers_again(void **state)
{
	struct ike_sa *old = kit_sa("gm1.example.org", "192.0.2.7");
	struct ike_sa *new = kit_sa("gm1.example.org", "192.0.2.8");
	struct kit_ask leave = { .group = "video", .error = N_REGISTRATION_FAILED };
	struct gemcast_ks_group group;
	struct gemcast_ks_member member;

	(void)state;
	assert_int_equal(kit_join(old, "video", true), 0);
	assert_int_equal(kit_join(new, "video", true), 0);
	assert_int_not_equal(old->sids[0], new->sids[0]);
	/* It cannot take anybody out of the group any more. */
	assert_int_equal(kit_ask(old, &leave), 0);
	assert_true(kit_group("video", &group));
	assert_int_equal(group.members, 1);
	assert_int_equal(group.senders, 1);
	kit_lose(old, IKE_END_DEAD);
	assert_true(kit_group("video", &group));
	assert_int_equal(group.members, 1);
	assert_true(kit_member("video", "gm1.example.org", &member));
	assert_memory_equal(&member.addr.in, "\xc0\x00\x02\x08", 4);
	kit_lose(new, IKE_END_DEAD);
	assert_true(kit_group("video", &group));
	assert_int_equal(group.members, 0);
	assert_true(kit_member("video", "gm1.example.org", &member));
	assert_string_equal(member.state, "gone");
}

static void refused_is_closed(void **state)
{
	struct ike_sa *sa = kit_sa("stranger.example.net", "192.0.2.7");
	struct kit_ask ask = { .exchange = GSA_AUTH, .group = "video" };

	(void)state;
	assert_int_equal(kit_ask(sa, &ask), N_AUTHORIZATION_FAILED);
	kit_wait(30000);
	assert_true(sa->closed);
}

static void spis(void **state)
{
	struct ike_sa *sa = kit_sa("rx.example.org", "192.0.2.7");
	struct kit_ask ask = { .group = "video", .error = N_NO_PROPOSAL_CHOSEN };

	(void)state;
	/* Those below 256 are nobody's. */
	kit.next_spi = 250;
	assert_int_equal(kit_join(sa, "video", false), 0);
	assert_int_equal(sa->sas[0].spi, 256);
	assert_int_equal(sa->sas[1].spi, 257);
	/* Those of another group are taken. */
	kit.next_spi = 256;
	assert_int_equal(kit_join(sa, "sound", false), 0);
	assert_int_equal(sa->sas[0].spi, 258);
	/* For what a member cannot use there is another soon. */
	kit.next_spi = 256;
	ask.error_spi = 257;
	assert_int_equal(kit_ask(sa, &ask), 0);
	kit_wait(1000);
	assert_int_equal(kit_join(sa, "video", false), 0);
	assert_int_equal(kit_last(sa)->spi, 260);
	assert_int_equal(sa->sas[sa->n_sas - 2].spi, 259);
	/* What ended a while ago may still be where a member is. */
	assert_int_equal(ks_rekey(kit.ks, "video", true, NULL), 0);
	kit_settle();
	kit.next_spi = 256;
	assert_int_equal(ks_rekey(kit.ks, "video", true, NULL), 0);
	kit_settle();
	assert_int_equal(sa->sas[0].spi, 263);
	assert_int_equal(sa->sas[1].spi, 264);
}

/* A rekey or nothing known sent to the key server. */
static void other_requests(void **state)
{
	struct ike_sa *sa = kit_sa("rx.example.org", "192.0.2.7");
	struct wire_message m = { .header = { .exchange = GSA_INBAND_REKEY } };
	static struct ike_content content;

	(void)state;
	content = (struct ike_content){ 0 };
	ks_request(kit.ks, sa, &m, &content);
	assert_int_equal(content.n_notifies, 1);
	assert_int_equal(content.notifies[0].type, N_INVALID_SYNTAX);
	content = (struct ike_content){ 0 };
	m.header.exchange = INFORMATIONAL;
	ks_request(kit.ks, sa, &m, &content);
	assert_int_equal(content.n_notifies, 0);
	assert_null(sa->data);
}

/* What fails leaves a refusal, and an earlier registration as it was. */
static void failures(void **state)
{
	struct ike_sa *sa = kit_sa("gm1.example.org", "192.0.2.7");
	struct ike_sa *other = kit_sa("gm1.example.org", "192.0.2.8");
	struct gemcast_ks_member member;

	(void)state;
	kit.random_error = -EIO;
	assert_int_equal(kit_join(sa, "video", true), N_REGISTRATION_FAILED);
	kit.random_error = 0;
	assert_int_equal(kit_join(sa, "video", true), 0);
	kit.wrap_error = -ENOMEM;
	assert_int_equal(kit_join(other, "video", true), N_REGISTRATION_FAILED);
	assert_true(kit_member("video", "gm1.example.org", &member));
	assert_memory_equal(&member.addr.in, "\xc0\x00\x02\x07", 4);
	assert_string_equal(member.state, "registered");
	kit.wrap_error = 0;
	assert_int_equal(kit_join(other, "video", true), 0);
}

/* A thousand members, each by its own IKE SA, have the same SAs. */
static void thousand(void **state)
{
	struct ike_sa *sa[1000];
	struct gemcast_ks_group group;
	char id[64];
	size_t i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "gm%zu.%s", i * 7919 % 1000,
			 i % 10 ? "example.org" : "senders.example");
		sa[i] = kit_sa(id, "192.0.2.7");
		assert_int_equal(kit_join(sa[i], "video", !(i % 10)), 0);
		kit_assert_same(sa[0], sa[i]);
	}
	assert_true(kit_group("video", &group));
	assert_int_equal(group.members, 1000);
	assert_int_equal(group.senders, 100);
	assert_int_equal(group.current, 1000);
	assert_int_equal(group.epoch, 1);
	assert_int_equal(group.sas, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(receiver, setup, teardown),
		cmocka_unit_test_setup_teardown(sender, setup, teardown),
		cmocka_unit_test_setup_teardown(transport_and_sequence, setup, teardown),
		cmocka_unit_test_setup_teardown(authorization, setup, teardown),
		cmocka_unit_test_setup_teardown(spellings, setup, teardown),
		cmocka_unit_test_setup_teardown(odd_identities, setup, teardown),
		cmocka_unit_test_setup_teardown(abilities, setup, teardown),
		cmocka_unit_test(one_number_for_all),
		cmocka_unit_test_setup_teardown(groups_by_any_name, setup, teardown),
		cmocka_unit_test_setup_teardown(compression, setup, teardown),
		cmocka_unit_test_setup_teardown(no_key_wrap, setup, teardown),
		cmocka_unit_test_setup_teardown(one_sender, setup, teardown),
		cmocka_unit_test_setup_teardown(leaving, setup, teardown),
		cmocka_unit_test_setup_teardown(leaves_one_of_two, setup, teardown),
		cmocka_unit_test_setup_teardown(registers_again, setup, teardown),
		cmocka_unit_test_setup_teardown(refused_is_closed, setup, teardown),
		cmocka_unit_test_setup_teardown(spis, setup, teardown),
		cmocka_unit_test_setup_teardown(other_requests, setup, teardown),
		cmocka_unit_test_setup_teardown(failures, setup, teardown),
		cmocka_unit_test_setup_teardown(thousand, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
