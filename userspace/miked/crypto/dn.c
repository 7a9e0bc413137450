// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Distinguished names.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <openssl/err.h>
#include "base/hex.h"
#include "crypto/dn.h"
#include "crypto/internal.h"

#define TYPE_SIZE	64
#define VALUE_SIZE	256

/* One TYPE=VALUE. */
struct part {
	char type[TYPE_SIZE];
	uint8_t value[VALUE_SIZE];
	size_t len;
	char end;		/* what stands behind it: ',', '+' or 0 */
};

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " ");
}

/* Up to the =; NULL if there is none. */
static const char *read_type(const char *at, char *type)
{
	size_t len;

	at = skip_blanks(at);
	len = strcspn(at, " =,+\\");
	if (!len || len >= TYPE_SIZE)
		return NULL;
	memcpy(type, at, len);
	type[len] = '\0';
	at = skip_blanks(at + len);
	return *at == '=' ? at + 1 : NULL;
}

/* What is behind a backslash (RFC 4514 2.4), one byte in either way. */
static const char *read_escaped(const char *at, uint8_t *byte)
{
	int value = hex_byte(at);

	if (value >= 0) {
		*byte = (uint8_t)value;
		return at + 2;
	}
	if (!*at || !strchr("\"+,;<>#=\\ ", *at))
		return NULL;
	*byte = (uint8_t)*at;
	return at + 1;
}

/* Blanks at its end do not count but for those that are escaped. */
static const char *read_value(const char *at, struct part *part)
{
	size_t len = 0;
	bool blank;

	part->len = 0;
	at = skip_blanks(at);
	if (*at == '#')
		return NULL;
	while (at && *at && *at != ',' && *at != '+') {
		if (strchr("\";<>", *at) || len == VALUE_SIZE)
			return NULL;
		blank = *at == ' ';
		if (*at == '\\')
			at = read_escaped(at + 1, &part->value[len++]);
		else
			part->value[len++] = (uint8_t)*at++;
		if (!blank)
			part->len = len;
	}
	return part->len ? at : NULL;
}

static const char *read_part(const char *at, struct part *part)
{
	at = read_type(at, part->type);
	if (at)
		at = read_value(at, part);
	if (!at)
		return NULL;
	part->end = *at;
	return *at ? at + 1 : at;
}

/* RFC 4514 3 has these, and wants them found however they are written. */
static const char *known_type(const char *type)
{
	static const char *const known[] = {
		"CN", "L", "ST", "O", "OU", "C", "street", "DC", "UID",
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!strcasecmp(type, known[i]))
			return known[i];
	}
	return type;
}

/* At the start, since the last part of the name comes first; or into the first set there. */
static int add_part(X509_NAME *dn, const struct part *part, bool same_set)
{
	ASN1_OBJECT *type = OBJ_txt2obj(known_type(part->type), 0);
	int ok;

	if (!type)
		return crypto_error(-EINVAL);
	ok = X509_NAME_add_entry_by_OBJ(dn, type, MBSTRING_UTF8, part->value, (int)part->len, 0,
					same_set);
	ASN1_OBJECT_free(type);
	return ok == 1 ? 0 : crypto_error(-EINVAL);
}

static int add_parts(X509_NAME *dn, const char *text)
{
	struct part part = { .end = ',' };
	bool same_set;
	int err = 0;

	while (part.end && !err) {
		same_set = part.end == '+';
		text = read_part(text, &part);
		err = text ? add_part(dn, &part, same_set) : -EINVAL;
	}
	return err;
}

int dn_from_text(const char *text, X509_NAME **dn)
{
	int err;

	*dn = X509_NAME_new();
	if (!*dn)
		return crypto_error(-ENOMEM);
	err = add_parts(*dn, text);
	/* encoded once, here, so that no comparison has to */
	if (!err && i2d_X509_NAME(*dn, NULL) < 0)
		err = crypto_error(-EIO);
	if (!err)
		return 0;
	X509_NAME_free(*dn);
	*dn = NULL;
	return err;
}

int dn_from_der(struct chunk der, X509_NAME **dn)
{
	const uint8_t *at = der.data;

	*dn = NULL;
	if (!der.len || der.len > UINT16_MAX)
		return -EINVAL;
	*dn = d2i_X509_NAME(NULL, &at, (long)der.len);
	if (*dn && at == der.data + der.len && X509_NAME_entry_count(*dn) > 0)
		return 0;
	X509_NAME_free(*dn);
	*dn = NULL;
	return crypto_error(-EINVAL);
}

int dn_to_der(const X509_NAME *dn, struct secret *der)
{
	struct chunk bytes = { 0 };

	if (X509_NAME_get0_der(dn, &bytes.data, &bytes.len) != 1) {
		*der = (struct secret){ 0 };
		return crypto_error(-EIO);
	}
	return secret_copy(der, bytes);
}
