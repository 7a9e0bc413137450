// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Want of memory, for Rekey SAs: whatever allocation fails, ours or OpenSSL's, nothing is
 * left behind, no Message ID is lost, and no message is believed that would not be
 * otherwise.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "rekey_kit.h"
#include "scarce.h"
#include "test.h"

#define FRAGMENTS	4

static struct rekey_pair p;
static struct rekey_datagrams whole, cut, forged;

/* Ours by malloc() and calloc(), which OpenSSL's do not go by, fail as OpenSSL's do. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_malloc(size_t size)
{
	return scarce_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return scarce_fails() ? NULL : __real_calloc(count, size);
}

static int make(enum conf_rekey_auth by)
{
	struct conf_rekey conf = rekey_conf(by);
	struct rekey_sa sa = { .spi = { 1 } };
	int err = rekey_sa_new(&rekey_crypto, &conf, &rekey_source, NULL, &sa);

	rekey_sa_free(&sa);
	return err;
}

static int make_ed25519(void)
{
	return make(CONF_REKEY_ED25519);
}

static int make_p256(void)
{
	return make(CONF_REKEY_ECDSA_P256);
}

static int read_policy(void)
{
	struct reason why = { "" };
	struct rekey_sa sa = { 0 };
	int err = rekey_tell(&p.ks, NULL, &sa, &why);

	rekey_sa_free(&sa);
	return err;
}

static int seal(size_t threshold)
{
	static const uint8_t filler[1200];
	const struct chunk vendor = { filler, sizeof(filler) };
	const struct wire_delete all = { .protocol = PROTO_ESP };
	struct wire_message m = { .deletes = &all, .n_deletes = 1,
				  .vendors = &vendor, .n_vendors = 1 };
	uint32_t id = p.ks.next_id;
	struct rekey_datagrams d;
	int err = rekey_seal(&rekey_crypto, &p.ks, &m, threshold, &d);

	if (p.ks.next_id != id + !err || (err && d.bytes))
		return 1;
	rekey_datagrams_free(&d);
	return err;
}

static int seal_whole(void)
{
	return seal(1400);
}

static int seal_fragments(void)
{
	return seal(400);
}

static int hear(const struct rekey_datagrams *d)
{
	struct rekey_partial *partial = NULL;
	static struct rekey_room room;
	static uint8_t copy[1500];
	struct reason why = { "" };
	struct wire_message m;
	size_t i;
	int err = 0;

	for (i = 0; i < d->n && err >= 0; i++) {
		memcpy(copy, d->datagram[i].data, d->datagram[i].len);
		err = rekey_open(&rekey_crypto, &p.gm, &partial, &room, copy, d->datagram[i].len,
				 &m, &why);
	}
	rekey_partial_free(partial);
	rekey_room_free(&room);
	if (err < 0)
		return *why.text ? err : 1;
	return err ? 0 : 2;
}

static int hear_whole(void)
{
	return hear(&whole);
}

static int hear_fragments(void)
{
	return hear(&cut);
}

static int hear_forged(void)
{
	return hear(&forged);
}

static int (*const works[])(void) = {
	make_ed25519, make_p256, read_policy, seal_whole, seal_fragments, hear_whole,
	hear_fragments,
};

#define WORKS	(sizeof(works) / sizeof(works[0]))

static void works_or_says_so(void **state)
{
	(void)state;
	scarce_all(works, WORKS);
}

static void believes_nobody(void **state)
{
	static int (*const all[])(void) = { hear_forged };

	(void)state;
	scarce_never(all, sizeof(all) / sizeof(all[0]));
}

static void begin(void)
{
	struct key pair;
	size_t i;

	rekey_kit_begin();
	rekey_pair_new(&p, &rekey_ciphers[0], KW_5649_256, CONF_REKEY_ED25519);
	rekey_say(&p, 100, 1400, &whole);
	rekey_say(&p, 1200, 400, &cut);
	assert_int_equal(cut.n, FRAGMENTS);
	pair = p.ks.key;
	key_generate(&rekey_crypto, KEY_ED25519, &p.ks.key);
	rekey_say(&p, 100, 1400, &forged);
	key_free(&p.ks.key);
	p.ks.key = pair;
	/* what OpenSSL keeps for good once it was asked for */
	for (i = 0; i < WORKS; i++)
		assert_int_equal(works[i](), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(works_or_says_so),
		cmocka_unit_test(believes_nobody),
	};
	int failed;

	if (!scarce_begin())
		return 1;
	begin();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rekey_datagrams_free(&whole);
	rekey_datagrams_free(&cut);
	rekey_datagrams_free(&forged);
	rekey_pair_free(&p);
	rekey_kit_end();
	return failed;
}
