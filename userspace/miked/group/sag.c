// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a member can do, compared with what a group wants.
 */
#include "group/sag.h"

/* Is exactly this transform in the proposal, with nothing to it that we do not know? */
static bool offers(const struct wire_proposal *proposal, const struct wire_transform *wanted)
{
	const struct wire_transform *t = proposal->transforms;
	size_t i;

	for (i = 0; i < proposal->n_transforms; i++)
		if (t[i].type == wanted->type && t[i].id == wanted->id &&
		    t[i].key_length == wanted->key_length && !t[i].unknown.len &&
		    chunk_equal(t[i].algorithm, wanted->algorithm))
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
