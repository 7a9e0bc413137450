// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What benchmarks with many members share.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "many.h"

uint64_t many_nanoseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The last 1 of @text becomes @number. False: no room, or none in a text that is not empty. */
static bool set_number(char *text, size_t size, uint32_t number)
{
	char *one = strrchr(text, '1');
	char after[CONF_FILE_SIZE];
	size_t room;

	if (!*text)
		return true;
	if (!one || (size_t)snprintf(after, sizeof(after), "%s", one + 1) >= sizeof(after))
		return false;
	room = size - (size_t)(one - text);
	return (size_t)snprintf(one, room, "%" PRIu32 "%s", number, after) < room;
}

static bool make_credential(const struct conf_credential *first, uint32_t number,
			    struct conf_credential *credential)
{
	char identity[CONF_IDENTITY_TEXT];

	*credential = *first;
	conf_identity_print(&first->identity, identity);
	return set_number(credential->name, sizeof(credential->name), number) &&
	       set_number(credential->certificate, sizeof(credential->certificate), number) &&
	       set_number(credential->key, sizeof(credential->key), number) &&
	       set_number(identity, sizeof(identity), number) &&
	       conf_identity_parse(identity, first->identity.type, false, &credential->identity);
}

struct conf_credential *many_credentials(const struct conf *conf, uint32_t count)
{
	struct conf_credential *credentials = calloc(count, sizeof(*credentials));
	uint32_t i;

	for (i = 0; credentials && i < count; i++) {
		if (make_credential(conf->credentials, i + 1, &credentials[i]))
			continue;
		free(credentials);
		return NULL;
	}
	return credentials;
}

struct auth_book *many_book(const struct crypto *crypto, const struct conf *conf,
			    struct conf_credential *credentials, uint32_t count,
			    struct reason *why)
{
	struct conf with = *conf;

	with.credentials = credentials;
	with.credentials_count = count;
	return auth_book_new(crypto, &with, why);
}
