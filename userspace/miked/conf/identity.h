/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Identities of IKEv2 (RFC 7296 3.5) as a configuration writes them, and patterns of
 * them.
 *
 *	ks.example.org		ID_FQDN
 *	ops@example.org		ID_RFC822_ADDR
 *	192.0.2.1, 2001:db8::1	ID_IPV4_ADDR, ID_IPV6_ADDR
 *	dn:CN=ks,O=Example	ID_DER_ASN1_DN
 *	keyid:anything, keyid:0x0102	ID_KEY_ID
 *
 * fqdn: and email: before the first two make it plain. A pattern is an identity with a
 * * for any number of bytes at its start, *.example.org or *@example.org, or * alone
 * for all.
 */
#ifndef MIKED_CONF_IDENTITY_H
#define MIKED_CONF_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"

#define CONF_IDENTITY_MAX	255

struct conf_identity {
	uint8_t type;		/* ID Type of RFC 7296 3.5; 0: any, of a pattern only */
	bool pattern;		/* data is what has to be at the end */
	uint8_t len;
	/*
	 * As Identification Data has it, but for a DN: that is in words, as RFC 4514
	 * writes them (dn_from_text()). A zero byte follows.
	 */
	uint8_t data[CONF_IDENTITY_MAX + 1];
};

/*
 * False if @text is none, or is a pattern and @pattern is false. What has no type
 * before it and looks like no other is of @type.
 */
bool conf_identity_parse(const char *text, uint8_t type, bool pattern,
			 struct conf_identity *identity);

/* As conf_identity_parse() reads it. @text has CONF_IDENTITY_TEXT bytes. */
#define CONF_IDENTITY_TEXT	(2 * CONF_IDENTITY_MAX + 16)
void conf_identity_print(const struct conf_identity *identity, char *text);

/*
 * True if the pattern covers an identity of this type and data. The letters of domain
 * names and mail domains may be large or small. Not for DNs: those are compared in
 * DER, by who has the certificate; here a DN is covered by the pattern for all only.
 */
bool conf_identity_covers(const struct conf_identity *pattern, uint8_t type, struct chunk data);

#endif
