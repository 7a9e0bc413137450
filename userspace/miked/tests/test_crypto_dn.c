// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Distinguished names: the examples of RFC 4514 4, what is refused, and that OpenSSL
 * writes what we read.
 */
#include <errno.h>
#include <string.h>
#include "crypto/cert.h"
#include "crypto/dn.h"
#include "hex.h"
#include "test.h"

static void is_text(const X509_NAME *dn, const char *expected)
{
	char text[200];

	cert_name_text(dn, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void examples(void **state)
{
	static const struct {
		const char *text;
		const char *printed;	/* NULL: as it was */
	} cases[] = {
		/* RFC 4514 4 */
		{ "UID=jsmith,DC=example,DC=net", NULL },
		{ "OU=Sales+CN=J.  Smith,DC=example,DC=net", NULL },
		{ "CN=James \\\"Jim\\\" Smith\\, III,DC=example,DC=net", NULL },
		{ "CN=Before\\0dAfter,DC=example,DC=net", "CN=Before\\0DAfter,DC=example,DC=net" },
		{ "CN=Lu\\C4\\8Di\\C4\\87", NULL },
		/* blanks, letters of types, OIDs */
		{ "  cn = ks  ,  o=Example Inc ", "CN=ks,O=Example Inc" },
		{ "Street=Way,uid=1,Dc=x,st=BY,L=M,ou=U", "street=Way,UID=1,DC=x,ST=BY,L=M,OU=U" },
		{ "2.5.4.3=ks,commonName=k2", "CN=ks,CN=k2" },
		{ "1.3.6.1.4.1.1466.0=x", "1.3.6.1.4.1.1466.0=#0C0178" },
		{ "emailAddress=a@example,serialNumber=7", NULL },
		/* escapes: at the ends too */
		{ "CN=\\ a b\\ ,O=\\#1\\+\\=\\<\\>\\;\\\\",
		  "CN=\\ a b\\ ,O=\\#1\\+=\\<\\>\\;\\\\" },
		{ "CN=a#=b", NULL },
		{ "CN=\\41\\42", "CN=AB" },
		{ "CN=a+OU=b+O=c,C=DE", "OU=b+O=c+CN=a,C=DE" },
	};
	struct secret der;
	X509_NAME *dn, *again;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (dn_from_text(cases[i].text, &dn))
			fail_msg("%s", cases[i].text);
		assert_int_equal(dn_to_der(dn, &der), 0);
		assert_int_equal(dn_from_der(secret_chunk(&der), &again), 0);
		assert_int_equal(X509_NAME_cmp(dn, again), 0);
		if (!strchr(cases[i].text, '+') || cases[i].printed)
			is_text(again, cases[i].printed ? cases[i].printed : cases[i].text);
		X509_NAME_free(dn);
		X509_NAME_free(again);
		secret_free(&der);
	}
}

/* The last part of the words is the first of the DER; what is joined by + is one set. */
static void order(void **state)
{
	struct secret der;
	X509_NAME *dn;

	(void)state;
	assert_int_equal(dn_from_text("CN=a+OU=b,C=DE", &dn), 0);
	assert_int_equal(dn_to_der(dn, &der), 0);
	assert_chunk_equal(secret_chunk(&der),
			   hex("3023 310b3009060355040613024445"
			       "3114 300806035504030c0161 3008060355040b0c0162"));
	secret_free(&der);
	X509_NAME_free(dn);
}

static void refused(void **state)
{
	static const char *const texts[] = {
		"", " ", "CN", "CN=", "CN= ", "=ks", "CN=ks,", "CN=ks,,O=x", ",CN=ks", "CN=ks+",
		"CN=ks+,O=x", "+CN=ks", "CN ks=x", "CN\\=x", "NO-SUCH-TYPE=x", "1.2.x=y",
		"CN=#0c026b73", "CN=\"ks\"", "CN=a;O=b", "CN=<a", "CN=a>", "CN=a\\", "CN=a\\x",
		"CN=a\\4", "CN=a\\4x", "CN=\\FF\\FE", "CN=a,O",
		/* not as its type has it: two letters, 64 at most */
		"C=DEU", "C=D", "C=\\C3\\84",
		"CN=12345678901234567890123456789012345678901234567890123456789012345",
		/* a type and a value of which no name has that many letters */
		"CNCNCNCNCNCNCNCNCNCNCNCNCNCNCNCNCNCNCNCNCNCNCNCNCNCNCNCNCNCNCNCNC=x",
	};
	char value[300] = "street=";
	X509_NAME *dn;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		dn = (X509_NAME *)&dn;
		if (dn_from_text(texts[i], &dn) != -EINVAL)
			fail_msg("%s", texts[i]);
		assert_null(dn);
	}
	memset(value + 7, 'x', 257);
	assert_int_equal(dn_from_text(value, &dn), -EINVAL);
	value[7 + 128] = '\0';
	assert_int_equal(dn_from_text(value, &dn), 0);
	X509_NAME_free(dn);
}

static void der(void **state)
{
	static const char *const wrong[] = {
		"", "30", "3000", "300d310b300906035504030c026b", "300d310b300906035504030c026b7300",
		"310d310b300906035504030c026b73",
	};
	static const uint8_t zeros[UINT16_MAX + 1];
	X509_NAME *dn;
	size_t i;

	(void)state;
	assert_int_equal(dn_from_der(hex("300d310b300906035504030c026b73"), &dn), 0);
	is_text(dn, "CN=ks");
	X509_NAME_free(dn);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(dn_from_der(hex(wrong[i]), &dn), -EINVAL);
		assert_null(dn);
	}
	assert_int_equal(dn_from_der(CHUNK(zeros), &dn), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples),
		cmocka_unit_test(order),
		cmocka_unit_test(refused),
		cmocka_unit_test(der),
	};

	return cmocka_run_group_tests_name("dn", tests, NULL, NULL);
}
