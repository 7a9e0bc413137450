// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Algorithms by name. Only what RFC 8247 allows is here.
 */
#include <stdio.h>
#include <string.h>
#include "conf/proposal.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

enum type { ENCR, AEAD, INTEG, PRF, KE, KW };

/* IANA's "Internet Key Exchange Version 2 (IKEv2) Parameters" */
static const struct algorithm {
	const char *name;
	enum type type;
	uint16_t id;
	uint16_t key_bits;
} algorithms[] = {
	{ "aes128gcm16", AEAD, 20, 128 },
	{ "aes256gcm16", AEAD, 20, 256 },
	{ "aes128", ENCR, 12, 128 },
	{ "aes256", ENCR, 12, 256 },
	{ "sha256", INTEG, 12, 0 },
	{ "sha384", INTEG, 13, 0 },
	{ "sha512", INTEG, 14, 0 },
	{ "prfsha256", PRF, 5, 0 },
	{ "prfsha384", PRF, 6, 0 },
	{ "prfsha512", PRF, 7, 0 },
	{ "modp2048", KE, 14, 0 },
	{ "modp3072", KE, 15, 0 },
	{ "modp4096", KE, 16, 0 },
	{ "ecp256", KE, 19, 0 },
	{ "ecp384", KE, 20, 0 },
	{ "ecp521", KE, 21, 0 },
	{ "x25519", KE, 31, 0 },
	{ "curve25519", KE, 31, 0 },
	{ "kw128", KW, 1, 0 },
	{ "kw192", KW, 2, 0 },
	{ "kw256", KW, 3, 0 },
};

static const struct {
	const char *name;
	struct conf_esp esp;
} esp[] = {
	{ "aes128gcm16", { 20, 128, 16, "rfc4106(gcm(aes))" } },
	{ "aes256gcm16", { 20, 256, 16, "rfc4106(gcm(aes))" } },
	{ "aes128gcm12", { 19, 128, 12, "rfc4106(gcm(aes))" } },
	{ "aes256gcm12", { 19, 256, 12, "rfc4106(gcm(aes))" } },
	{ "aes128gcm8", { 18, 128, 8, "rfc4106(gcm(aes))" } },
	{ "aes256gcm8", { 18, 256, 8, "rfc4106(gcm(aes))" } },
	{ "aes128gmac", { 21, 128, 16, "rfc4543(gcm(aes))" } },
	{ "aes256gmac", { 21, 256, 16, "rfc4543(gcm(aes))" } },
};

static const struct algorithm *find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(algorithms); i++)
		if (!strcmp(algorithms[i].name, name))
			return &algorithms[i];
	return NULL;
}

static struct conf_transforms *list_of(struct conf_proposal *proposal, enum type type)
{
	switch (type) {
	case ENCR:
	case AEAD:
		return &proposal->encryption;
	case INTEG:
		return &proposal->integrity;
	case PRF:
		return &proposal->prf;
	case KE:
		return &proposal->key_exchange;
	default:
		return &proposal->key_wrap;
	}
}

static bool has(const struct conf_transforms *list, uint16_t id, uint16_t key_bits)
{
	uint32_t i;

	for (i = 0; i < list->count; i++)
		if (list->transform[i].id == id && list->transform[i].key_bits == key_bits)
			return true;
	return false;
}

static const char *add(struct conf_proposal *proposal, const char *name, char *why, size_t size)
{
	const struct algorithm *algorithm = find(name);
	struct conf_transforms *list;

	if (!algorithm) {
		snprintf(why, size, "algorithm \"%s\" is not known", name);
		return why;
	}
	list = list_of(proposal, algorithm->type);
	if (has(list, algorithm->id, algorithm->key_bits)) {
		snprintf(why, size, "algorithm \"%s\" is given twice", name);
		return why;
	}
	if (list == &proposal->encryption) {
		if (list->count && proposal->aead != (algorithm->type == AEAD))
			return "encryption with and without integrity of its own cannot be in one proposal";
		proposal->aead = algorithm->type == AEAD;
	}
	if (list->count == CONF_TRANSFORMS_MAX)
		return "too many algorithms of one kind";
	list->transform[list->count++] = (struct conf_transform){ algorithm->id,
								  algorithm->key_bits };
	return NULL;
}

/* PRF_HMAC_SHA2_* are seven below AUTH_HMAC_SHA2_*. */
static void prf_of_integrity(struct conf_proposal *proposal)
{
	uint32_t i;

	for (i = 0; i < proposal->integrity.count; i++)
		proposal->prf.transform[i].id = proposal->integrity.transform[i].id - 7;
	proposal->prf.count = proposal->integrity.count;
}

/* What was left out, where it follows from the rest. */
static const char *complete(struct conf_proposal *proposal)
{
	if (!proposal->encryption.count)
		return "no encryption in it, as aes256gcm16";
	if (proposal->aead && proposal->integrity.count)
		return "aes...gcm16 has integrity of its own";
	if (!proposal->aead && !proposal->integrity.count)
		return "no integrity in it, as sha256";
	if (!proposal->prf.count)
		prf_of_integrity(proposal);
	if (!proposal->prf.count)
		return "no PRF in it, as prfsha256";
	if (!proposal->key_exchange.count)
		return "no key exchange in it, as ecp256";
	if (!proposal->key_wrap.count) {
		proposal->key_wrap.transform[0].id = 3;
		proposal->key_wrap.transform[1].id = 1;
		proposal->key_wrap.count = 2;
	}
	return NULL;
}

const char *conf_proposal_parse(const char *text, struct conf_proposal *proposal, char *why,
				size_t size)
{
	const char *error;
	char name[16];
	size_t len;

	memset(proposal, 0, sizeof(*proposal));
	for (;;) {
		len = strcspn(text, "-");
		snprintf(name, sizeof(name), "%.*s", len < sizeof(name) ? (int)len : 15, text);
		error = add(proposal, name, why, size);
		if (error)
			return error;
		if (!text[len])
			return complete(proposal);
		text += len + 1;
	}
}

bool conf_esp_parse(const char *text, struct conf_esp *found)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(esp); i++) {
		if (!strcmp(esp[i].name, text)) {
			*found = esp[i].esp;
			return true;
		}
	}
	return false;
}

bool conf_esp_find(uint16_t id, uint16_t key_bits, struct conf_esp *found)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(esp); i++) {
		if (esp[i].esp.id == id && esp[i].esp.key_bits == key_bits) {
			*found = esp[i].esp;
			return true;
		}
	}
	return false;
}

const char *conf_esp_name(const struct conf_esp *wanted)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(esp); i++)
		if (esp[i].esp.id == wanted->id && esp[i].esp.key_bits == wanted->key_bits)
			return esp[i].name;
	return "";
}

const char *conf_esp_names(void)
{
	return "aes128gcm16, aes256gcm16, aes128gcm12, aes256gcm12, aes128gcm8, aes256gcm8, aes128gmac or aes256gmac";
}
