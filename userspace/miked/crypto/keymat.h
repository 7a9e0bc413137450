/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where keys come from: those of an IKE SA (RFC 7296 2.14 and 2.18, RFC 8784, RFC 9242)
 * and those of G-IKEv2's SAs (RFC 9838 3). @prf_id is a PRF_*; nonces are without their
 * payload's header, between 16 and 256 octets, which who parsed them has checked.
 *
 * What is called a secret here is the caller's to free, with secret_free().
 */
#ifndef MIKED_CRYPTO_KEYMAT_H
#define MIKED_CRYPTO_KEYMAT_H

#include "crypto/cipher.h"
#include "crypto/prf.h"

#define IKE_SPI_LEN	8

/* The SK_* of an IKE SA. The chunks are parts of @all. */
struct ike_keys {
	struct secret all;
	struct chunk d;
	struct chunk ai, ar;	/* empty with an AEAD */
	struct chunk ei, er;
	struct chunk pi, pr;
};

/* What the keys of an IKE SA are made of. */
struct ike_seed {
	uint16_t prf;
	struct chunk ni, nr;
	uint8_t spi_i[IKE_SPI_LEN];
	uint8_t spi_r[IKE_SPI_LEN];
};

/*
 * SKEYSEED of a first IKE SA: prf(Ni | Nr, g^ir) (RFC 7296 2.14).
 */
int keymat_skeyseed(const struct crypto *crypto, uint16_t prf_id, struct chunk ni,
		    struct chunk nr, struct chunk shared, struct secret *skeyseed);

/*
 * SKEYSEED from an older SK_d: prf(SK_d, SK(0) | Ni | Nr | SK(1) | ...), with the PRF
 * of the IKE SA that SK_d is of. Of an IKE SA that is rekeyed, SK(0) is g^ir (RFC 7296
 * 2.18), and more follow if there were additional key exchanges (RFC 9370 2.2.4); with
 * a single one and the nonces of IKE_SA_INIT it is the step after each additional key
 * exchange of a first IKE SA (RFC 9370 2.2.2). At least one, at most
 * KEYMAT_MAX_EXCHANGES.
 */
#define KEYMAT_MAX_EXCHANGES	8
int keymat_skeyseed_next(const struct crypto *crypto, uint16_t prf_id, struct chunk sk_d,
			 struct chunk ni, struct chunk nr, const struct chunk *shared,
			 size_t count, struct secret *skeyseed);

/*
 * SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr from SKEYSEED (RFC 7296 2.14),
 * in the lengths that @cipher and the PRF ask for.
 */
int keymat_ike_keys(const struct crypto *crypto, const struct ike_seed *seed,
		    const struct cipher *cipher, struct chunk skeyseed, struct ike_keys *keys);
void ike_keys_free(struct ike_keys *keys);

/*
 * Mix a PPK into SK_d, SK_pi and SK_pr (RFC 8784 3). Once, before the AUTH payloads of
 * a first IKE SA, and not again when it is rekeyed. An error leaves @keys as they were.
 */
int keymat_ppk(const struct crypto *crypto, uint16_t prf_id, struct chunk ppk,
	       struct ike_keys *keys);

/*
 * One step of IntAuth (RFC 9242 3.3.2): prf(SK_p, previous | A | P), prf_len() octets
 * to @out, which may be where @previous is. @previous is empty for the first
 * IKE_INTERMEDIATE exchange; @a is from the IKE header to the end of the Encrypted
 * payload's header, with the adjusted lengths, @p the inner payloads in the clear.
 */
int keymat_int_auth(const struct crypto *crypto, uint16_t prf_id, struct chunk sk_p,
		    struct chunk previous, struct chunk a, struct chunk p, uint8_t *out);

/*
 * GSK_w of a unicast IKE SA, as long as a key of @kwa (KW_5649_*): prf+(SK_d, "Key Wrap
 * for G-IKEv2") (RFC 9838 3.1.1). With a PPK, from the SK_d that it was mixed into
 * (RFC 9838 6.2).
 */
int keymat_wrap_key(const struct crypto *crypto, uint16_t prf_id, struct chunk sk_d, uint16_t kwa,
		    struct secret *gsk_w);

/* The keys of a Rekey SA (RFC 9838 3.4): parts of its keying material. */
struct rekey_keys {
	struct cipher_keys cipher;	/* GSK_e, and GSK_a: empty with an AEAD */
	struct chunk w;			/* GSK_w */
};

/* How long that keying material is; 0 if miked does not do @cipher or @kwa. */
size_t keymat_rekey_len(const struct cipher *cipher, uint16_t kwa);
/* -EINVAL if it is not exactly as long (RFC 9838 4.5.2.1). */
int keymat_rekey(const struct cipher *cipher, uint16_t kwa, struct chunk keymat,
		 struct rekey_keys *keys);

/*
 * The keys of a data SA (RFC 9838 3.4): the encryption key, with what salt its
 * transform has, then the integrity key. -EINVAL if @keymat is not exactly as long as
 * both.
 */
int keymat_data(struct chunk keymat, size_t encr_len, size_t integ_len, struct chunk *encr,
		struct chunk *integ);

#endif
