// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signature schemes.
 */
#include "crypto/scheme.h"

#define DER(...)	{ (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }) }

/* RFC 5758 3.2: ecdsa-with-SHA2, parameters absent */
#define ECDSA_DER(last) \
	DER(0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last)

/* RFC 8410 3: id-Ed25519, parameters absent */
#define ED25519_DER \
	DER(0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70)

/* RFC 4055 2.1: id-sha256 and its like, with parameters NULL */
#define SHA2_DER(last) \
	0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last, 0x05, 0x00

/* RFC 4055 3.1: id-RSASSA-PSS with hash, MGF1 with the same hash, and salt length */
#define PSS_DER(last, salt) \
	DER(0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, \
	    0x30, 0x34, 0xa0, 0x0f, SHA2_DER(last), 0xa1, 0x1c, 0x30, 0x1a, \
	    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, SHA2_DER(last), \
	    0xa2, 0x03, 0x02, 0x01, salt)

static const struct scheme schemes[] = {
	{ "Ed25519", SCHEME_ED25519, HASH_IDENTITY, NULL, 0, ED25519_DER },
	{ "ecdsa-with-SHA256", SCHEME_ECDSA, HASH_SHA2_256, "SHA2-256", 0, ECDSA_DER(2) },
	{ "ecdsa-with-SHA384", SCHEME_ECDSA, HASH_SHA2_384, "SHA2-384", 0, ECDSA_DER(3) },
	{ "ecdsa-with-SHA512", SCHEME_ECDSA, HASH_SHA2_512, "SHA2-512", 0, ECDSA_DER(4) },
	{ "RSASSA-PSS with SHA-256", SCHEME_PSS, HASH_SHA2_256, "SHA2-256", 32, PSS_DER(1, 32) },
	{ "RSASSA-PSS with SHA-384", SCHEME_PSS, HASH_SHA2_384, "SHA2-384", 48, PSS_DER(2, 48) },
	{ "RSASSA-PSS with SHA-512", SCHEME_PSS, HASH_SHA2_512, "SHA2-512", 64, PSS_DER(3, 64) },
};

#define SCHEMES		(sizeof(schemes) / sizeof(schemes[0]))

const uint16_t scheme_hashes[4] = {
	HASH_SHA2_256, HASH_SHA2_384, HASH_SHA2_512, HASH_IDENTITY,
};

const struct scheme *scheme_at(size_t index)
{
	return index < SCHEMES ? &schemes[index] : NULL;
}

/* The forms of RSASSA-PSS's parameters that RFC 4055 allows besides the one we send. */
enum { TRAILER = 1, HASH_BARE = 2, MGF_HASH_BARE = 4, PSS_FORMS = 8 };

static const uint8_t pss_oid[] = {
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a,
};
static const uint8_t mgf1_oid[] = {
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08,
};
static const uint8_t sha2_oid[] = {	/* without the last arc */
	0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
};
static const uint8_t null_params[] = { 0x05, 0x00 };
static const uint8_t trailer[] = { 0xa3, 0x03, 0x02, 0x01, 0x01 };

/* Tag and length; all lengths here are below 128. */
static void header(struct writer *w, uint8_t tag, size_t len)
{
	write_u8(w, tag);
	write_u8(w, len);
}

static size_t hash_size(bool bare)
{
	return sizeof(sha2_oid) + 1 + (bare ? 0 : sizeof(null_params));
}

static void write_hash(struct writer *w, uint16_t hash, bool bare)
{
	header(w, 0x30, hash_size(bare));
	write_chunk(w, CHUNK(sha2_oid));
	write_u8(w, hash - HASH_SHA2_256 + 1);	/* id-sha256 is 1, id-sha384 2, id-sha512 3 */
	if (!bare)
		write_chunk(w, CHUNK(null_params));
}

static void write_pss(struct writer *w, const struct scheme *scheme, unsigned int form)
{
	bool bare = form & HASH_BARE;
	bool mgf_bare = form & MGF_HASH_BARE;
	size_t hash = 2 + hash_size(bare);
	size_t mgf = sizeof(mgf1_oid) + 2 + hash_size(mgf_bare);
	size_t params = 2 + hash + 2 + 2 + mgf + 5 + (form & TRAILER ? sizeof(trailer) : 0);

	header(w, 0x30, sizeof(pss_oid) + 2 + params);
	write_chunk(w, CHUNK(pss_oid));
	header(w, 0x30, params);
	header(w, 0xa0, hash);
	write_hash(w, scheme->hash, bare);
	header(w, 0xa1, 2 + mgf);
	header(w, 0x30, mgf);
	write_chunk(w, CHUNK(mgf1_oid));
	write_hash(w, scheme->hash, mgf_bare);
	header(w, 0xa2, 3);
	header(w, 0x02, 1);
	write_u8(w, scheme->salt_len);
	if (form & TRAILER)
		write_chunk(w, CHUNK(trailer));
}

static bool is_pss_form(const struct scheme *scheme, struct chunk identifier)
{
	unsigned int form;
	uint8_t room[128];
	struct writer w;

	for (form = 0; form < PSS_FORMS; form++) {
		w = writer_to(room, sizeof(room));
		write_pss(&w, scheme, form);
		if (chunk_equal(written(&w), identifier))
			return true;
	}
	return false;
}

const struct scheme *scheme_of(struct chunk identifier)
{
	size_t i;

	for (i = 0; i < SCHEMES; i++) {
		if (chunk_equal(schemes[i].identifier, identifier))
			return &schemes[i];
		if (schemes[i].kind == SCHEME_PSS && is_pss_form(&schemes[i], identifier))
			return &schemes[i];
	}
	return NULL;
}
