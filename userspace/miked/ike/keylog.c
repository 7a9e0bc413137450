// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The keys of IKE SAs for tshark, in a build for tests alone (MIKED_DEBUG_KEYS): lines of
 * its ikev2_decryption_table, to the file that the environment's MIKED_IKE_KEYS names.
 */
#include "ike/internal.h"

#ifdef MIKED_DEBUG_KEYS

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void write_hex(FILE *file, struct chunk bytes)
{
	size_t i;

	for (i = 0; i < bytes.len; i++)
		fprintf(file, "%02x", bytes.data[i]);
	fputc(',', file);
}

static const char *encr_name(const struct cipher *cipher)
{
	if (cipher->encr == ENCR_AES_GCM_16)
		return cipher->key_bits == 128 ? "AES-GCM-128 with 16 octet ICV [RFC5282]" :
						 "AES-GCM-256 with 16 octet ICV [RFC5282]";
	return cipher->key_bits == 128 ? "AES-CBC-128 [RFC3602]" : "AES-CBC-256 [RFC3602]";
}

static const char *integ_name(uint16_t integ)
{
	switch (integ) {
	case AUTH_HMAC_SHA2_256_128:
		return "HMAC_SHA2_256_128 [RFC4868]";
	case AUTH_HMAC_SHA2_384_192:
		return "HMAC_SHA2_384_192 [RFC4868]";
	case AUTH_HMAC_SHA2_512_256:
		return "HMAC_SHA2_512_256 [RFC4868]";
	default:
		return "NONE [RFC4306]";
	}
}

void ike_log_keys(const struct ike_link *link)
{
	const struct ike_keys *keys = &link->keys;
	const char *path = getenv("MIKED_IKE_KEYS");
	FILE *file = path ? fopen(path, "a") : NULL;

	if (!file)
		return;
	fprintf(file, "%016" PRIx64 ",%016" PRIx64 ",", link->spi_i, link->spi_r);
	write_hex(file, keys->ei);
	write_hex(file, keys->er);
	fprintf(file, "\"%s\",", encr_name(&link->suite.cipher));
	write_hex(file, keys->ai);
	write_hex(file, keys->ar);
	fprintf(file, "\"%s\"\n", integ_name(link->suite.cipher.integ));
	fclose(file);
}

#else

void ike_log_keys(const struct ike_link *link)
{
	(void)link;
}

#endif
