// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes as published vectors write them.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hex.h"

#define ROOMS		64
#define ROOM_LEN	1200

static uint8_t digit(char c)
{
	const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, tolower(c));

	if (!c || !at) {
		fprintf(stderr, "'%c' is not hex\n", c);
		abort();
	}
	return at - digits;
}

struct chunk hex(const char *text)
{
	static uint8_t rooms[ROOMS][ROOM_LEN];
	static size_t next;
	uint8_t *room = rooms[next++ % ROOMS];
	size_t len = 0;

	while (*text) {
		if (isspace(*text)) {
			text++;
			continue;
		}
		if (len == ROOM_LEN)
			abort();
		room[len++] = digit(text[0]) << 4 | digit(text[1]);
		text += 2;
	}
	return (struct chunk){ room, len };
}

struct chunk ascii(const char *text)
{
	return (struct chunk){ (const uint8_t *)text, strlen(text) };
}
