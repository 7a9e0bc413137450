// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Identities: as a peer claims them, the first byte being the ID type, and as somebody
 * writes them. What was read once is read again the same, and a log's line stays one.
 */
#include <stdlib.h>
#include <string.h>
#include "crypto/dn.h"
#include "ike/auth.h"

#define MAX_LEN	1024

static void print(const struct wire_id *id)
{
	char text[48];
	size_t i;

	auth_id_text(id, text, sizeof(text));
	for (i = 0; text[i]; i++) {
		if (text[i] < 0x20 || text[i] > 0x7e)
			abort();
	}
}

static void claim(const struct wire_id *id)
{
	const struct conf_identity all = { .pattern = true };
	X509_NAME *dn = NULL;
	bool none = !id->data.len || id->type == ID_NULL;

	print(id);
	if (!none && id->type == ID_DER_ASN1_DN)
		none = dn_from_der(id->data, &dn) != 0;
	X509_NAME_free(dn);
	/* everybody is covered, and nobody is not */
	if (auth_id_is(&all, id) == none)
		abort();
}

static void words(const char *text)
{
	struct conf_identity identity, again;
	char printed[CONF_IDENTITY_TEXT];
	struct wire_id id = { 0 };
	struct secret bytes;

	if (!conf_identity_parse(text, ID_FQDN, false, &identity))
		return;
	conf_identity_print(&identity, printed);
	if (!conf_identity_parse(printed, ID_FQDN, false, &again) ||
	    memcmp(&identity, &again, sizeof(again)) != 0)
		abort();
	if (auth_id(&identity, &id.type, &bytes))
		abort();
	id.data = secret_chunk(&bytes);
	if (!auth_id_is(&identity, &id))
		abort();
	print(&id);
	secret_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[MAX_LEN + 1];
	struct wire_id id;

	if (!size || size > MAX_LEN)
		return 0;
	id = (struct wire_id){ data[0], { data + 1, size - 1 } };
	claim(&id);
	memcpy(text, data, size);
	text[size] = '\0';
	words(text);
	return 0;
}
