// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A key server that is started from its store again.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <utlist.h>
#include "stored.h"
#include "test.h"
#include "vfs_faults.h"

static struct store *store;

void stored_begin(const char *groups)
{
	store = NULL;
	vfs_faults_register();
	vfs_faults_set(VFS_GOOD, 0, 0);
	store_kit_begin();
	kit_begin(groups);
	kit.wall = INT64_C(1700000000000);
	ks_free(kit.ks);
	kit.ks = NULL;
	assert_int_equal(stored_start(NULL, NULL), 0);
}

static void stop(void)
{
	ks_free(kit.ks);
	kit.ks = NULL;
	if (store)
		store->ops->close(store);
	store = NULL;
}

void stored_end(void)
{
	stop();
	kit_end();
	store_kit_end();
}

static void report(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "%s\n", text);
}

static void load_conf(const char *groups)
{
	char text[16384];
	struct conf *conf;

	snprintf(text, sizeof(text), KIT_HEAD "%s", groups);
	conf = conf_load_text("stored", text, strlen(text), false, report, NULL);
	assert_non_null(conf);
	conf_free(kit.conf);
	kit.conf = conf;
}

int stored_start(const char *groups, struct reason *why)
{
	struct ks_setup setup = kit_setup();
	int err;

	if (groups)
		load_conf(groups);
	err = store_kit_open(&kit.crypto, VFS_FAULTS, &store, why);
	if (err)
		return err;
	setup.store = store;
	kit.ks = ks_new(&setup, kit.conf);
	err = kit.ks ? ks_load(kit.ks, why) : -ENOMEM;
	if (err)
		stop();
	return err;
}

void stored_kill(void)
{
	struct ike_sa *sa;

	LL_FOREACH(kit.sas, sa) {
		sa->closed = true;
		sa->data = NULL;
		sa->tasks = NULL;
		sa->sent = NULL;
		kit_forget_waiting(sa);
	}
	stop();
}

void stored_restart(void)
{
	struct reason why = { "" };

	stored_kill();
	if (stored_start(NULL, &why))
		fail_msg("%s", why.text);
}

void stored_connect(struct ike_sa *sa)
{
	assert_true(sa->closed);
	sa->closed = false;
	sa->refused = 0;
	assert_int_equal(crypto_random(&kit.crypto, sa->gsk_w, sizeof(sa->gsk_w)), 0);
}
