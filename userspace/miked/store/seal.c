// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Secrets wrapped, with a digest of their place in front.
 */
#include <errno.h>
#include <string.h>
#include "crypto/prf.h"
#include "store/seal.h"

#define DIGEST_LEN	16

/* The lengths of all that may be longer or shorter stand before it. */
static int digest(const struct seal *seal, const struct seal_place *place, uint8_t *out)
{
	const char *group = place->group ? place->group : "";
	uint8_t head[40], hash[PRF_MAX_LEN] = { 0 };
	struct writer w = writer_to(head, sizeof(head));
	struct chunk data[4];
	int err;

	write_u64(&w, strlen(place->kind));
	write_u64(&w, strlen(group));
	write_u64(&w, place->spi.len);
	write_u64(&w, place->number);
	data[0] = written(&w);
	data[1] = (struct chunk){ (const uint8_t *)place->kind, strlen(place->kind) };
	data[2] = (struct chunk){ (const uint8_t *)group, strlen(group) };
	data[3] = place->spi;
	err = prf(seal->crypto, PRF_HMAC_SHA2_256, CHUNK(seal->id), data, 4, hash);
	memcpy(out, hash, DIGEST_LEN);
	return err;
}

int seal_close(const struct seal *seal, const struct seal_place *place, struct chunk plain,
	       uint8_t *out, size_t *len)
{
	struct secret both;
	int err;

	if (!plain.len || plain.len > STORE_MAX_SECRET)
		return -EINVAL;
	err = secret_new(&both, DIGEST_LEN + plain.len);
	if (err)
		return err;
	err = digest(seal, place, both.data);
	memcpy(both.data + DIGEST_LEN, plain.data, plain.len);
	*len = keywrap_len(both.len);
	if (!err)
		err = keywrap(seal->crypto, KW_5649_256, secret_chunk(&seal->master),
			      secret_chunk(&both), out);
	secret_free(&both);
	return err;
}

int seal_open(const struct seal *seal, const struct seal_place *place, struct chunk sealed,
	      struct secret *plain)
{
	uint8_t wanted[DIGEST_LEN];
	struct secret both;
	int err;

	*plain = (struct secret){ 0 };
	err = digest(seal, place, wanted);
	if (!err)
		err = keyunwrap(seal->crypto, KW_5649_256, secret_chunk(&seal->master), sealed,
				&both);
	if (err)
		return err;
	if (both.len <= DIGEST_LEN || !secret_equal((struct chunk){ both.data, DIGEST_LEN },
						    CHUNK(wanted)))
		err = -EBADMSG;
	else
		err = secret_copy(plain, (struct chunk){ both.data + DIGEST_LEN,
							 both.len - DIGEST_LEN });
	secret_free(&both);
	return err;
}
