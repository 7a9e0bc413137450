// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One certificate of an end entity.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <openssl/x509v3.h>
#include "crypto/cert.h"
#include "crypto/dn.h"
#include "crypto/internal.h"

#define NAME_LEN	160

void cert_name_text(const X509_NAME *name, char *text, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int len = 0;

	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
		len = BIO_read(bio, text, (int)size - 1);
	BIO_free(bio);
	if (len > 0)
		text[len] = '\0';
	else
		snprintf(text, size, "(no subject)");
}

void cert_time_text(const ASN1_TIME *time, char text[CERT_TIME_LEN])
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(time, &tm) ||
	    !strftime(text, CERT_TIME_LEN, "%Y-%m-%d %H:%M:%S UTC", &tm))
		snprintf(text, CERT_TIME_LEN, "an unknown date");
}

static void set_why(struct reason *why, const X509 *x509, const char *what)
{
	char name[NAME_LEN];

	cert_name_text(X509_get_subject_name(x509), name, sizeof(name));
	reason_set(why, "certificate of %s %s", name, what);
}

static bool key_usage_fits(X509 *x509)
{
	/* all bits are set if it does not say */
	return X509_get_key_usage(x509) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION);
}

static bool extended_usage_fits(const X509 *x509)
{
	EXTENDED_KEY_USAGE *usage;
	bool fits = false;
	int critical;
	int nid;
	int i;

	usage = X509_get_ext_d2i(x509, NID_ext_key_usage, &critical, NULL);
	if (!usage)
		return critical == -1;	/* there is none; else it is malformed */
	for (i = 0; i < sk_ASN1_OBJECT_num(usage); i++) {
		nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, i));
		if (nid == NID_ipsec_IKE || nid == NID_anyExtendedKeyUsage)
			fits = true;
	}
	EXTENDED_KEY_USAGE_free(usage);
	return fits;
}

static int take_key(struct cert *cert, struct reason *why)
{
	struct reason inner = { "has a key that cannot be read" };
	EVP_PKEY *pkey = X509_get_pubkey(cert->x509);
	int err;

	if (!pkey) {
		set_why(why, cert->x509, inner.text);
		return -EKEYREJECTED;
	}
	err = key_from_pkey(pkey, &cert->key, &inner);
	if (err) {
		char what[sizeof(inner.text) + 8];

		snprintf(what, sizeof(what), "has %s", inner.text);
		set_why(why, cert->x509, what);
	}
	return err;
}

static int check_usage(struct cert *cert, struct reason *why)
{
	const char *what = NULL;

	if (!key_usage_fits(cert->x509))
		what = "is not for signatures (key usage)";
	else if (!extended_usage_fits(cert->x509))
		what = "is not for IKE (extended key usage)";
	if (!what)
		return 0;
	set_why(why, cert->x509, what);
	return -EKEYREJECTED;
}

int cert_from_x509(X509 *x509, struct cert *cert, struct reason *why)
{
	int err;

	*cert = (struct cert){ .x509 = x509 };
	err = take_key(cert, why);
	if (!err)
		err = check_usage(cert, why);
	if (!err)
		return 0;
	cert_free(cert);
	return crypto_error(err);
}

void cert_free(struct cert *cert)
{
	key_free(&cert->key);
	X509_free(cert->x509);
	*cert = (struct cert){ 0 };
}

bool cert_valid(const struct cert *cert, int64_t now, struct reason *why)
{
	const ASN1_TIME *from = X509_get0_notBefore(cert->x509);
	const ASN1_TIME *until = X509_get0_notAfter(cert->x509);
	char what[CERT_TIME_LEN + 32];
	char date[CERT_TIME_LEN];
	time_t at = now;

	if (X509_cmp_time(from, &at) >= 0) {
		cert_time_text(from, date);
		snprintf(what, sizeof(what), "is not valid before %s", date);
	} else if (X509_cmp_time(until, &at) <= 0) {
		cert_time_text(until, date);
		snprintf(what, sizeof(what), "has expired on %s", date);
	} else {
		return true;
	}
	set_why(why, cert->x509, what);
	return false;
}

struct chunk cert_subject(const struct cert *cert)
{
	struct chunk der = { 0 };

	X509_NAME_get0_der(X509_get_subject_name(cert->x509), &der.data, &der.len);
	return der;
}

static struct chunk string_chunk(const ASN1_STRING *string)
{
	return (struct chunk){
		.data = ASN1_STRING_get0_data(string),
		.len = (size_t)ASN1_STRING_length(string),
	};
}

static bool equal_letters(struct chunk a, struct chunk b)
{
	return a.len == b.len &&
	       (!a.len || !strncasecmp((const char *)a.data, (const char *)b.data, a.len));
}

static bool has_byte(struct chunk chunk, uint8_t byte)
{
	return chunk.len && memchr(chunk.data, byte, chunk.len);
}

/* No zero bytes, at which strncasecmp() would stop; no wildcard, which RFC 4945 has not. */
static bool equal_fqdn(struct chunk name, struct chunk id)
{
	return id.len && !has_byte(id, '\0') && !has_byte(id, '*') && equal_letters(name, id);
}

/* RFC 5280 7.5: what is before the @ is compared as it is. */
static bool equal_email(struct chunk name, struct chunk id)
{
	const uint8_t *at = id.len ? memrchr(id.data, '@', id.len) : NULL;
	size_t local;

	if (!at || has_byte(id, '\0') || name.len != id.len)
		return false;
	local = (size_t)(at - id.data) + 1;
	return !memcmp(name.data, id.data, local) &&
	       equal_letters((struct chunk){ name.data + local, name.len - local },
			     (struct chunk){ id.data + local, id.len - local });
}

static bool is_same(const GENERAL_NAME *name, uint8_t type, struct chunk id)
{
	switch (type) {
	case ID_FQDN:
		return name->type == GEN_DNS && equal_fqdn(string_chunk(name->d.dNSName), id);
	case ID_RFC822_ADDR:
		return name->type == GEN_EMAIL &&
		       equal_email(string_chunk(name->d.rfc822Name), id);
	case ID_IPV4_ADDR:
		return name->type == GEN_IPADD && id.len == sizeof(struct in_addr) &&
		       chunk_equal(string_chunk(name->d.iPAddress), id);
	case ID_IPV6_ADDR:
		return name->type == GEN_IPADD && id.len == sizeof(struct in6_addr) &&
		       chunk_equal(string_chunk(name->d.iPAddress), id);
	default:
		return false;
	}
}

static bool alt_name_is(const X509 *x509, uint8_t type, struct chunk id)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	bool found = false;
	int i;

	for (i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++)
		found = is_same(sk_GENERAL_NAME_value(names, i), type, id);
	GENERAL_NAMES_free(names);
	return found;
}

static bool subject_is(const X509 *x509, struct chunk id)
{
	X509_NAME *name;
	bool same;

	if (dn_from_der(id, &name))
		return false;
	same = !X509_NAME_cmp(name, X509_get_subject_name(x509));
	X509_NAME_free(name);
	return same;
}

/* Nothing that a peer sends gets into a log but as printable characters. */
static void id_text(uint8_t type, struct chunk id, char *text, size_t size)
{
	int family = type == ID_IPV4_ADDR ? AF_INET : AF_INET6;
	size_t i;

	if ((type == ID_IPV4_ADDR && id.len == sizeof(struct in_addr)) ||
	    (type == ID_IPV6_ADDR && id.len == sizeof(struct in6_addr))) {
		inet_ntop(family, id.data, text, size);
		return;
	}
	if (type != ID_FQDN && type != ID_RFC822_ADDR) {
		snprintf(text, size, "of ID type %u", type);
		return;
	}
	for (i = 0; i < id.len && i < size - 1; i++)
		text[i] = isgraph(id.data[i]) ? (char)id.data[i] : '?';
	text[i] = '\0';
}

bool cert_has_id(const struct cert *cert, uint8_t type, struct chunk id, struct reason *why)
{
	char text[NAME_LEN / 2];
	char what[NAME_LEN];
	bool has;

	if (type == ID_DER_ASN1_DN)
		has = subject_is(cert->x509, id);
	else
		has = alt_name_is(cert->x509, type, id);
	crypto_error(0);
	if (has)
		return true;
	if (type == ID_DER_ASN1_DN) {
		set_why(why, cert->x509, "has another subject than the peer's identity");
		return false;
	}
	id_text(type, id, text, sizeof(text));
	snprintf(what, sizeof(what), "does not stand for the identity %s", text);
	set_why(why, cert->x509, what);
	return false;
}
