/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Algorithms by the names that administrators know: proposals of IKE SAs as
 * aes256gcm16-prfsha384-ecp384, ESP's as aes128gcm16.
 */
#ifndef MIKED_CONF_PROPOSAL_H
#define MIKED_CONF_PROPOSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONF_TRANSFORMS_MAX	8

/* A transform: its ID in IANA's registry of its type, and its key's bits if it says them. */
struct conf_transform {
	uint16_t id;
	uint16_t key_bits;
};

struct conf_transforms {
	struct conf_transform transform[CONF_TRANSFORMS_MAX];
	uint32_t count;
};

/* A proposal of an IKE SA (RFC 7296 3.3), the best first of each type. */
struct conf_proposal {
	struct conf_transforms encryption;	/* all AEAD, or none is */
	struct conf_transforms integrity;	/* none with AEAD */
	struct conf_transforms prf;
	struct conf_transforms key_exchange;
	struct conf_transforms key_wrap;	/* RFC 9838 4.4.2.1.2 */
	bool aead;
};

/* What ESP, or a Rekey SA, encrypts by. */
struct conf_esp {
	uint16_t id;		/* Transform ID of type ENCR */
	uint16_t key_bits;
	uint16_t icv;		/* bytes */
	const char *aead;	/* what the kernel calls it: a constant */
};

/* NULL, or what is wrong: a constant, or in @why. */
const char *conf_proposal_parse(const char *text, struct conf_proposal *proposal, char *why,
				size_t size);

/* False: no such algorithm. */
bool conf_esp_parse(const char *text, struct conf_esp *esp);

/* By its transform, the icv and AEAD filled in; false: none that we do. */
bool conf_esp_find(uint16_t id, uint16_t key_bits, struct conf_esp *esp);

/* As conf_esp_parse() reads it: a constant; "" if there is none. */
const char *conf_esp_name(const struct conf_esp *wanted);

/* "aes128gcm16, aes256gcm16, ...": for those who typed another. */
const char *conf_esp_names(void);

#endif
