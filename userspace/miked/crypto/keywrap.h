/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Key wrapping: AES Key Wrap with Padding (RFC 5649), in which every key travels in
 * G-IKEv2 (RFC 9838 4.5.4). @id is a KW_5649_*. What is wrapped, the "Encrypted Key"
 * of RFC 9838 Figure 20, says nothing of Key ID and KWK ID, which stand before it.
 */
#ifndef MIKED_CRYPTO_KEYWRAP_H
#define MIKED_CRYPTO_KEYWRAP_H

#include "crypto/crypto.h"

/* The most that can be wrapped; RFC 9838 4.4.2.1.2 asks for 256. */
#define KEYWRAP_MAX_LEN	4096

/* Octets of a key wrap key; 0 if unknown. */
size_t keywrap_key_len(uint16_t id);

/* Octets that @len become, wrapped: RFC 5649 4.1. */
size_t keywrap_len(size_t len);

/*
 * Wrap 1 to KEYWRAP_MAX_LEN octets with a @kwk of keywrap_key_len(): keywrap_len()
 * octets to @out.
 */
int keywrap(const struct crypto *crypto, uint16_t id, struct chunk kwk, struct chunk key,
	    uint8_t *out);

/*
 * The reverse; @key is the caller's to free. -EBADMSG: it was not wrapped with @kwk,
 * or its length is none that wrapping gives.
 */
int keyunwrap(const struct crypto *crypto, uint16_t id, struct chunk kwk, struct chunk wrapped,
	      struct secret *key);

#endif
