/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the AUTH payloads of an IKE SA cover (RFC 7296 2.15, with RFC 9242 3.3.2), and
 * their content with a pre-shared key. Signatures over the same octets are sign()'s and
 * verify()'s; GSA_REKEY has rules of its own (RFC 9838 4.8).
 */
#ifndef MIKED_CRYPTO_AUTH_H
#define MIKED_CRYPTO_AUTH_H

#include "crypto/prf.h"

/* One side's signed octets are made of: */
struct auth_input {
	struct chunk message;		/* its IKE_SA_INIT message, as last sent */
	struct chunk nonce;		/* the other side's */
	struct chunk id;		/* its ID payload from the ID type on */
	struct chunk sk_p;		/* its SK_pi or SK_pr */
	/* with IKE_INTERMEDIATE exchanges; both empty without */
	struct chunk int_auth_i;
	struct chunk int_auth_r;
	uint32_t auth_mid;		/* Message ID of the exchange that has AUTH */
};

/* Those octets; the caller's to free. */
int auth_octets(const struct crypto *crypto, uint16_t prf_id, const struct auth_input *input,
		struct secret *octets);

/*
 * AUTH with a pre-shared key: prf(prf(@psk, "Key Pad for IKEv2"), @octets), prf_len()
 * octets to @out. Compare it with what a peer sent by secret_equal().
 */
int auth_psk(const struct crypto *crypto, uint16_t prf_id, struct chunk psk, struct chunk octets,
	     uint8_t *out);

#endif
