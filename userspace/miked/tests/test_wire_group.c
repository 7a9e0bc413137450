// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GSA and KD: every rule of RFC 9838 sections 4.4, 4.5 and 5 broken once, in each
 * exchange for those of tables 9 and 10; and what the rules leave open.
 */
#include "test.h"
#include "wire_samples.h"

static struct coded coded;
static struct wire_room room;
static struct wire_error error;

/* A good message with GSA and KD, that a test may change. */
static struct group {
	struct wire_message m;
	struct wire_gsa gsa;
	struct wire_kd kd;
	struct wire_group_wide wide;
	struct wire_member_bag member;
	struct wire_policy policy[4];	/* Rekey SA, ESP, AH, one more ESP */
	struct wire_transform rekey[8];
	struct wire_transform esp[8];
	struct wire_transform ah[8];
	struct wire_key_bag bag[4];
	struct wire_key key[4];
	struct wire_key wrap[2];
} g;

static void copy_transforms(struct wire_policy *policy, struct wire_transform *to,
			    const struct wire_transform *from, size_t n)
{
	memcpy(to, from, n * sizeof(*to));
	policy->transforms = to;
	policy->n_transforms = n;
}

static void start(const struct wire_message *m)
{
	static const struct wire_key_bag all[] = {
		{ PROTO_GIKE_UPDATE, SPI_REKEY, NULL, 1 }, { PROTO_ESP, { NULL, 0 }, NULL, 1 },
		{ PROTO_AH, { NULL, 0 }, NULL, 1 }, { PROTO_ESP, { NULL, 0 }, NULL, 1 },
	};
	size_t i;

	g = (struct group){ .m = *m, .policy = { policies[0], policies[1], policies[3],
						 policies[2] } };
	copy_transforms(&g.policy[0], g.rekey, LIST(rekey_signed));
	copy_transforms(&g.policy[1], g.esp, LIST(esp_gcm_senders));
	copy_transforms(&g.policy[2], g.ah, LIST(ah_hmac));
	for (i = 0; i < 4; i++) {
		g.key[i] = sa_key[0];
		g.bag[i] = all[i];
		g.bag[i].spi = g.policy[i].spi;
		g.bag[i].keys = &g.key[i];
	}
	g.gsa = (struct wire_gsa){ g.policy, 4, &g.wide };
	g.kd = (struct wire_kd){ g.bag, 4, NULL };
	g.m.gsa = &g.gsa;
	g.m.kd = &g.kd;
	memcpy(g.wrap, wrap_keys, sizeof(g.wrap));
}

/* With a Rekey SA; the member is a sender. Table 9, first column. */
static void start_registration(void)
{
	struct wire_message m = { .header = RESPONSE(GSA_AUTH), .idr = &id_fqdn,
				  .auth = &auth_psk };

	start(&m);
	g.wide = group_wide;
	g.member = (struct wire_member_bag){ .auth_key = FILL(44), .sender_ids = LIST(sender_ids) };
	g.kd.member = &g.member;
}

/* Table 9, second column. */
static void start_rekey(void)
{
	struct wire_message m = { .header = { SPI_I, SPI_R, GSA_REKEY, false, true, 7 } };

	start(&m);
	copy_transforms(&g.policy[0], g.rekey, LIST(rekey_again));
	g.wide = delays;
}

static void without_rekey_sa(void)
{
	size_t i;

	g.gsa.policies = &g.policy[1];
	g.gsa.n_policies = 3;
	g.kd.bags = &g.bag[1];
	g.kd.n_bags = 3;
	for (i = 0; i < 4; i++) {
		g.policy[i].has_lifetime = false;
		g.policy[i].n_next_spis = 0;
	}
}

/* Table 10, first column. */
static void start_registration_inband(void)
{
	struct wire_message m = { .header = RESPONSE(GSA_REGISTRATION) };

	start(&m);
	without_rekey_sa();
	g.wide = group_wide;
	g.member.sender_ids = sender_ids;
	g.member.n_sender_ids = 1;
	g.kd.member = &g.member;
}

/* Table 10, second column. */
static void start_inband(void)
{
	struct wire_message m = { .header = REQUEST(GSA_INBAND_REKEY) };

	start(&m);
	without_rekey_sa();
	g.wide = delays;
}

static void (*const starts[])(void) = {
	start_registration, start_rekey, start_registration_inband, start_inband,
};

static void accepted(void)
{
	struct wire_message m;

	assert_true(encode(&coded, &g.m, false));
	if (!decode(&coded, &m, &room, &error))
		fail_msg("%s", error.reason);
}

static void refused(const char *reason, uint8_t payload)
{
	bool answered = !g.m.header.response && g.m.header.exchange != GSA_REKEY;
	struct wire_message m;

	assert_true(encode(&coded, &g.m, false));
	if (decode(&coded, &m, &room, &error))
		fail_msg("accepted, in spite of: %s", reason);
	assert_string_equal(error.reason, reason);
	assert_int_equal(error.payload, payload);
	assert_int_equal(error.notify, answered ? N_INVALID_SYNTAX : N_NONE);
}

/* What a registration becomes if @change is made to it. */
#define REFUSED(reason, payload, ...)			\
	do {						\
		start_registration();			\
		__VA_ARGS__;				\
		refused(reason, PAYLOAD_##payload);	\
	} while (0)

#define ACCEPTED(...)					\
	do {						\
		start_registration();			\
		__VA_ARGS__;				\
		accepted();				\
	} while (0)

static void good(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		starts[i]();
		accepted();
	}
}

/* Tables 9 and 10: what must, may and must not be there, in their order. */

static void with_lifetime(void)
{
	g.policy[1].has_lifetime = true;
}

static void without_lifetime(void)
{
	g.policy[1].has_lifetime = false;
}

static struct wire_policy *rekey_policy(void)
{
	g.gsa.policies = g.policy;
	g.gsa.n_policies = 4;
	g.kd.bags = g.bag;
	g.kd.n_bags = 4;
	return &g.policy[0];
}

/* A Rekey SA over unicast, with nothing that table 10 does not allow. */
static void rekey_sa_inband(void)
{
	struct wire_policy *policy = rekey_policy();

	policy->has_initial_message_id = false;
	policy->n_next_spis = 0;
	copy_transforms(policy, g.rekey, LIST(rekey_again));
}

static void with_next_spi(void)
{
	g.policy[1].next_spis = next_esp;
	g.policy[1].n_next_spis = 2;
}

static void with_sender_id_bits(void)
{
	g.wide.has_sender_id_bits = true;
}

static void without_group_wide(void)
{
	g.gsa.group_wide = NULL;
}

static void with_wrap_key(void)
{
	g.kd.member = &g.member;
	g.member.wrap_keys = wrap_keys;
	g.member.n_wrap_keys = 3;
}

static void with_auth_key(void)
{
	g.kd.member = &g.member;
	g.member.auth_key = (struct chunk)FILL(44);
}

static void without_auth_key(void)
{
	g.kd.member = &g.member;
	g.member.auth_key.len = 0;
}

static void with_sender_id(void)
{
	g.kd.member = &g.member;
	g.member.sender_ids = sender_ids;
	g.member.n_sender_ids = 1;
}

static void with_empty_member_bag(void)
{
	g.kd.member = &g.member;
}

static void without_bag(void)
{
	g.kd.n_bags--;
}

static const struct {
	void (*change)(void);
	uint8_t payload;
	const char *reasons[4];
} presence[] = {
	{ without_lifetime, PAYLOAD_GSA,
	  { "GSA_KEY_LIFETIME is missing", "GSA_KEY_LIFETIME is missing", NULL, NULL } },
	{ with_lifetime, PAYLOAD_GSA, { NULL, NULL, NULL, NULL } },
	{ with_next_spi, PAYLOAD_GSA,
	  { NULL, NULL, "GSA_NEXT_SPI has no place here", "GSA_NEXT_SPI has no place here" } },
	{ with_sender_id_bits, PAYLOAD_GSA,
	  { NULL, "GWP_SENDER_ID_BITS has no place here", NULL,
	    "GWP_SENDER_ID_BITS has no place here" } },
	{ without_group_wide, PAYLOAD_GSA, { NULL, NULL, NULL, NULL } },
	{ with_wrap_key, PAYLOAD_KD,
	  { NULL, NULL, "WRAP_KEY has no place here", "a Member Key Bag has no place here" } },
	{ with_auth_key, PAYLOAD_KD,
	  { NULL, NULL, "AUTH_KEY has no place here", "a Member Key Bag has no place here" } },
	{ without_auth_key, PAYLOAD_KD,
	  { "AUTH_KEY is missing", NULL, NULL, "a Member Key Bag has no place here" } },
	{ with_sender_id, PAYLOAD_KD,
	  { NULL, "GM_SENDER_ID has no place here", NULL, "a Member Key Bag has no place here" } },
	{ with_empty_member_bag, PAYLOAD_KD,
	  { NULL, NULL, NULL, "a Member Key Bag has no place here" } },
	{ without_bag, PAYLOAD_KD,
	  { "the key bag of an SA is missing", NULL, "the key bag of an SA is missing", NULL } },
};

static void tables_9_and_10(void **state)
{
	size_t column;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(presence) / sizeof(presence[0]); i++) {
		for (column = 0; column < 4; column++) {
			starts[column]();
			presence[i].change();
			if (presence[i].reasons[column])
				refused(presence[i].reasons[column], presence[i].payload);
			else
				accepted();
		}
	}
}

/* The Rekey SA's own attributes; in-band it may come, but without them. */
static void rekey_sa_attributes(void **state)
{
	(void)state;
	start_inband();
	rekey_sa_inband();
	accepted();
	g.policy[0].has_initial_message_id = true;
	refused("GSA_INITIAL_MESSAGE_ID has no place here", PAYLOAD_GSA);

	start_inband();
	rekey_sa_inband();
	g.bag[0].keys = sa_keys;
	g.bag[0].n_keys = 2;
	refused("a second SA_KEY has no place here", PAYLOAD_KD);
	REFUSED("a second SA_KEY has no place here", KD,
		g.bag[0].keys = sa_keys, g.bag[0].n_keys = 2);
	start_rekey();
	g.bag[0].keys = sa_keys;
	g.bag[0].n_keys = 2;
	accepted();

	start_rekey();
	copy_transforms(&g.policy[0], g.rekey, LIST(rekey_signed));
	refused("GCAUTH has no place here", PAYLOAD_GSA);
	start_inband();
	rekey_sa_inband();
	copy_transforms(&g.policy[0], g.rekey, LIST(rekey_signed));
	refused("GCAUTH has no place here", PAYLOAD_GSA);
	REFUSED("GCAUTH is missing", GSA,
		copy_transforms(&g.policy[0], g.rekey, LIST(rekey_again)));
	REFUSED("AUTH_KEY has no place here", KD,
		copy_transforms(&g.policy[0], g.rekey, LIST(rekey_implicit)));
	ACCEPTED(copy_transforms(&g.policy[0], g.rekey, LIST(rekey_implicit));
		 g.member.auth_key.len = 0);
}

static void drop_transform(struct wire_policy *policy, struct wire_transform *list, size_t i)
{
	policy->n_transforms--;
	memmove(list + i, list + i + 1, (policy->n_transforms - i) * sizeof(*list));
}

static void add_transform(struct wire_policy *policy, struct wire_transform *list, uint8_t type,
			  uint16_t id)
{
	list[policy->n_transforms++] = (struct wire_transform){ .type = type, .id = id };
}

/* RFC 9838 table 2, 4.4.2.1 */
static void transforms(void **state)
{
	static const char missing[] = "a transform type is missing";
	static const char unfit[] = "a transform type unfit for the protocol";
	static const char algorithm[] = "Signature Algorithm Identifier: none with Digital "
					"Signature, or one with something else";

	(void)state;
	REFUSED(missing, GSA, drop_transform(&g.policy[0], g.rekey, 0));
	REFUSED(missing, GSA, drop_transform(&g.policy[0], g.rekey, 2));
	REFUSED(missing, GSA, drop_transform(&g.policy[1], g.esp, 0));
	REFUSED(missing, GSA, drop_transform(&g.policy[1], g.esp, 1));
	REFUSED(missing, GSA, drop_transform(&g.policy[2], g.ah, 0));
	REFUSED(missing, GSA, drop_transform(&g.policy[2], g.ah, 1));
	REFUSED(unfit, GSA, add_transform(&g.policy[0], g.rekey, TRANSFORM_SN, 0));
	REFUSED(unfit, GSA, add_transform(&g.policy[1], g.esp, TRANSFORM_KWA, KW_5649_128));
	REFUSED(unfit, GSA, add_transform(&g.policy[1], g.esp, TRANSFORM_KE, KE_NONE));
	REFUSED(unfit, GSA, add_transform(&g.policy[2], g.ah, TRANSFORM_ENCR, ENCR_NULL));
	REFUSED("two transforms of one type", GSA,
		add_transform(&g.policy[1], g.esp, TRANSFORM_ENCR, ENCR_AES_GCM_8));
	REFUSED("two transforms of one type", GSA,
		add_transform(&g.policy[0], g.rekey, TRANSFORM_KWA, KW_5649_128));
	REFUSED("INTEG beside an AEAD cipher", GSA,
		add_transform(&g.policy[1], g.esp, TRANSFORM_INTEG, AUTH_HMAC_SHA2_256_128));
	REFUSED("INTEG beside an AEAD cipher", GSA,
		add_transform(&g.policy[0], g.rekey, TRANSFORM_INTEG, AUTH_HMAC_SHA2_256_128));
	REFUSED("no INTEG beside a cipher that is no AEAD", GSA, g.rekey[0].id = ENCR_AES_CBC);
	REFUSED("no INTEG beside a cipher that is no AEAD", GSA,
		g.rekey[0].id = ENCR_AES_CBC;
		add_transform(&g.policy[0], g.rekey, TRANSFORM_INTEG, AUTH_NONE));
	REFUSED("AH without INTEG", GSA, g.ah[0].id = AUTH_NONE);
	REFUSED("64-bit sequence numbers in a multicast SA", GSA,
		g.esp[1].id = SN_PARTIAL_64_BIT_SEQUENTIAL);
	REFUSED("implicit IV without unique sequence numbers", GSA,
		g.rekey[0].id = ENCR_AES_GCM_16_IIV);
	REFUSED("implicit IV without unique sequence numbers", GSA,
		g.esp[0].id = ENCR_AES_GCM_16_IIV);
	REFUSED(algorithm, GSA, g.rekey[1].algorithm.len = 0);
	REFUSED(algorithm, GSA, g.rekey[1].id = GCAUTH_IMPLICIT);
	REFUSED(algorithm, GSA, g.esp[0].algorithm = g.rekey[1].algorithm);

	ACCEPTED(g.esp[0].id = ENCR_AES_GCM_16_IIV; g.esp[1].id = SN_32_BIT_SEQUENTIAL);
	ACCEPTED(add_transform(&g.policy[1], g.esp, TRANSFORM_INTEG, AUTH_NONE));
	ACCEPTED(g.rekey[0].id = ENCR_AES_CBC;
		 add_transform(&g.policy[0], g.rekey, TRANSFORM_INTEG, AUTH_HMAC_SHA2_256_128));
	/* not known: the group may refuse it, the codec does not */
	ACCEPTED(add_transform(&g.policy[1], g.esp, 200, 1));
	ACCEPTED(g.esp[0].id = 4711);
	ACCEPTED(g.rekey[1].id = 4711; g.rekey[1].algorithm.len = 0; g.member.auth_key.len = 0);
}

static void rekey_by_ipv6(uint8_t first)
{
	static const struct wire_ts any = ANY6;
	struct wire_ts *dst = &g.policy[0].dst;

	g.policy[0].src = any;
	*dst = (struct wire_ts){ .type = TS_IPV6_ADDR_RANGE, .protocol = 17, .start_port = 848,
				 .end_port = 848, .start = { first, 0x0e }, .end = { first, 0x0e } };
}

/* RFC 9838 4.4.1, 4.4.2 */
static void policies_of_sas(void **state)
{
	static const struct wire_ts family = ANY6;
	static const char not_one[] = "Rekey SA: destination is not one multicast address";
	static const char not_udp[] = "Rekey SA: destination is not one UDP port";

	(void)state;
	REFUSED("GSA without a policy of an SA", GSA, g.gsa.n_policies = 0);
	REFUSED("two policies of a Rekey SA", GSA, g.policy[3] = g.policy[0]);
	REFUSED("two policies with one SPI", GSA, g.policy[3].spi = g.policy[1].spi);
	REFUSED("AH and ESP for the same traffic", GSA, g.policy[2].dst = g.policy[1].dst);
	REFUSED("selectors of different address families", GSA, g.policy[1].src = family);
	REFUSED(not_one, GSA, g.policy[0].dst.end[3]++);
	REFUSED(not_one, GSA, g.policy[0].dst.start[0] = g.policy[0].dst.end[0] = 192);
	REFUSED(not_one, GSA, g.policy[0].src = g.policy[3].src; g.policy[0].dst = family);
	REFUSED(not_one, GSA, rekey_by_ipv6(0xfe));
	REFUSED(not_udp, GSA, g.policy[0].dst.protocol = 6);
	REFUSED(not_udp, GSA, g.policy[0].dst.end_port++);
	REFUSED(not_udp, GSA, g.policy[0].dst.start_port = g.policy[0].dst.end_port = 0);
	REFUSED("Rekey SA: source is not UDP", GSA, g.policy[0].src.protocol = 6);
	REFUSED("a reserved SPI", GSA, g.policy[1].spi = (struct chunk)BYTES(0, 0, 0, 255));
	REFUSED("Rekey SA: first half of SPI is zero", GSA,
		g.policy[0].spi = (struct chunk){ bytes_132 + 8, 16 });
	REFUSED("keys of an SA that is not in GSA", KD,
		g.bag[3].spi = (struct chunk)FILL(4); g.bag[3].spi.data++;
		g.gsa.n_policies = 3);
	REFUSED("data SA: a second SA_KEY", KD, g.bag[1].keys = g.key, g.bag[1].n_keys = 2);
	REFUSED("data SA: SA_KEY with a KWK ID", KD, g.key[1].kwk_id = 3);

	ACCEPTED(rekey_by_ipv6(0xff));
	ACCEPTED(g.policy[1].spi = g.bag[1].spi = (struct chunk)BYTES(0, 0, 1, 0));
	/* the source of rekey messages may be any */
	ACCEPTED(g.policy[0].src = g.policy[1].src);
	/* two SAs with the same selectors: one sender each */
	ACCEPTED(g.policy[3].src = g.policy[1].src; g.policy[3].dst = g.policy[1].dst);
	/* data that goes where rekey messages go */
	ACCEPTED(g.policy[1].src = g.policy[0].src; g.policy[1].dst = g.policy[0].dst);
	/* the same SPI in ESP and in AH */
	ACCEPTED(g.policy[2].spi = g.bag[2].spi = g.policy[1].spi);
}

/* Keys and bags: RFC 9838 4.5 */
static void keys(void **state)
{
	(void)state;
	REFUSED("SA_KEY with a Key ID", KD, g.key[1].id = 1);
	REFUSED("a key that is cut short", KD, g.key[1].wrapped.len = 0);
	REFUSED("a key bag without SA_KEY", KD, g.bag[1].n_keys = 0);
	REFUSED("two key bags for one SA", KD, g.bag[3] = g.bag[1]);
	REFUSED("WRAP_KEY without a Key ID", KD,
		g.wrap[1].id = 0; g.member.wrap_keys = g.wrap; g.member.n_wrap_keys = 2);
	start_rekey();
	g.wrap[0].id = 0;
	g.bag[0].keys = g.wrap;
	g.bag[0].n_keys = 2;
	refused("SA_KEY with a Key ID", PAYLOAD_KD);
}

/* RFC 9838 section 5, note 1; 4.5.3.3 */
static void sender_id_rules(void **state)
{
	static const struct {
		bool sender;
		bool counter;
		bool bits;
		uint32_t asked;
		size_t n;
		const char *reason;
	} cases[] = {
		{ true, true, true, 2, 2, NULL },
		{ true, true, true, 2, 1, NULL },
		{ true, true, true, 0, 1, NULL },
		{ true, true, true, 1, 2, "more GM_SENDER_ID than asked for" },
		{ true, true, true, 0, 2, "more GM_SENDER_ID than asked for" },
		{ true, true, true, 1, 0, "GM_SENDER_ID is missing" },
		{ true, true, false, 1, 1, "GWP_SENDER_ID_BITS is missing" },
		{ true, false, false, 1, 0, NULL },
		{ true, false, true, 1, 0, NULL },
		{ true, false, true, 1, 1, "GM_SENDER_ID for a member that needs none" },
		{ false, true, false, 0, 0, NULL },
		{ false, true, true, 0, 0, NULL },
		{ false, true, true, 0, 1, "GM_SENDER_ID for a member that needs none" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start_registration();
		g.wide.has_sender_id_bits = cases[i].bits;
		g.member.n_sender_ids = cases[i].n;
		g.gsa.n_policies = 3;
		if (!cases[i].counter)
			g.esp[0].id = ENCR_AES_CBC;
		assert_int_equal(wire_needs_sender_ids(&g.gsa), cases[i].counter);
		assert_int_equal(wire_check_sender_ids(&g.m, cases[i].sender, cases[i].asked,
						       &error), !cases[i].reason);
		if (cases[i].reason)
			assert_string_equal(error.reason, cases[i].reason);
	}

	/* GMAC in AH counts too, the Rekey SA's cipher does not */
	start_registration();
	g.esp[0].id = ENCR_AES_CBC;
	g.ah[0].id = AUTH_AES_256_GMAC;
	g.gsa.n_policies = 3;
	assert_true(wire_needs_sender_ids(&g.gsa));
	/* without bag and group-wide policy */
	g.kd.member = NULL;
	g.gsa.group_wide = NULL;
	assert_false(wire_check_sender_ids(&g.m, true, 1, &error));
	assert_string_equal(error.reason, "GWP_SENDER_ID_BITS is missing");
}

/* More than there is room for is refused; as many as there is room for is not. */

static void assert_limit(size_t *n, size_t most, const char *reason, uint8_t payload)
{
	*n = most;
	accepted();
	*n = most + 1;
	refused(reason, payload);
}

static void limits(void **state)
{
	static struct wire_policy policy[WIRE_MAX_POLICIES + 1];
	static struct wire_key_bag bag[WIRE_MAX_KEY_BAGS + 1];
	static uint8_t spis[WIRE_MAX_POLICIES + 1][4];
	static struct chunk next[WIRE_MAX_NEXT_SPIS + 1];
	static uint32_t ids[WIRE_MAX_SENDER_IDS + 1];
	size_t i;

	(void)state;
	start_inband();
	for (i = 0; i <= WIRE_MAX_POLICIES; i++) {
		spis[i][0] = i + 1;
		policy[i] = g.policy[1];
		policy[i].spi = (struct chunk){ spis[i], 4 };
		bag[i] = g.bag[1];
		bag[i].spi = policy[i].spi;
	}
	g.gsa.policies = policy;
	g.kd.bags = bag;
	g.kd.n_bags = 1;
	assert_limit(&g.gsa.n_policies, WIRE_MAX_POLICIES, "too many policies", PAYLOAD_GSA);
	g.gsa.n_policies = WIRE_MAX_POLICIES;
	assert_limit(&g.kd.n_bags, WIRE_MAX_KEY_BAGS, "too many key bags", PAYLOAD_KD);

	start_registration();
	for (i = 0; i <= WIRE_MAX_NEXT_SPIS; i++)
		next[i] = (struct chunk)FILL(4);
	g.policy[0].n_next_spis = 0;
	g.policy[1].n_next_spis = 0;
	g.policy[2].next_spis = next;
	assert_limit(&g.policy[2].n_next_spis, WIRE_MAX_NEXT_SPIS, "too many GSA_NEXT_SPI",
		     PAYLOAD_GSA);

	start_registration();
	g.member.sender_ids = ids;
	assert_limit(&g.member.n_sender_ids, WIRE_MAX_SENDER_IDS, "too many GM_SENDER_ID",
		     PAYLOAD_KD);
}

/* An exclusion that fills the message: 40 bytes of wrapped key each. */
static void many_keys(void **state)
{
	static struct wire_key wrap[WIRE_MAX_KEYS];
	size_t i;

	(void)state;
	start_rekey();
	for (i = 0; i < WIRE_MAX_KEYS; i++)
		wrap[i] = (struct wire_key){ i + 1, 0, FILL(40) };
	g.kd.member = &g.member;
	g.member.wrap_keys = wrap;
	g.member.n_wrap_keys = 1230;
	accepted();
	for (i = 0; i < WIRE_MAX_KEYS; i++)
		wrap[i].wrapped.len = 1;
	assert_limit(&g.member.n_wrap_keys, WIRE_MAX_KEYS - 4, "too many keys", PAYLOAD_KD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(tables_9_and_10),
		cmocka_unit_test(rekey_sa_attributes),
		cmocka_unit_test(transforms),
		cmocka_unit_test(policies_of_sas),
		cmocka_unit_test(keys),
		cmocka_unit_test(sender_id_rules),
		cmocka_unit_test(limits),
		cmocka_unit_test(many_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
