// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where keys come from.
 */
#include <errno.h>
#include <string.h>
#include "crypto/internal.h"
#include "crypto/keymat.h"
#include "crypto/keywrap.h"

/* prf() into a secret of its length. */
static int prf_secret(const struct crypto *crypto, uint16_t prf_id, struct chunk key,
		      const struct chunk *data, size_t count, struct secret *out)
{
	int err = secret_new(out, prf_len(prf_id));

	if (err)
		return err;
	err = prf(crypto, prf_id, key, data, count, out->data);
	if (err)
		secret_free(out);
	return err;
}

int keymat_skeyseed(const struct crypto *crypto, uint16_t prf_id, struct chunk ni, struct chunk nr,
		    struct chunk shared, struct secret *skeyseed)
{
	struct secret nonces;
	int err;

	*skeyseed = (struct secret){ 0 };
	err = secret_new(&nonces, ni.len + nr.len);
	if (err)
		return err;
	if (ni.len)
		memcpy(nonces.data, ni.data, ni.len);
	if (nr.len)
		memcpy(nonces.data + ni.len, nr.data, nr.len);
	err = prf_secret(crypto, prf_id, secret_chunk(&nonces), &shared, 1, skeyseed);
	secret_free(&nonces);
	return err;
}

int keymat_skeyseed_next(const struct crypto *crypto, uint16_t prf_id, struct chunk sk_d,
			 struct chunk ni, struct chunk nr, const struct chunk *shared,
			 size_t count, struct secret *skeyseed)
{
	struct chunk data[2 + KEYMAT_MAX_EXCHANGES];

	*skeyseed = (struct secret){ 0 };
	if (!count || count > KEYMAT_MAX_EXCHANGES)
		return -EINVAL;
	data[0] = shared[0];
	data[1] = ni;
	data[2] = nr;
	memcpy(data + 3, shared + 1, (count - 1) * sizeof(*shared));
	return prf_secret(crypto, prf_id, sk_d, data, 2 + count, skeyseed);
}

static struct chunk take(struct chunk *rest, size_t len)
{
	struct chunk part = { rest->data, len };

	rest->data += len;
	rest->len -= len;
	return part;
}

int keymat_ike_keys(const struct crypto *crypto, const struct ike_seed *seed,
		    const struct cipher *cipher, struct chunk skeyseed, struct ike_keys *keys)
{
	const struct chunk data[] = { seed->ni, seed->nr, CHUNK(seed->spi_i), CHUNK(seed->spi_r) };
	size_t key = prf_len(seed->prf);
	struct cipher_sizes sizes;
	struct chunk rest;
	int err;

	*keys = (struct ike_keys){ 0 };
	err = cipher_sizes(cipher, &sizes);
	if (err)
		return err;
	err = secret_new(&keys->all, 3 * key + 2 * sizes.integ_key + 2 * sizes.encr_key);
	if (err)
		return err;
	err = prf_plus(crypto, seed->prf, skeyseed, data, 4, keys->all.data, keys->all.len);
	if (err) {
		secret_free(&keys->all);
		return err;
	}
	rest = secret_chunk(&keys->all);
	keys->d = take(&rest, key);
	keys->ai = take(&rest, sizes.integ_key);
	keys->ar = take(&rest, sizes.integ_key);
	keys->ei = take(&rest, sizes.encr_key);
	keys->er = take(&rest, sizes.encr_key);
	keys->pi = take(&rest, key);
	keys->pr = take(&rest, key);
	return 0;
}

void ike_keys_free(struct ike_keys *keys)
{
	secret_free(&keys->all);
	*keys = (struct ike_keys){ 0 };
}

int keymat_ppk(const struct crypto *crypto, uint16_t prf_id, struct chunk ppk,
	       struct ike_keys *keys)
{
	struct chunk mixed[] = { keys->d, keys->pi, keys->pr };
	uint8_t fresh[3][PRF_MAX_LEN];
	int err = 0;
	size_t i;

	for (i = 0; i < 3 && !err; i++)
		err = prf_plus(crypto, prf_id, ppk, &mixed[i], 1, fresh[i], mixed[i].len);
	for (i = 0; i < 3 && !err; i++)
		memcpy(keys->all.data + (mixed[i].data - keys->all.data), fresh[i], mixed[i].len);
	OPENSSL_cleanse(fresh, sizeof(fresh));
	return err;
}

int keymat_int_auth(const struct crypto *crypto, uint16_t prf_id, struct chunk sk_p,
		    struct chunk previous, struct chunk a, struct chunk p, uint8_t *out)
{
	const struct chunk data[] = { previous, a, p };

	return prf(crypto, prf_id, sk_p, data, 3, out);
}

int keymat_wrap_key(const struct crypto *crypto, uint16_t prf_id, struct chunk sk_d, uint16_t kwa,
		    struct secret *gsk_w)
{
	static const uint8_t label[] = {
		'K', 'e', 'y', ' ', 'W', 'r', 'a', 'p', ' ', 'f',
		'o', 'r', ' ', 'G', '-', 'I', 'K', 'E', 'v', '2',
	};
	struct chunk seed = CHUNK(label);
	size_t len = keywrap_key_len(kwa);
	int err;

	*gsk_w = (struct secret){ 0 };
	if (!len)
		return -ENOTSUP;
	err = secret_new(gsk_w, len);
	if (err)
		return err;
	err = prf_plus(crypto, prf_id, sk_d, &seed, 1, gsk_w->data, gsk_w->len);
	if (err)
		secret_free(gsk_w);
	return err;
}

size_t keymat_rekey_len(const struct cipher *cipher, uint16_t kwa)
{
	size_t wrap = keywrap_key_len(kwa);
	struct cipher_sizes sizes;

	if (!wrap || cipher_sizes(cipher, &sizes))
		return 0;
	return sizes.encr_key + sizes.integ_key + wrap;
}

int keymat_rekey(const struct cipher *cipher, uint16_t kwa, struct chunk keymat,
		 struct rekey_keys *keys)
{
	size_t len = keymat_rekey_len(cipher, kwa);
	struct cipher_sizes sizes;

	if (!len || cipher_sizes(cipher, &sizes))
		return -ENOTSUP;
	if (keymat.len != len)
		return -EINVAL;
	keys->cipher.encr = take(&keymat, sizes.encr_key);
	keys->cipher.integ = take(&keymat, sizes.integ_key);
	keys->w = keymat;
	return 0;
}

int keymat_data(struct chunk keymat, size_t encr_len, size_t integ_len, struct chunk *encr,
		struct chunk *integ)
{
	if (keymat.len != encr_len + integ_len)
		return -EINVAL;
	*encr = take(&keymat, encr_len);
	*integ = keymat;
	return 0;
}
