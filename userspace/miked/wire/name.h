/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers to names, for logs and errors; and what else follows from a number.
 */
#ifndef MIKED_WIRE_NAME_H
#define MIKED_WIRE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/iana.h"

struct wire_message;

enum wire_registry {
	WIRE_EXCHANGE,
	WIRE_PAYLOAD,
	WIRE_PROTOCOL,
	WIRE_TRANSFORM_TYPE,
	WIRE_ENCR,
	WIRE_PRF,
	WIRE_INTEG,
	WIRE_KE,
	WIRE_SN,
	WIRE_KWA,
	WIRE_GCAUTH,
	WIRE_TRANSFORM_ATTR,
	WIRE_GROUP_SA_ATTR,
	WIRE_GROUP_WIDE_ATTR,
	WIRE_GROUP_KEY_BAG_ATTR,
	WIRE_MEMBER_KEY_BAG_ATTR,
	WIRE_ID_TYPE,
	WIRE_CERT_ENCODING,
	WIRE_AUTH_METHOD,
	WIRE_HASH,
	WIRE_TS_TYPE,
	WIRE_PPK_ID_TYPE,
	WIRE_NOTIFY,
	WIRE_REGISTRIES
};

/* IANA's name of @number, or NULL. */
const char *wire_name(enum wire_registry registry, unsigned int number);
/* The name of a transform ID of transform type @type (TRANSFORM_ENCR, ...), or NULL. */
const char *wire_transform_name(uint8_t type, uint16_t id);

/* enum wire_encr_facts of an encryption transform; 0 if it is not known. */
unsigned int wire_encr_facts(uint16_t encr);
/* Does an integrity transform need IVs that are used once? */
bool wire_integ_is_counter(uint16_t integ);
/* Bytes of a public value of a key exchange method; 0: not known. */
size_t wire_ke_length(uint16_t method);

/*
 * One line about @m for a log: exchange, direction, Message ID, and its payloads as
 * they are sent. No more than @size bytes with the final zero.
 */
void wire_describe(const struct wire_message *m, char *text, size_t size);

#endif
