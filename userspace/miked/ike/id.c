// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Identities: as the configuration has them, as ID payloads have them, and whether one
 * stands for the other.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "crypto/dn.h"
#include "ike/auth.h"
#include "ike/index.h"
#include "wire/name.h"

int id_claim_of(const struct wire_id *id, struct id_claim *claim)
{
	*claim = (struct id_claim){ .type = id->type, .data = id->data };
	/* ID_NULL is nobody (RFC 7619), whom no pattern is meant to cover */
	if (!id->data.len || id->type == ID_NULL)
		return -EINVAL;
	return id->type == ID_DER_ASN1_DN ? dn_from_der(id->data, &claim->dn) : 0;
}

int id_claim_conf(const struct conf_identity *identity, struct id_claim *claim)
{
	*claim = (struct id_claim){
		.type = identity->type,
		.data = { identity->data, identity->len },
	};
	if (!identity->type || identity->pattern)
		return -EINVAL;
	return identity->type == ID_DER_ASN1_DN ?
		       dn_from_text((const char *)identity->data, &claim->dn) : 0;
}

void id_claim_free(struct id_claim *claim)
{
	X509_NAME_free(claim->dn);
	*claim = (struct id_claim){ 0 };
}

int id_pattern_of(const struct conf_identity *identity, struct id_pattern *pattern)
{
	*pattern = (struct id_pattern){ .identity = *identity };
	return identity->type == ID_DER_ASN1_DN ?
		       dn_from_text((const char *)identity->data, &pattern->dn) : 0;
}

void id_pattern_free(struct id_pattern *pattern)
{
	X509_NAME_free(pattern->dn);
	*pattern = (struct id_pattern){ 0 };
}

bool id_covers(const struct id_pattern *pattern, const struct id_claim *claim)
{
	if (!pattern->dn)
		return conf_identity_covers(&pattern->identity, claim->type, claim->data);
	return claim->dn && !X509_NAME_cmp(pattern->dn, claim->dn);
}

bool auth_id_is(const struct conf_identity *pattern, const struct wire_id *id)
{
	struct id_pattern wanted = { .dn = NULL };
	struct id_claim claim;
	bool is;

	is = !id_claim_of(id, &claim) && !id_pattern_of(pattern, &wanted) &&
	     id_covers(&wanted, &claim);
	id_pattern_free(&wanted);
	id_claim_free(&claim);
	return is;
}

int auth_id(const struct conf_identity *identity, uint8_t *type, struct secret *id)
{
	struct id_claim claim;
	int err;

	*id = (struct secret){ 0 };
	err = id_claim_conf(identity, &claim);
	if (!err)
		err = claim.dn ? dn_to_der(claim.dn, id) : secret_copy(id, claim.data);
	*type = claim.type;
	id_claim_free(&claim);
	return err;
}

static void print_chars(struct chunk data, char *text, size_t size)
{
	size_t i;

	for (i = 0; i < data.len && i < size - 1; i++)
		text[i] = isgraph(data.data[i]) ? (char)data.data[i] : '?';
	text[i] = '\0';
}

static void print_key_id(struct chunk data, char *text, size_t size)
{
	size_t i;
	int at;

	for (i = 0; i < data.len && isgraph(data.data[i]); i++)
		;
	if (i == data.len) {
		at = snprintf(text, size, "keyid:");
		if ((size_t)at < size)
			print_chars(data, text + at, size - (size_t)at);
		return;
	}
	at = snprintf(text, size, "keyid:0x");
	for (i = 0; i < data.len && (size_t)at + 2 < size; i++)
		at += snprintf(text + at, size - (size_t)at, "%02x", data.data[i]);
}

static void print_dn(struct chunk data, char *text, size_t size)
{
	X509_NAME *dn;
	int at;

	if (dn_from_der(data, &dn)) {
		snprintf(text, size, "a malformed DN");
		return;
	}
	at = snprintf(text, size, "dn:");
	if ((size_t)at < size)
		cert_name_text(dn, text + at, size - (size_t)at);
	X509_NAME_free(dn);
}

void auth_id_text(const struct wire_id *id, char *text, size_t size)
{
	bool ipv4 = id->type == ID_IPV4_ADDR && id->data.len == sizeof(struct in_addr);
	bool ipv6 = id->type == ID_IPV6_ADDR && id->data.len == sizeof(struct in6_addr);
	const char *name = wire_name(WIRE_ID_TYPE, id->type);

	if (!id->data.len)
		snprintf(text, size, "nobody");
	else if (id->type == ID_FQDN || id->type == ID_RFC822_ADDR)
		print_chars(id->data, text, size);
	else if (id->type == ID_KEY_ID)
		print_key_id(id->data, text, size);
	else if (id->type == ID_DER_ASN1_DN)
		print_dn(id->data, text, size);
	else if (!ipv4 && !ipv6)
		snprintf(text, size, "an identity of type %s", name ? name : "unknown");
	else if (!inet_ntop(ipv4 ? AF_INET : AF_INET6, id->data.data, text, (socklen_t)size))
		snprintf(text, size, "an address");
}
