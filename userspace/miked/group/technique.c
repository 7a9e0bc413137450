// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The flat technique: keys wrapped by GSK_w and by nothing else.
 */
#include <errno.h>
#include "group/technique.h"

static int flat_sa_key(const struct crypto *crypto, const struct technique_kwk *kwk,
		       struct chunk keymat, struct wire_key *key, uint8_t *room)
{
	int err;

	if (keymat.len > TECHNIQUE_MAX_KEYMAT)
		return -EINVAL;
	err = keywrap(crypto, kwk->kwa, kwk->gsk_w, keymat, room);
	*key = (struct wire_key){ .wrapped = { room, keywrap_len(keymat.len) } };
	return err;
}

const struct technique technique_flat = {
	.name = "flat",
	.sa_key = flat_sa_key,
};
