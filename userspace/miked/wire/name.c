// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbers to names, and what else follows from a number; all out of base/iana.h.
 */
#include "wire/internal.h"
#include "wire/message.h"
#include "wire/name.h"

struct named {
	uint16_t number;
	const char *name;
};

struct registry {
	const struct named *first;
	size_t n;
};

#define NAMED(text, number, ...)	{ (number), #text },
#define REGISTRY(list)							\
	{								\
		(const struct named[]){ list(NAMED) },			\
		sizeof((const struct named[]){ list(NAMED) }) / sizeof(struct named)	\
	}

static const struct registry registries[WIRE_REGISTRIES] = {
	[WIRE_EXCHANGE] = REGISTRY(WIRE_EXCHANGES),
	[WIRE_PAYLOAD] = REGISTRY(WIRE_PAYLOADS),
	[WIRE_PROTOCOL] = REGISTRY(WIRE_PROTOCOLS),
	[WIRE_TRANSFORM_TYPE] = REGISTRY(WIRE_TRANSFORM_TYPES),
	[WIRE_ENCR] = REGISTRY(WIRE_ENCR_IDS),
	[WIRE_PRF] = REGISTRY(WIRE_PRF_IDS),
	[WIRE_INTEG] = REGISTRY(WIRE_INTEG_IDS),
	[WIRE_KE] = REGISTRY(WIRE_KE_IDS),
	[WIRE_SN] = REGISTRY(WIRE_SN_IDS),
	[WIRE_KWA] = REGISTRY(WIRE_KWA_IDS),
	[WIRE_GCAUTH] = REGISTRY(WIRE_GCAUTH_IDS),
	[WIRE_TRANSFORM_ATTR] = REGISTRY(WIRE_TRANSFORM_ATTRS),
	[WIRE_GROUP_SA_ATTR] = REGISTRY(WIRE_GROUP_SA_ATTRS),
	[WIRE_GROUP_WIDE_ATTR] = REGISTRY(WIRE_GROUP_WIDE_ATTRS),
	[WIRE_GROUP_KEY_BAG_ATTR] = REGISTRY(WIRE_GROUP_KEY_BAG_ATTRS),
	[WIRE_MEMBER_KEY_BAG_ATTR] = REGISTRY(WIRE_MEMBER_KEY_BAG_ATTRS),
	[WIRE_ID_TYPE] = REGISTRY(WIRE_ID_TYPES),
	[WIRE_CERT_ENCODING] = REGISTRY(WIRE_CERT_ENCODINGS),
	[WIRE_AUTH_METHOD] = REGISTRY(WIRE_AUTH_METHODS),
	[WIRE_HASH] = REGISTRY(WIRE_HASHES),
	[WIRE_TS_TYPE] = REGISTRY(WIRE_TS_TYPES),
	[WIRE_PPK_ID_TYPE] = REGISTRY(WIRE_PPK_ID_TYPES),
	[WIRE_NOTIFY] = REGISTRY(WIRE_NOTIFIES),
};

const char *wire_name(enum wire_registry registry, unsigned int number)
{
	const struct registry *r = &registries[registry];
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->first[i].number == number)
			return r->first[i].name;
	return NULL;
}

const char *wire_transform_name(uint8_t type, uint16_t id)
{
	switch (type) {
	case TRANSFORM_ENCR:
		return wire_name(WIRE_ENCR, id);
	case TRANSFORM_PRF:
		return wire_name(WIRE_PRF, id);
	case TRANSFORM_INTEG:
		return wire_name(WIRE_INTEG, id);
	case TRANSFORM_KE:
	case TRANSFORM_ADDKE1 ... TRANSFORM_ADDKE7:
		return wire_name(WIRE_KE, id);
	case TRANSFORM_SN:
		return wire_name(WIRE_SN, id);
	case TRANSFORM_KWA:
		return wire_name(WIRE_KWA, id);
	case TRANSFORM_GCAUTH:
		return wire_name(WIRE_GCAUTH, id);
	default:
		return NULL;
	}
}

/* The third column of a list. */
struct fact {
	uint16_t number;
	uint16_t fact;
};

#define FACT(name, number, fact)	{ (number), (fact) },

static const struct fact encr_facts[] = { WIRE_ENCR_IDS(FACT) };
static const struct fact integ_facts[] = { WIRE_INTEG_IDS(FACT) };
static const struct fact ke_facts[] = { WIRE_KE_IDS(FACT) };

static uint16_t fact_of(const struct fact *facts, size_t n, uint16_t number)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (facts[i].number == number)
			return facts[i].fact;
	return 0;
}

#define FACT_OF(facts, number)	fact_of(facts, sizeof(facts) / sizeof((facts)[0]), number)

unsigned int wire_encr_facts(uint16_t encr)
{
	return FACT_OF(encr_facts, encr);
}

bool wire_integ_is_counter(uint16_t integ)
{
	return FACT_OF(integ_facts, integ);
}

size_t wire_ke_length(uint16_t method)
{
	return FACT_OF(ke_facts, method);
}
