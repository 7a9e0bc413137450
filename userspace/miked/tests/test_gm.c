// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The group member: how a membership comes to be, stays and goes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "group/gm_internal.h"
#include "gm_conf.h"
#include "test.h"

/* ---- how it begins */

static void policies_come_before_keys_are_asked_for(void **state)
{
	const struct gemcast_policy *p;

	(void)state;
	world_begin(MAIN VIDEO(", interface: eth0"));
	assert_int_equal(world.table.n_policies, 0);
	assert_int_equal(gm_next(world.gm), world.now);
	world_pass(0);
	assert_int_equal(world.table.n_groups, 1);
	assert_int_equal(world.table.groups[0], 7);
	p = world_policy("239.1.77.1");
	assert_non_null(p);
	assert_int_equal(p->action, GEMCAST_ACTION_PROTECT);
	assert_int_equal(p->group, 7);
	assert_int_equal(p->no_sa, GEMCAST_NO_SA_DISCARD);
	assert_int_equal(p->dir, GEMCAST_POLICY_DIR_BOTH);
	assert_string_equal(p->dev, "eth0");
	assert_true(p->prio > GEMCAST_PRIO_DEFAULT);
	assert_null(world_policy("239.2.0.1"));
	assert_non_null(world_sa("192.0.2.1"));
	assert_int_equal(world.sas[0].target.remote.port, 848);
	assert_string_equal(world.sas[0].target.credential, "here");
	assert_string_equal(world_state("video"), "registering");
	world_end();
}

static void a_key_server_is_asked_as_it_wants(void **state)
{
	(void)state;
	world_begin("  key-servers:\n"
		    "    - { name: main, address: \"2001:db8::1\", port: 500, credential: other,\n"
		    "        identity: ks.example.org, may-give: [ { destination: \"ff3e::/32\" } ] }\n"
		    VIDEO(""));
	world_pass(0);
	assert_non_null(world_sa("2001:db8::1"));
	assert_int_equal(world.sas[0].target.remote.port, 500);
	assert_string_equal(world.sas[0].target.credential, "other");
	assert_int_equal(world.sas[0].target.identity.type, ID_FQDN);
	assert_non_null(world_policy("ff3e::1"));
	world_end();
}

static void groups_of_ipv6_are_like_others(void **state)
{
	const struct gemcast_addr src = addr_of("2001:db8::99");
	const struct grant grant = {
		.n_sas = 1,
		.sas = { { .spi = 0x6001, .dst = "ff3e::8000:1", .src = "2001:db8::99",
			   .lifetime = 3600, .key = 6, .key_bits = 128 } },
	};

	(void)state;
	world_begin("  key-servers:\n" SPARE
		    "  groups:\n"
		    "    - { name: video, key-servers: [ spare ], number: 7 }\n");
	world_pass(0);
	world_register(world_sa("192.0.2.2"), &grant);
	assert_string_equal(world_state("video"), "joined");
	assert_int_equal(world_policy("ff3e::8000:1")->dst_len, 128);
	assert_int_equal(world_policy("ff3e::8000:1")->src_len, 128);
	assert_true(net_addr_equal(&plane_table_sa(&world.table, 0x6001)->sa.src, &src));
	assert_int_equal(plane_table_sa(&world.table, 0x6001)->sa.key_len, 20);
	world_end();
}

static void nothing_is_asked_before_policies_are_there(void **state)
{
	struct gemcast_membership m;

	(void)state;
	world_begin(MAIN VIDEO(""));
	world.table.fail_at = 2;
	world.table.fail_with = -ENODEV;
	world_pass(0);
	assert_int_equal(world_sas(), 0);
	m = world_status("video");
	assert_string_equal(m.state, "waiting");
	assert_non_null(strstr(m.error, "made to fail"));
	assert_true(m.retry > 0 && m.retry <= 3 * S);
	world_pass(3 * S);
	assert_int_equal(world_sas(), 1);
	assert_non_null(world_policy("239.1.1.1"));
	world_end();
}

static void a_request_says_who_what_and_how(void **state)
{
	const struct wire_message *m = &world.asked.message;

	(void)state;
	world_begin(MAIN VIDEO(", id: \"keyid:0x0102\""));
	world_pass(0);
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_int_equal(world.asked.exchange, GSA_AUTH);
	assert_int_equal(m->idg->type, ID_KEY_ID);
	assert_int_equal(m->idg->data.len, 2);
	assert_false(world_asked(N_GROUP_SENDER));
	assert_int_equal(m->n_proposals, 2);
	assert_int_equal(m->proposals[0].protocol, PROTO_ESP);
	assert_int_equal(m->proposals[0].spi.len, 0);
	assert_int_equal(m->proposals[1].protocol, PROTO_GIKE_UPDATE);
	assert_non_null(wire_transform(m->proposals[1].transforms, m->proposals[1].n_transforms,
				       TRANSFORM_KWA));
	assert_int_equal(m->proposals[0].number, m->proposals[1].number);
	world_end();
}

static void a_sender_says_so(void **state)
{
	static const char * const roles[] = { ", role: sender", ", role: both" };
	char conf[512];
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		snprintf(conf, sizeof(conf), MAIN VIDEO("%s"), roles[i]);
		world_begin(conf);
		world_pass(0);
		assert_true(world_ask(world_sa("192.0.2.1")));
		assert_true(world_asked(N_GROUP_SENDER));
		assert_int_equal(wire_notify_u32(wire_notify(&world.asked.message,
							     N_GROUP_SENDER)), 1);
		world_end();
	}
}

/* ---- what an answer becomes */

static void a_receiver_installs_what_it_is_given(void **state)
{
	const struct plane_table_sa *s;
	const struct gemcast_policy *p;
	struct gemcast_membership m;
	uint8_t key[36];

	(void)state;
	world_joined(MAIN VIDEO(", window: 100, interface: eth0"), &one);
	s = plane_table_sa(&world.table, 0x1001);
	assert_non_null(s);
	assert_int_equal(world.table.n_sas, 1);
	assert_int_equal(s->sa.group, 7);
	assert_int_equal(s->sa.dir, GEMCAST_SA_DIR_IN);
	assert_string_equal(s->sa.aead, "rfc4106(gcm(aes))");
	assert_int_equal(s->sa.icv, 16);
	assert_int_equal(s->sa.key_len, 36);
	memset(key, 1, sizeof(key));
	assert_memory_equal(s->key, key, 36);
	assert_int_equal(s->sa.hard_seconds, 3600);
	assert_int_equal(s->sa.window, 128);
	assert_int_equal(s->sa.replay, GEMCAST_REPLAY_SOURCE);
	assert_false(GEMCAST_HAS(&s->sa, GEMCAST_A_SA_SID));
	assert_false(GEMCAST_HAS(&s->sa, GEMCAST_A_SA_SRC));

	p = world_policy("239.1.1.1");
	assert_int_equal(p->prio, GEMCAST_PRIO_DEFAULT);
	assert_int_equal(p->dst_len, 32);
	assert_int_equal(p->proto, 17);
	assert_int_equal(p->dport_min, 5000);
	assert_int_equal(p->mode, GEMCAST_MODE_TUNNEL);
	/* The kernel preserves both addresses, if nothing else is said. */
	assert_false(GEMCAST_HAS(p, GEMCAST_A_POLICY_PRESERVE));
	assert_string_equal(p->dev, "eth0");
	/* The rest is not the group's. */
	assert_int_equal(world.table.n_policies, 1);
	assert_null(world_policy("239.1.77.1"));

	m = world_status("video");
	assert_int_equal(m.group, 7);
	assert_int_equal(m.sas, 1);
	assert_int_equal(m.epoch, 1);
	assert_string_equal(m.key_server, "main");
	assert_string_equal(m.role, "receiver");
	assert_int_equal(m.next_rollover, 3600 * S);
	assert_false(GEMCAST_HAS(&m, GEMCAST_MEMBERSHIP_ERROR));
	assert_false(GEMCAST_HAS(&m, GEMCAST_MEMBERSHIP_RETRY));
	world_end();
}

static void a_sender_sends_by_its_sender_id(void **state)
{
	const struct plane_table_sa *s;

	(void)state;
	world_joined(MAIN VIDEO(", role: sender"), &one_sid);
	s = plane_table_sa(&world.table, 0x1001);
	assert_int_equal(s->sa.dir, GEMCAST_SA_DIR_OUT);
	assert_int_equal(s->sa.sid, 5);
	assert_int_equal(s->sa.sid_bits, 16);
	assert_false(GEMCAST_HAS(&s->sa, GEMCAST_A_SA_REPLAY));
	world_end();

	world_joined(MAIN VIDEO(", role: both"), &one_sid);
	s = plane_table_sa(&world.table, 0x1001);
	assert_int_equal(s->sa.dir, GEMCAST_SA_DIR_BOTH);
	assert_int_equal(s->sa.sid, 5);
	assert_int_equal(s->sa.replay, GEMCAST_REPLAY_SID);
	world_end();
}

static uint32_t replay_by(const char *conf, bool sequential, uint16_t bits)
{
	struct grant grant = one;
	uint32_t replay;

	grant.sas[0].sequential = sequential;
	grant.sid_bits = bits;
	world_joined(conf, &grant);
	replay = plane_table_sa(&world.table, 0x1001)->sa.replay;
	world_end();
	return replay;
}

static void replays_are_told_as_policy_can(void **state)
{
	(void)state;
	assert_int_equal(replay_by(MAIN VIDEO(""), false, 0), GEMCAST_REPLAY_SOURCE);
	assert_int_equal(replay_by(MAIN VIDEO(""), true, 0), GEMCAST_REPLAY_SA);
	assert_int_equal(replay_by(MAIN VIDEO(""), false, 16), GEMCAST_REPLAY_SID);
	assert_int_equal(replay_by(MAIN VIDEO(""), true, 10), GEMCAST_REPLAY_SA);
	assert_int_equal(replay_by(MAIN VIDEO(", replay: none"), true, 16), GEMCAST_REPLAY_NONE);
	assert_int_equal(replay_by(MAIN VIDEO(", replay: sa"), false, 0), GEMCAST_REPLAY_SA);
	assert_int_equal(replay_by(MAIN VIDEO(", replay: source"), true, 16),
			 GEMCAST_REPLAY_SOURCE);
	assert_int_equal(replay_by(MAIN VIDEO(", replay: sid"), false, 8), GEMCAST_REPLAY_SID);
	assert_int_equal(replay_by(MAIN VIDEO(", replay: sid"), true, 0), GEMCAST_REPLAY_SA);
}

static void transport_mode_is_the_key_servers_word(void **state)
{
	struct grant grant = one;

	(void)state;
	grant.transport = true;
	world_joined(MAIN VIDEO(""), &grant);
	assert_int_equal(world_policy("239.1.1.1")->mode, GEMCAST_MODE_TRANSPORT);
	world_end();
}

static void one_source_is_part_of_the_sa(void **state)
{
	struct gemcast_addr src = addr_of("198.51.100.1");
	struct grant grant = one;

	(void)state;
	grant.sas[0].src = "198.51.100.1";
	world_joined(MAIN VIDEO(", interface: eth0, join-multicast: yes"), &grant);
	assert_true(net_addr_equal(&plane_table_sa(&world.table, 0x1001)->sa.src, &src));
	assert_int_equal(world_policy("239.1.1.1")->src_len, 32);
	assert_int_equal(world.table.n_joins, 1);
	assert_true(net_addr_equal(&world.table.joins[0].source, &src));
	assert_string_equal(world.table.joins[0].dev, "eth0");
	world_leave(0, "video");
	assert_int_equal(world.table.n_joins, 0);
	world_end();

	/* Who only sends has no use for what others send. */
	world_joined(MAIN VIDEO(", interface: eth0, join-multicast: yes, role: sender"), &one_sid);
	assert_int_equal(world.table.n_joins, 0);
	world_end();
}

static void the_last_life_leaves_nothing_in_the_way(void **state)
{
	static const uint8_t key[36] = { 9 };
	struct gemcast_sa old = {
		.group = 7, .spi = 0x1001, .dst = addr_of("239.1.1.1"), .dir = GEMCAST_SA_DIR_OUT,
		.key = key, .key_len = sizeof(key), .sid = 4, .sid_bits = 16,
		.present = GEMCAST_BIT(GEMCAST_A_SA_SID),
	};
	struct plane *plane = &world.table.plane;

	(void)state;
	world_begin(MAIN VIDEO(", role: sender"));
	assert_int_equal(plane->group_add(plane->context, 7), 0);
	assert_int_equal(plane->sa_add(plane->context, &old), 0);
	world_pass(0);
	world_register(world_sa("192.0.2.1"), &one_sid);
	assert_string_equal(world_state("video"), "joined");
	assert_int_equal(world.table.n_sas, 1);
	assert_int_equal(plane_table_sa(&world.table, 0x1001)->sa.sid, 5);
	world_end();
}

/* ---- several memberships */

static void groups_of_one_key_server_share_its_ike_sa(void **state)
{
	struct ike_sa *sa;

	(void)state;
	world_begin(MAIN VIDEO("") AUDIO);
	world_pass(0);
	assert_int_equal(world_sas(), 1);
	sa = world_sa("192.0.2.1");
	assert_true(world_ask(sa));
	assert_int_equal(world.asked.exchange, GSA_AUTH);
	assert_string_equal(world_asked_group(), "audio");
	world_grant(&other);
	assert_int_equal(sa->n_tasks, 1);
	assert_true(world_ask(sa));
	assert_int_equal(world.asked.exchange, GSA_REGISTRATION);
	assert_string_equal(world_asked_group(), "video");
	world_grant(&one);
	assert_string_equal(world_state("video"), "joined");
	assert_string_equal(world_state("audio"), "joined");
	assert_int_equal(world.table.n_policies, 2);
	assert_int_equal(plane_table_sa(&world.table, 0x2001)->sa.group, 8);
	/* One goes: the IKE SA stays for the other. */
	world_leave(0, "audio");
	assert_true(world_ask(sa));
	assert_true(world_asked(N_REGISTRATION_FAILED));
	assert_string_equal(world_asked_group(), "audio");
	world_refuse(0);
	assert_true(sa->there);
	assert_string_equal(world_state("audio"), "idle");
	assert_null(plane_table_sa(&world.table, 0x2001));
	assert_non_null(plane_table_sa(&world.table, 0x1001));
	world_leave(1, "video");
	assert_true(world_ask(sa));
	world_refuse(0);
	assert_false(sa->there);
	assert_int_equal(world.table.n_groups, 0);
	world_end();
}

static void the_same_packets_have_one_group(void **state)
{
	struct grant same = one;

	(void)state;
	same.sas[0].spi = 0x2001;
	world_begin(MAIN VIDEO("") AUDIO);
	world_pass(0);
	world_register(world_sa("192.0.2.1"), &one);
	world_register(world_sa("192.0.2.1"), &same);
	assert_string_equal(world_state("audio"), "joined");
	assert_int_equal(world.table.n_sas, 1);
	assert_int_equal(world_policy("239.1.1.1")->group, 8);
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_true(world_asked(N_REGISTRATION_FAILED));
	world_refuse(0);
	assert_string_equal(world_state("video"), "waiting");
	assert_non_null(strstr(world_status("video").error, "audio"));
	world_end();
}

static void a_refusal_of_one_group_is_not_another_ones(void **state)
{
	struct ike_sa *sa;

	(void)state;
	world_begin(MAIN VIDEO("") AUDIO);
	world_pass(0);
	sa = world_sa("192.0.2.1");
	assert_true(world_ask(sa));
	world_refuse(N_INVALID_GROUP_ID);
	assert_string_equal(world_state("audio"), "waiting");
	assert_true(sa->there);
	world_register(sa, &one);
	assert_string_equal(world_state("video"), "joined");
	world_end();
}

/* ---- refusals */

static void refused_by(uint16_t notify, const char *text)
{
	struct gemcast_membership m;

	world_begin(MAIN VIDEO(""));
	world_pass(0);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_refuse(notify);
	m = world_status("video");
	assert_string_equal(m.state, "waiting");
	assert_non_null(strstr(m.error, text));
	assert_int_equal(world.table.n_sas, 0);
	assert_non_null(world_policy("239.1.1.1"));
	/* Nobody uses it any more. */
	assert_int_equal(world_sas(), 0);
	world_end();
}

static void the_error_is_shown_and_packets_are_held_back(void **state)
{
	(void)state;
	refused_by(N_INVALID_GROUP_ID, "INVALID_GROUP_ID");
	refused_by(N_AUTHORIZATION_FAILED, "AUTHORIZATION_FAILED");
	refused_by(N_REGISTRATION_FAILED, "REGISTRATION_FAILED");
	refused_by(N_NO_PROPOSAL_CHOSEN, "NO_PROPOSAL_CHOSEN");
	refused_by(N_TEMPORARY_FAILURE, "TEMPORARY_FAILURE");
	refused_by(8191, "8191");
}

/* What is not acceptable is told to the key server, by this. */
static void unacceptable(const char *conf, const struct grant *grant, uint16_t notify,
			 const char *text)
{
	world_begin(conf);
	world_pass(0);
	world_register(world_sa("192.0.2.1"), grant);
	assert_string_equal(world_state("video"), "registering");
	assert_int_equal(world.table.n_sas, 0);
	/* Nothing but what there was before. */
	assert_int_equal(world.table.n_policies, 1);
	assert_true(world_policy("239.1.1.1")->prio > GEMCAST_PRIO_DEFAULT);
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_int_equal(world.asked.exchange, GSA_REGISTRATION);
	assert_string_equal(world_asked_group(), "video");
	assert_true(world_asked(notify));
	assert_int_equal(world.asked.message.n_proposals, 0);
	world_refuse(0);
	assert_string_equal(world_state("video"), "waiting");
	if (!strstr(world_status("video").error, text))
		fail_msg("\"%s\" instead of \"%s\"", world_status("video").error, text);
	assert_int_equal(world_sas(), 0);
	world_end();
}

static void policy_outside_of_the_gpad_is_refused(void **state)
{
	struct grant grant = one;

	(void)state;
	grant.sas[0].dst = "239.2.1.1";
	unacceptable(MAIN VIDEO(""), &grant, N_NO_PROPOSAL_CHOSEN, "may give");
	grant = one;
	grant.n_sas = 2;
	grant.sas[1] = grant.sas[0];
	grant.sas[1].spi = 0x1002;
	grant.sas[1].dst = "224.0.0.251";
	unacceptable(MAIN VIDEO(""), &grant, N_NO_PROPOSAL_CHOSEN, "224.0.0.251/32");
}

static void what_cannot_be_done_is_refused(void **state)
{
	struct grant grant = one;

	(void)state;
	grant.sas[0].encr = ENCR_CHACHA20_POLY1305;
	unacceptable(MAIN VIDEO(""), &grant, N_NO_PROPOSAL_CHOSEN, "encryption");
	grant = one;
	grant.sas[0].key_bits = 192;
	unacceptable(MAIN VIDEO(""), &grant, N_NO_PROPOSAL_CHOSEN, "encryption");
	grant = one;
	grant.sas[0].dst = "239.1.1.0";
	grant.sas[0].dst_bits = 24;
	unacceptable(MAIN VIDEO(""), &grant, N_NO_PROPOSAL_CHOSEN, "one destination");
	grant = one_sid;
	grant.sid_bits = 10;
	unacceptable(MAIN VIDEO(", role: sender"), &grant, N_NO_PROPOSAL_CHOSEN, "10 bits");
	grant = one_sid;
	grant.n_sas = 2;
	grant.sas[1] = grant.sas[0];
	grant.sas[1].spi = 0x1002;
	grant.sas[1].protocol = 17;
	unacceptable(MAIN VIDEO(", role: sender"), &grant, N_NO_PROPOSAL_CHOSEN, "told apart");
	grant = (struct grant){ .rekey_sa = 1 };
	unacceptable(MAIN VIDEO(""), &grant, N_NO_PROPOSAL_CHOSEN, "no policy of a data SA");
}

static void what_a_key_server_must_not_do_is_refused(void **state)
{
	struct grant grant = one;

	(void)state;
	grant.sas[0].bad_key = true;
	unacceptable(MAIN VIDEO(""), &grant, N_REGISTRATION_FAILED, "not wrapped for us");
	grant = one;
	grant.sas[0].short_key = true;
	unacceptable(MAIN VIDEO(""), &grant, N_REGISTRATION_FAILED, "35 bytes instead of 36");
	unacceptable(MAIN VIDEO(", role: sender"), &one, N_REGISTRATION_FAILED,
		     "GWP_SENDER_ID_BITS is missing");
	unacceptable(MAIN VIDEO(""), &one_sid, N_REGISTRATION_FAILED, "needs none");
	grant = one_sid;
	grant.n_sids = 2;
	unacceptable(MAIN VIDEO(", role: sender"), &grant, N_REGISTRATION_FAILED, "more");
	/* RFC 9838 2.5.2: fatal */
	grant = one_sid;
	grant.sid_bits = 8;
	grant.sids[0] = 256;
	unacceptable(MAIN VIDEO(", role: sender"), &grant, N_REGISTRATION_FAILED,
		     "Sender-ID 256 has more than 8 bits");
	grant = one;
	grant.sas[0].ended = true;
	grant.sas[0].lifetime = 0;
	unacceptable(MAIN VIDEO(""), &grant, N_REGISTRATION_FAILED, "no SA that lives");
}

static void without_a_key_wrap_algorithm_there_are_no_keys(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO(""));
	world.kwa = 0;
	world_pass(0);
	world_register(world_sa("192.0.2.1"), &one);
	assert_non_null(strstr(world_member("video")->error.text, "key wrap"));
	world.kwa = KW_5649_256;
	world.wrap_fails = -EIO;
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_refuse(0);
	world_pass(3 * S);
	world_register(world_sa("192.0.2.1"), &one);
	assert_int_equal(world.table.n_sas, 0);
	world_end();
}

static void two_selectors_of_one_destination_are_fine_to_receive(void **state)
{
	struct grant grant = one;

	(void)state;
	grant.n_sas = 2;
	grant.sas[1] = grant.sas[0];
	grant.sas[1].spi = 0x1002;
	grant.sas[1].port = 5001;
	grant.sas[1].key = 2;
	world_joined(MAIN VIDEO(""), &grant);
	assert_int_equal(world.table.n_sas, 2);
	assert_int_equal(world.table.n_policies, 2);
	world_end();
}

static void one_policy_goes_and_its_like_stays(void **state)
{
	struct grant grant = one;

	(void)state;
	grant.n_sas = 2;
	grant.sas[1] = grant.sas[0];
	grant.sas[1].spi = 0x1002;
	grant.sas[1].port = 0;
	grant.sas[1].key = 2;
	world_joined(MAIN VIDEO(""), &grant);
	assert_int_equal(world.table.n_policies, 2);
	world_member("video")->due = world.now;
	world_pass(0);
	world_register(world_sa("192.0.2.1"), &one);
	world_pass(0);
	assert_int_equal(world.table.n_policies, 1);
	assert_int_equal(world_policy("239.1.1.1")->dport_min, 5000);
	world_end();
}

/* ---- key servers in order, and back-off */

static void the_next_key_server_is_asked(void **state)
{
	(void)state;
	world_begin(MAIN SPARE
		    "  groups:\n"
		    "    - { name: video, key-servers: [ main, spare ] }\n");
	world_pass(0);
	assert_non_null(world_sa("192.0.2.1"));
	world_drop(world_sa("192.0.2.1"), IKE_END_DEAD, "no answer");
	world_pass(0);
	assert_non_null(world_sa("192.0.2.2"));
	assert_string_equal(world_status("video").error, "no answer");
	world_register(world_sa("192.0.2.2"), &one);
	assert_string_equal(world_state("video"), "joined");
	assert_string_equal(world_status("video").key_server, "spare");
	assert_string_equal(world_status("video").error, "");
	world_end();
}

static void times_between_tries_grow_and_differ(void **state)
{
	uint64_t least = 1500, most = 2500, last = 0, retry;
	unsigned int i;

	(void)state;
	world_begin(MAIN VIDEO(""));
	world.connect_fails = "no route";
	world_pass(0);
	for (i = 0; i < 12; i++) {
		retry = world_status("video").retry;
		assert_true(retry >= least && retry <= most);
		assert_true(retry > last || least == 225000);
		last = retry;
		least = least * 2 > 225000 ? 225000 : least * 2;
		most = most * 2 > 375000 ? 375000 : most * 2;
		/* All ones, then all zeros: both ends of the spread. */
		world.random = i % 2 ? 0 : UINT32_MAX;
		world_pass(retry - 1);
		assert_string_equal(world_state("video"), "waiting");
		world_pass(1);
	}
	assert_string_equal(world_status("video").error, "key server main: no route");
	world.connect_fails = NULL;
	world_pass(375000);
	world_register(world_sa("192.0.2.1"), &one);
	/* And from the beginning again. */
	world_drop(world_sa("192.0.2.1"), IKE_END_DEAD, "no answer");
	world.connect_fails = "no route";
	while (strcmp(world_state("video"), "waiting") != 0)
		world_pass(100);
	assert_true(world_status("video").retry < 3 * S);
	world_end();
}

static void authentication_that_failed_is_the_end_of_a_try(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO("") AUDIO);
	world_pass(0);
	world_drop(world_sa("192.0.2.1"), IKE_END_REFUSED, "AUTHENTICATION_FAILED");
	assert_string_equal(world_state("video"), "waiting");
	assert_string_equal(world_state("audio"), "waiting");
	assert_string_equal(world_status("audio").error, "AUTHENTICATION_FAILED");
	world_end();
}

static void a_request_can_end_before_it_began(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO("") AUDIO);
	world_pass(0);
	world.ask_ends = true;
	world_register(world_sa("192.0.2.1"), &other);
	assert_string_equal(world_state("audio"), "joined");
	assert_string_equal(world_state("video"), "waiting");
	world.ask_ends = false;
	world_pass(3 * S);
	world_register(world_sa("192.0.2.1"), &one);
	assert_string_equal(world_state("video"), "joined");
	world_end();
}

static void so_can_an_ike_sa(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO(""));
	world.connect_ends = true;
	world_pass(0);
	assert_string_equal(world_state("video"), "waiting");
	assert_null(world.gm->links->sa);
	world.connect_ends = false;
	world_pass(3 * S);
	world_register(world_sa("192.0.2.1"), &one);
	assert_string_equal(world_state("video"), "joined");
	world_end();
}

/* ---- leaving */

static void who_leaves_takes_all_along(void **state)
{
	struct ike_sa *sa;

	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	sa = world_sa("192.0.2.1");
	world_leave(0, "video");
	assert_true(world.told[0].done);
	assert_int_equal(world.table.n_sas, 0);
	assert_int_equal(world.table.n_policies, 0);
	assert_int_equal(world.table.n_groups, 0);
	assert_string_equal(world_state("video"), "leaving");
	assert_true(world_ask(sa));
	assert_true(world_asked(N_REGISTRATION_FAILED));
	assert_string_equal(world_asked_group(), "video");
	world_refuse(0);
	assert_string_equal(world_state("video"), "idle");
	assert_false(sa->there);
	assert_int_equal(gm_next(world.gm), IKE_NEVER);
	world_end();
}

static void who_leaves_too_early_is_not_counted_in(void **state)
{
	struct ike_sa *sa;

	(void)state;
	/* Before the group was named: nobody knows. */
	world_begin(MAIN VIDEO(""));
	world_pass(0);
	sa = world_sa("192.0.2.1");
	world_leave(0, "video");
	assert_false(sa->there);
	assert_string_equal(world_state("video"), "idle");
	world_end();

	/* After that: the answer makes us a member, and we say no. */
	world_begin(MAIN VIDEO(""));
	world_pass(0);
	sa = world_sa("192.0.2.1");
	assert_true(world_ask(sa));
	world_leave(0, "video");
	assert_string_equal(world_state("video"), "leaving");
	world_grant(&one);
	assert_int_equal(world.table.n_sas, 0);
	assert_true(world_ask(sa));
	assert_true(world_asked(N_REGISTRATION_FAILED));
	world_refuse(0);
	assert_string_equal(world_state("video"), "idle");
	assert_false(sa->there);
	world_end();

	/* It did not make us one. */
	world_begin(MAIN VIDEO(""));
	world_pass(0);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_leave(0, "video");
	world_refuse(N_AUTHORIZATION_FAILED);
	assert_string_equal(world_state("video"), "idle");
	assert_int_equal(world_sas(), 0);
	world_end();

	/* Nor was there one. */
	world_begin(MAIN VIDEO(""));
	world_pass(0);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_leave(0, "video");
	world_drop(world_sa("192.0.2.1"), IKE_END_DEAD, "no answer");
	assert_string_equal(world_state("video"), "idle");
	world_end();
}

static void another_takes_the_turn_of_who_leaves(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO("") AUDIO);
	world_pass(0);
	world_leave(0, "audio");
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_string_equal(world_asked_group(), "video");
	world_leave(1, "video");
	world_grant(&one);
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_true(world_asked(N_REGISTRATION_FAILED));
	world_end();
}

static void who_comes_back_at_once_is_registered_anew(void **state)
{
	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	world_leave(0, "video");
	world_join(1, "video", NULL, 0);
	assert_true(world.told[1].done);
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_true(world_asked(N_REGISTRATION_FAILED));
	world_refuse(0);
	assert_string_equal(world_state("video"), "registering");
	assert_int_equal(world_sas(), 1);
	world_register(world_sa("192.0.2.1"), &one);
	assert_string_equal(world_state("video"), "joined");
	world_end();
}

static void the_end_of_the_daemon_leaves_policies(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO(", interface: eth0, join-multicast: yes") AUDIO);
	world_pass(0);
	world_register(world_sa("192.0.2.1"), &other);
	world_register(world_sa("192.0.2.1"), &one);
	gm_stop(world.gm);
	assert_int_equal(world.table.n_sas, 0);
	assert_int_equal(world.table.n_joins, 0);
	assert_int_equal(world_sas(), 0);
	assert_int_equal(world_policy("239.1.1.1")->no_sa, GEMCAST_NO_SA_DISCARD);
	assert_non_null(world_policy("239.1.1.2"));
	assert_int_equal(gm_next(world.gm), IKE_NEVER);
	world_end();

	/* In the middle of everything. */
	world_begin(MAIN VIDEO("") AUDIO);
	world_pass(0);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_grant(&one);
	world_join(0, "video", NULL, 1000);
	gm_stop(world.gm);
	assert_true(world.told[0].refused);
	assert_int_equal(world_sas(), 0);
	assert_int_equal(gm_next(world.gm), IKE_NEVER);
	world_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_come_before_keys_are_asked_for),
		cmocka_unit_test(a_key_server_is_asked_as_it_wants),
		cmocka_unit_test(groups_of_ipv6_are_like_others),
		cmocka_unit_test(nothing_is_asked_before_policies_are_there),
		cmocka_unit_test(a_request_says_who_what_and_how),
		cmocka_unit_test(a_sender_says_so),
		cmocka_unit_test(a_receiver_installs_what_it_is_given),
		cmocka_unit_test(a_sender_sends_by_its_sender_id),
		cmocka_unit_test(replays_are_told_as_policy_can),
		cmocka_unit_test(transport_mode_is_the_key_servers_word),
		cmocka_unit_test(one_source_is_part_of_the_sa),
		cmocka_unit_test(the_last_life_leaves_nothing_in_the_way),
		cmocka_unit_test(groups_of_one_key_server_share_its_ike_sa),
		cmocka_unit_test(the_same_packets_have_one_group),
		cmocka_unit_test(a_refusal_of_one_group_is_not_another_ones),
		cmocka_unit_test(the_error_is_shown_and_packets_are_held_back),
		cmocka_unit_test(policy_outside_of_the_gpad_is_refused),
		cmocka_unit_test(what_cannot_be_done_is_refused),
		cmocka_unit_test(what_a_key_server_must_not_do_is_refused),
		cmocka_unit_test(without_a_key_wrap_algorithm_there_are_no_keys),
		cmocka_unit_test(two_selectors_of_one_destination_are_fine_to_receive),
		cmocka_unit_test(one_policy_goes_and_its_like_stays),
		cmocka_unit_test(the_next_key_server_is_asked),
		cmocka_unit_test(times_between_tries_grow_and_differ),
		cmocka_unit_test(authentication_that_failed_is_the_end_of_a_try),
		cmocka_unit_test(a_request_can_end_before_it_began),
		cmocka_unit_test(so_can_an_ike_sa),
		cmocka_unit_test(who_leaves_takes_all_along),
		cmocka_unit_test(who_leaves_too_early_is_not_counted_in),
		cmocka_unit_test(another_takes_the_turn_of_who_leaves),
		cmocka_unit_test(who_comes_back_at_once_is_registered_anew),
		cmocka_unit_test(the_end_of_the_daemon_leaves_policies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
