// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AUTH payloads of an IKE SA.
 */
#include <errno.h>
#include "crypto/auth.h"

static void write_octets(struct writer *w, const struct auth_input *input, struct chunk maced_id)
{
	write_chunk(w, input->message);
	write_chunk(w, input->nonce);
	write_chunk(w, maced_id);
	if (!input->int_auth_i.len)
		return;
	write_chunk(w, input->int_auth_i);
	write_chunk(w, input->int_auth_r);
	write_u32(w, input->auth_mid);
}

int auth_octets(const struct crypto *crypto, uint16_t prf_id, const struct auth_input *input,
		struct secret *octets)
{
	uint8_t maced_id[PRF_MAX_LEN];
	size_t len = prf_len(prf_id);
	struct writer w;
	int err;

	*octets = (struct secret){ 0 };
	if (!input->int_auth_i.len != !input->int_auth_r.len)
		return -EINVAL;
	err = prf(crypto, prf_id, input->sk_p, &input->id, 1, maced_id);
	if (err)
		return err;
	err = secret_new(octets, input->message.len + input->nonce.len + len +
			 (input->int_auth_i.len ? input->int_auth_i.len + input->int_auth_r.len +
			  sizeof(input->auth_mid) : 0));
	if (err)
		return err;
	w = writer_to(octets->data, octets->len);
	write_octets(&w, input, (struct chunk){ maced_id, len });
	return 0;
}

int auth_psk(const struct crypto *crypto, uint16_t prf_id, struct chunk psk, struct chunk octets,
	     uint8_t *out)
{
	static const uint8_t label[] = {
		'K', 'e', 'y', ' ', 'P', 'a', 'd', ' ',
		'f', 'o', 'r', ' ', 'I', 'K', 'E', 'v', '2',
	};
	struct chunk pad = CHUNK(label);
	uint8_t padded[PRF_MAX_LEN];
	int err;

	err = prf(crypto, prf_id, psk, &pad, 1, padded);
	if (!err)
		err = prf(crypto, prf_id, (struct chunk){ padded, prf_len(prf_id) }, &octets, 1, out);
	OPENSSL_cleanse(padded, sizeof(padded));
	return err;
}
