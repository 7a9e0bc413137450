// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IKE_SA_INIT, GSA_AUTH, and the exchanges after them, between two engines.
 */
#include <stdio.h>
#include <string.h>
#include "hex.h"
#include "ike_world.h"
#include "pki.h"
#include "test.h"

static struct world w;

static void same_wrap_key(struct ike_sa *a, struct ike_sa *b)
{
	struct secret key[2];

	assert_int_not_equal(ike_sa_kwa(a), 0);
	assert_int_equal(ike_sa_kwa(a), ike_sa_kwa(b));
	assert_int_equal(ike_sa_wrap_key(a, &key[0]), 0);
	assert_int_equal(ike_sa_wrap_key(b, &key[1]), 0);
	assert_int_not_equal(key[0].len, 0);
	assert_chunk_equal(secret_chunk(&key[0]), secret_chunk(&key[1]));
	secret_free(&key[0]);
	secret_free(&key[1]);
}

static void gsa_auth_psk(void **state)
{
	struct asked_task task = { 0 };
	struct ike_sa *sa;

	(void)state;
	world_new(&w);
	world_start(&w);
	sa = world_connect(&w, &task);
	world_settle(&w);
	assert_int_equal(task.built, 1);
	assert_int_equal(task.answered, 1);
	assert_int_equal(task.ended, 0);
	assert_int_equal(task.n_policies, 1);
	assert_int_equal(w.node[KS].requests, 1);
	assert_int_equal(w.node[KS].exchange, GSA_AUTH);
	assert_int_equal(w.count, 4);
	same_wrap_key(sa, w.node[KS].sa);
	assert_true(ike_sa_initiator(sa));
	assert_false(ike_sa_initiator(w.node[KS].sa));
	assert_string_equal(ike_sa_text(sa), "ks.example at 192.0.2.2:848");
	assert_string_equal(ike_sa_text(w.node[KS].sa), "gm.example at 192.0.2.1:848");
	assert_int_equal(ike_sa_peer(sa)->type, ID_FQDN);
	assert_int_equal(ike_sa_count(w.node[GM].ike), 1);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 1);
	assert_int_equal(ike_stats(w.node[KS].ike)->established, 1);
	world_end(&w);
}

static void certify(struct node *node, const struct pki_cert *ca, const char *ca_file,
		    const char *name, const char *key)
{
	char alt[64], cert_name[64], key_name[64];
	struct pki_spec spec = { .cn = name, .alt = alt, .key = key };
	struct pki_cert made;
	const struct pki_cert *chain[] = { &made, NULL };

	snprintf(alt, sizeof(alt), "DNS:%s", name);
	snprintf(cert_name, sizeof(cert_name), "%s.pem", name);
	snprintf(key_name, sizeof(key_name), "%s.key", name);
	made = pki_make(&spec, ca);
	node->who.conf.credentials_count = 0;
	who_is(&node->who, name, pki_cert_file(cert_name, chain),
	       pki_key_file(key_name, made.key));
	who_trusts(&node->who, ca_file);
	pki_free(&made);
}

/* Both have certificates of one CA, with these keys. */
static struct pki_cert world_of_certificates(const char *gm_key, const char *ks_key)
{
	static const struct pki_spec spec = { .cn = "CA", .ca = true };
	struct pki_cert ca = pki_make(&spec, NULL);
	const struct pki_cert *const chain[] = { &ca, NULL };
	const char *file;

	world_new(&w);
	file = pki_cert_file("ca.pem", chain);
	certify(&w.node[GM], &ca, file, "gm.example", gm_key);
	certify(&w.node[KS], &ca, file, "ks.example", ks_key);
	return ca;
}

static void certificates(const char *gm_key, const char *ks_key)
{
	struct pki_cert ca = world_of_certificates(gm_key, ks_key);
	struct ike_sa *sa;

	world_start(&w);
	sa = world_meet(&w);
	same_wrap_key(sa, w.node[KS].sa);
	world_end(&w);
	pki_free(&ca);
}

static void gsa_auth_certificates(void **state)
{
	(void)state;
	certificates("P-256", "P-384");
	certificates("ED25519", "RSA:2048");
}

/* Each side may prove itself in its own way. */
static void gsa_auth_mixed(void **state)
{
	struct pki_cert ca = world_of_certificates("P-256", "P-256");

	(void)state;
	w.node[GM].who.conf.credentials_count = 0;
	who_is(&w.node[GM].who, "gm.example", NULL, NULL);
	who_has_psk(&w.node[GM].who, "ks.example", pki_text_file("psk", "a secret"));
	who_has_psk(&w.node[KS].who, "gm.example", pki_text_file("psk", "a secret"));
	world_start(&w);
	world_meet(&w);
	world_end(&w);
	pki_free(&ca);
}

/* The key server does not believe the member, who is told no more than that. */
static void member_refused(void **state)
{
	struct asked_task task = { 0 };

	(void)state;
	world_new(&w);
	who_has_psk(&w.node[GM].who, "*", pki_text_file("gm.psk", "a secret"));
	who_has_psk(&w.node[KS].who, "*", pki_text_file("ks.psk", "another"));
	world_start(&w);
	world_connect(&w, &task);
	world_settle(&w);
	assert_int_equal(task.answered, 0);
	assert_int_equal(task.ended, 1);
	assert_int_equal(task.why, IKE_END_REFUSED);
	assert_string_equal(task.text, "the peer refuses: AUTHENTICATION_FAILED");
	assert_int_equal(w.node[KS].requests, 0);
	assert_int_equal(w.node[KS].ended, 0);
	assert_int_equal(w.node[GM].ended, 0);
	assert_int_equal(ike_sa_count(w.node[GM].ike), 0);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 0);
	assert_int_equal(ike_stats(w.node[KS].ike)->auth_failed, 1);
	assert_int_equal(ike_stats(w.node[GM].ike)->auth_failed, 1);
	world_end(&w);
}

/* The member does not believe the key server, which has registered it already: it is told. */
static void key_server_refused(const char *identity, const char *text)
{
	struct ike_target target;
	struct asked_task task;
	struct reason why;

	world_start(&w);
	target = world_target(&w.node[KS]);
	target.identity = who_identity(identity);
	world_task(&task, GSA_AUTH, "group 1");
	assert_non_null(ike_connect(w.node[GM].ike, &target, &task.task, &why));
	world_settle(&w);
	assert_int_equal(task.answered, 0);
	assert_int_equal(task.ended, 1);
	assert_int_equal(task.why, IKE_END_REFUSED);
	assert_string_equal(task.text, text);
	assert_int_equal(w.node[KS].requests, 1);
	assert_int_equal(w.node[KS].ended, 1);
	assert_int_equal(w.node[KS].why, IKE_END_REFUSED);
	assert_int_equal(ike_sa_count(w.node[GM].ike), 0);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 0);
	world_end(&w);
}

static void another_key_server(void **state)
{
	(void)state;
	world_new(&w);
	key_server_refused("ks2.example",
			   "the peer is not authenticated: it is another one than it should be");
}

static void group_refused(void **state)
{
	struct asked_task task = { 0 };
	struct ike_sa *sa;

	(void)state;
	world_new(&w);
	w.node[KS].answer = N_INVALID_GROUP_ID;
	world_start(&w);
	sa = world_connect(&w, &task);
	world_settle(&w);
	assert_int_equal(task.answered, 1);
	assert_int_equal(task.notify, N_INVALID_GROUP_ID);
	assert_int_equal(task.n_policies, 0);
	assert_ptr_equal(task.sa, sa);
	/* the IKE SA is there all the same */
	assert_int_equal(ike_sa_count(w.node[GM].ike), 1);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 1);
	world_end(&w);
}

/* 848 is like 500 (RFC 9838 2.1.1), and so is any other. */
static void any_port(void **state)
{
	static const uint16_t ports[] = { 500, 848, 12345 };
	struct ike_sa *sa;
	size_t i, sent = 0;

	(void)state;
	for (i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		world_new(&w);
		w.node[KS].address.port = ports[i];
		w.node[KS].inside.port = ports[i];
		world_start(&w);
		sa = world_meet(&w);
		assert_int_equal(w.count, 4);
		assert_int_equal(ike_sa_path(sa)->remote.port, ports[i]);
		assert_false(ike_sa_path(sa)->encap);
		assert_true(!sent || w.node[KS].sent_bytes == sent);
		sent = w.node[KS].sent_bytes;
		world_end(&w);
	}
}

/* What a key server or a member says of a group is about no SA (RFC 9838 4.7). */
static void notifications(void **state)
{
	static const uint16_t types[] = {
		N_INVALID_GROUP_ID, N_AUTHORIZATION_FAILED, N_REGISTRATION_FAILED,
	};
	struct ike_content content = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		assert_true(ike_notify(&content, types[i], (struct chunk){ 0 }));
		assert_int_equal(content.notifies[i].type, types[i]);
		assert_int_equal(content.notifies[i].protocol, PROTO_NONE);
		assert_int_equal(content.notifies[i].spi.len, 0);
	}
}

static void strangers_unanswered(void **state)
{
	struct asked_task task = { 0 };

	(void)state;
	world_new(&w);
	w.node[KS].who.conf.key_server.credential[0] = 0;
	world_start(&w);
	world_connect(&w, &task);
	world_run(&w, 100000);
	assert_int_equal(w.node[KS].sent, 0);
	assert_int_equal(w.node[GM].sent, 5);
	assert_int_equal(task.ended, 1);
	assert_int_equal(task.why, IKE_END_DEAD);
	assert_int_equal(ike_stats(w.node[GM].ike)->dead_peers, 1);
	world_end(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(gsa_auth_psk),
		cmocka_unit_test(gsa_auth_certificates),
		cmocka_unit_test(gsa_auth_mixed),
		cmocka_unit_test(member_refused),
		cmocka_unit_test(another_key_server),
		cmocka_unit_test(group_refused),
		cmocka_unit_test(any_port),
		cmocka_unit_test(notifications),
		cmocka_unit_test(strangers_unanswered),
	};
	struct reason why;

	if (crypto_init(&world_crypto, NULL, &why))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
