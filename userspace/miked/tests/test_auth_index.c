// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The index of identities: what it finds is what a look at all entries finds first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ike/index.h"
#include "hex.h"
#include "test.h"

#define MANY	20000

struct entry {
	struct id_pattern peer;
	int other;
};

static const char *const words[] = {
	"gm1.example", "GM1.example", "gm1.EXAMPLE", "gm2.example", "*.example", "*", "a@example",
	"a@EXAMPLE", "A@example", "*@example", "192.0.2.1", "192.0.2.2", "2001:db8::1", "keyid:x",
	"keyid:X", "dn:CN=a", "dn:cn=A", "dn:CN=b,O=c", "fqdn:*", "email:*", "keyid:gm1.example",
};

#define WORDS	(sizeof(words) / sizeof(words[0]))

static struct conf_identity identity(const char *text)
{
	struct conf_identity made;

	assert_true(conf_identity_parse(text, ID_FQDN, true, &made));
	return made;
}

static const struct entry *first(const struct entry *entries, size_t count,
				 const struct id_claim *claim)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (id_covers(&entries[i].peer, claim))
			return &entries[i];
	}
	return NULL;
}

static void as_the_list(void **state)
{
	struct conf_identity wanted;
	struct entry entries[12];
	struct id_index index;
	struct id_claim claim;
	size_t round, count, i;

	(void)state;
	srandom(20261121);
	for (round = 0; round < 2000; round++) {
		count = (size_t)random() % 13;
		for (i = 0; i < count; i++) {
			wanted = identity(words[(size_t)random() % WORDS]);
			assert_int_equal(id_pattern_of(&wanted, &entries[i].peer), 0);
		}
		assert_int_equal(id_index_new(entries, sizeof(entries[0]), count, &index), 0);
		for (i = 0; i < WORDS; i++) {
			wanted = identity(words[i]);
			if (wanted.pattern)
				continue;
			assert_int_equal(id_claim_conf(&wanted, &claim), 0);
			assert_ptr_equal(id_index_find(&index, &claim),
					 first(entries, count, &claim));
			id_claim_free(&claim);
		}
		id_index_free(&index);
		for (i = 0; i < count; i++)
			id_pattern_free(&entries[i].peer);
	}
}

/* A key for each of so many members, and one for all others behind them. */
static void many(void **state)
{
	struct entry *entries = calloc(MANY + 1, sizeof(*entries));
	struct conf_identity wanted;
	struct id_index index;
	struct id_claim claim;
	char text[32];
	size_t i;

	(void)state;
	assert_non_null(entries);
	for (i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "gm%zu.example", i * 7919 % MANY);
		wanted = identity(text);
		assert_int_equal(id_pattern_of(&wanted, &entries[i].peer), 0);
	}
	wanted = identity("*.example");
	assert_int_equal(id_pattern_of(&wanted, &entries[MANY].peer), 0);
	assert_int_equal(id_index_new(entries, sizeof(*entries), MANY + 1, &index), 0);
	for (i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "gm%zu.example", i * 7919 % MANY);
		claim = (struct id_claim){ ID_FQDN, ascii(text), NULL };
		assert_ptr_equal(id_index_find(&index, &claim), &entries[i]);
	}
	claim = (struct id_claim){ ID_FQDN, ascii("gm.example"), NULL };
	assert_ptr_equal(id_index_find(&index, &claim), &entries[MANY]);
	claim = (struct id_claim){ ID_FQDN, ascii("gm1.example.org"), NULL };
	assert_null(id_index_find(&index, &claim));
	claim = (struct id_claim){ ID_KEY_ID, ascii("gm1.example"), NULL };
	assert_null(id_index_find(&index, &claim));
	id_index_free(&index);
	free(entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_list),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests_name("auth index", tests, NULL, NULL);
}
