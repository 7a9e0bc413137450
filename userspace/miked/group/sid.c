// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sender-IDs, each at most once.
 */
#include <stdlib.h>
#include "group/sid.h"

#define WORD	64

struct sid_space *sid_space_new(unsigned int bits)
{
	uint32_t size = UINT32_C(1) << bits;
	struct sid_space *space;

	space = calloc(1, sizeof(*space) + (size + WORD - 1) / WORD * sizeof(space->taken[0]));
	if (space)
		space->size = size;
	return space;
}

bool sid_is_taken(const struct sid_space *space, uint32_t sid)
{
	return sid >= space->size || space->taken[sid / WORD] >> sid % WORD & 1;
}

void sid_take(struct sid_space *space, uint32_t sid)
{
	if (sid_is_taken(space, sid))
		return;
	space->taken[sid / WORD] |= UINT64_C(1) << sid % WORD;
	space->used++;
}

static bool is_free(struct sid_space *const *spaces, size_t n, uint32_t sid)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (sid_is_taken(spaces[i], sid))
			return false;
	return true;
}

size_t sid_take_free(struct sid_space *const *spaces, size_t n, size_t wanted, uint32_t *sids)
{
	struct sid_space *last = spaces[n - 1];
	uint32_t tried, sid;
	size_t i, found = 0;

	for (tried = 0; tried < last->size && found < wanted; tried++) {
		sid = (last->next + tried) % last->size;
		if (!is_free(spaces, n, sid))
			continue;
		for (i = 0; i < n; i++)
			sid_take(spaces[i], sid);
		sids[found++] = sid;
	}
	if (found)
		last->next = (sids[found - 1] + 1) % last->size;
	return found;
}
