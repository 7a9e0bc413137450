// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Identities in words, and patterns of them.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/hex.h"
#include "conf/identity.h"
#include "crypto/dn.h"

/* RFC 7296 3.5 */
enum {
	ANY = 0,
	ID_IPV4 = 1,
	ID_FQDN_NAME = 2,
	ID_MAIL = 3,
	ID_IPV6 = 5,
	ID_DN = 9,
	ID_KEY = 11,
};

static const struct {
	const char *prefix;
	uint8_t type;
} prefixes[] = {
	{ "fqdn:", ID_FQDN_NAME },
	{ "email:", ID_MAIL },
	{ "dn:", ID_DN },
	{ "keyid:", ID_KEY },
};

static bool put(struct conf_identity *identity, uint8_t type, const void *data, size_t len)
{
	if (len > CONF_IDENTITY_MAX)
		return false;
	identity->type = type;
	identity->len = (uint8_t)len;
	memcpy(identity->data, data, len);
	return true;
}

/* An address, which no prefix makes plain. */
static bool put_address(struct conf_identity *identity, const char *text)
{
	struct in6_addr in6;
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) == 1)
		return put(identity, ID_IPV4, &in, sizeof(in));
	if (inet_pton(AF_INET6, text, &in6) == 1)
		return put(identity, ID_IPV6, &in6, sizeof(in6));
	return false;
}

/* A key id in hexadecimal digits. */
static bool put_hex(struct conf_identity *identity, const char *text)
{
	uint8_t data[CONF_IDENTITY_MAX];
	size_t len = 0;
	int byte;

	for (; *text; text += 2) {
		byte = hex_byte(text);
		if (len == sizeof(data) || byte < 0)
			return false;
		data[len++] = (uint8_t)byte;
	}
	return len && put(identity, ID_KEY, data, len);
}

static bool only(const char *text, const char *more)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr(more, *text))
			return false;
	return true;
}

static bool printable(const char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

/* A domain name, or what is behind the * of a pattern. */
static bool is_domain(const char *text)
{
	return *text && only(text, "-._") && !strstr(text, "..");
}

static bool is_dn(const char *text)
{
	X509_NAME *dn;

	if (dn_from_text(text, &dn))
		return false;
	X509_NAME_free(dn);
	return true;
}

/* Of a pattern only the end: ".example.org", "@example.org", "". */
static bool is_well_formed(uint8_t type, const char *text, bool end)
{
	const char *at = strchr(text, '@');

	if (end && !*text)
		return type != ID_DN;
	switch (type) {
	case ID_FQDN_NAME:
		return is_domain(text) && (*text == '.') == end;
	case ID_MAIL:
		return at && (at == text) == end && printable(text) && !strchr(text, ' ') &&
		       is_domain(at + 1);
	case ID_DN:
		return !end && printable(text) && is_dn(text);
	default:
		return !end && *text && printable(text);
	}
}

static bool put_text(struct conf_identity *identity, uint8_t type, const char *text)
{
	if (*text == '*') {
		identity->pattern = true;
		text++;
	}
	return is_well_formed(type, text, identity->pattern) &&
	       put(identity, type, text, strlen(text));
}

static bool parse(const char *text, uint8_t type, struct conf_identity *identity)
{
	size_t i, len;

	if (!strcmp(text, "*")) {
		identity->pattern = true;
		return true;
	}
	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		len = strlen(prefixes[i].prefix);
		if (strncmp(text, prefixes[i].prefix, len) != 0)
			continue;
		text += len;
		if (prefixes[i].type == ID_KEY && !strncmp(text, "0x", 2))
			return put_hex(identity, text + 2);
		return put_text(identity, prefixes[i].type, text);
	}
	return put_address(identity, text) ||
	       put_text(identity, strchr(text, '@') ? ID_MAIL : type, text);
}

bool conf_identity_parse(const char *text, uint8_t type, bool pattern,
			 struct conf_identity *identity)
{
	memset(identity, 0, sizeof(*identity));
	return parse(text, type, identity) && (pattern || !identity->pattern);
}

static const char *prefix_of(uint8_t type)
{
	size_t i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (prefixes[i].type == type)
			return prefixes[i].prefix;
	return "";
}

static void print_hex(const struct conf_identity *identity, char *text)
{
	size_t i;

	text += sprintf(text, "keyid:0x");
	for (i = 0; i < identity->len; i++)
		text += sprintf(text, "%02x", identity->data[i]);
}

/*
 * The prefix is left out where none is needed to read it again: no two identities have
 * the same words, whatever a peer calls itself.
 */
static bool is_plain(const struct conf_identity *identity, const char *words)
{
	struct conf_identity again;

	return (identity->type == ID_MAIL || identity->type == ID_FQDN_NAME) &&
	       conf_identity_parse(words, ID_FQDN_NAME, true, &again) &&
	       again.type == identity->type && again.len == identity->len &&
	       !memcmp(again.data, identity->data, again.len);
}

void conf_identity_print(const struct conf_identity *identity, char *text)
{
	const char *data = (const char *)identity->data;
	char words[1 + CONF_IDENTITY_MAX + 1];

	switch (identity->type) {
	case ID_IPV4:
		inet_ntop(AF_INET, identity->data, text, CONF_IDENTITY_TEXT);
		return;
	case ID_IPV6:
		inet_ntop(AF_INET6, identity->data, text, CONF_IDENTITY_TEXT);
		return;
	case ID_KEY:
		if (strlen(data) != identity->len || !printable(data) ||
		    *data == '*' || !strncmp(data, "0x", 2)) {
			print_hex(identity, text);
			return;
		}
		break;
	default:
		break;
	}
	snprintf(words, sizeof(words), "%s%s", identity->pattern ? "*" : "", data);
	snprintf(text, CONF_IDENTITY_TEXT, "%s%s",
		 is_plain(identity, words) ? "" : prefix_of(identity->type), words);
}

/* The local part of a mail address counts letter by letter. */
static bool equal_mail(const char *a, const char *b, size_t len)
{
	const char *at = memchr(a, '@', len);
	size_t local = at ? (size_t)(at - a) : 0;

	return !memcmp(a, b, local) && !strncasecmp(a + local, b + local, len - local);
}

bool conf_identity_covers(const struct conf_identity *pattern, uint8_t type, struct chunk data)
{
	const char *end, *wanted = (const char *)pattern->data;

	if (pattern->type == ANY)
		return true;
	if (pattern->type != type || type == ID_DN)
		return false;
	if (data.len < pattern->len || (!pattern->pattern && data.len != pattern->len))
		return false;
	if (!pattern->len)
		return true;
	end = (const char *)data.data + data.len - pattern->len;
	if (type == ID_FQDN_NAME)
		return !strncasecmp(end, wanted, pattern->len);
	if (type == ID_MAIL)
		return equal_mail(wanted, end, pattern->len);
	return !memcmp(end, wanted, pattern->len);
}
