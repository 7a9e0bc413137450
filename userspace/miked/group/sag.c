// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a member can do, compared with what a group wants.
 */
#include <stdlib.h>
#include <string.h>
#include "group/sag.h"

/* Is exactly this transform in the proposal, with nothing to it that we do not know? */
static bool offers(const struct wire_proposal *proposal, const struct wire_transform *wanted)
{
	const struct wire_transform *t = proposal->transforms;
	size_t i;

	for (i = 0; i < proposal->n_transforms; i++)
		if (t[i].type == wanted->type && t[i].id == wanted->id &&
		    t[i].key_length == wanted->key_length && !t[i].unknown.len &&
		    (!t[i].algorithm.len || chunk_equal(t[i].algorithm, wanted->algorithm)))
			return true;
	return false;
}

static bool is_silent(const struct wire_proposal *proposal, uint8_t type)
{
	return type != TRANSFORM_ENCR &&
	       !wire_transform(proposal->transforms, proposal->n_transforms, type);
}

static bool allows(const struct wire_proposal *proposal, const struct wire_policy *policy)
{
	const struct wire_transform *t = policy->transforms;
	size_t i;

	if (proposal->protocol != policy->protocol)
		return false;
	for (i = 0; i < policy->n_transforms; i++)
		if (!is_silent(proposal, t[i].type) && !offers(proposal, &t[i]))
			return false;
	return true;
}

static bool number_allows(const struct wire_proposal *proposals, size_t n, uint8_t number,
			  const struct wire_policy *policy)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (proposals[i].number == number && allows(&proposals[i], policy))
			return true;
	return false;
}

static bool number_allows_all(const struct wire_proposal *proposals, size_t n, uint8_t number,
			      const struct wire_policy *policies, size_t n_policies)
{
	size_t i;

	for (i = 0; i < n_policies; i++)
		if (!number_allows(proposals, n, number, &policies[i]))
			return false;
	return true;
}

bool sag_allows(const struct wire_proposal *proposals, size_t n_proposals,
		const struct wire_policy *policies, size_t n_policies)
{
	size_t i;

	for (i = 0; i < n_proposals; i++)
		if (number_allows_all(proposals, n_proposals, proposals[i].number, policies,
				      n_policies))
			return true;
	return false;
}

/* Where the next one's bytes are to be. One that has what nobody knows is never chosen. */
static uint8_t *keep_transform(const struct wire_transform *from, struct wire_transform *to,
			       uint8_t *at)
{
	static const uint8_t something[1];

	*to = *from;
	to->unknown = (struct chunk){ something, from->unknown.len ? 1 : 0 };
	if (!from->algorithm.len)
		return at;
	memcpy(at, from->algorithm.data, from->algorithm.len);
	to->algorithm.data = at;
	return at + from->algorithm.len;
}

/* Behind the proposals come their transforms, and behind these the algorithms' bytes. */
struct sag *sag_keep(const struct wire_proposal *proposals, size_t n_proposals)
{
	size_t i, j, transforms = 0, bytes = 0;
	struct wire_transform *t;
	struct sag *sag;
	uint8_t *at;

	for (i = 0; i < n_proposals; i++) {
		transforms += proposals[i].n_transforms;
		for (j = 0; j < proposals[i].n_transforms; j++)
			bytes += proposals[i].transforms[j].algorithm.len;
	}
	sag = calloc(1, sizeof(*sag) + n_proposals * sizeof(*proposals) +
				transforms * sizeof(*t) + bytes);
	if (!sag)
		return NULL;
	t = (struct wire_transform *)&sag->proposals[n_proposals];
	at = (uint8_t *)&t[transforms];
	for (i = 0; i < n_proposals; i++) {
		sag->proposals[sag->n_proposals++] = (struct wire_proposal){
			.number = proposals[i].number,
			.protocol = proposals[i].protocol,
			.transforms = t,
			.n_transforms = proposals[i].n_transforms,
		};
		for (j = 0; j < proposals[i].n_transforms; j++, t++)
			at = keep_transform(&proposals[i].transforms[j], t, at);
	}
	return sag;
}
