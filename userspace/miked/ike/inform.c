// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * INFORMATIONAL: deletion of IKE SAs, the question whether a peer is alive, and what the
 * peer says of its failures (RFC 7296 1.4, 2.4, 2.21).
 */
#include "ike/internal.h"

#define HINT_MS		10000	/* no more questions than one in this time because of hints */
#define DELETED_MS	30000	/* the answer to a Delete may have to be sent again */

static bool deletes_ike(const struct wire_message *m)
{
	size_t i;

	for (i = 0; i < m->n_deletes; i++)
		if (m->deletes[i].protocol == PROTO_IKE)
			return true;
	return false;
}

/* Is there anything in it for the room above? */
static bool has_business(const struct wire_message *m)
{
	size_t i;

	for (i = 0; i < m->n_notifies; i++)
		if (m->notifies[i].type != N_SET_WINDOW_SIZE &&
		    m->notifies[i].type != N_INITIAL_CONTACT)
			return true;
	return m->n_deletes != 0;
}

static bool respond_empty(struct ike_link *link, const struct opened *request)
{
	return ike_respond_notify(link, request, N_NONE, (struct chunk){ 0 });
}

static void deleted(struct ike_link *link, const struct opened *request)
{
	struct ike_sa *sa = link->sa;
	bool goes_on = ike_rekey_deleted(link);

	if (!respond_empty(link, request))
		return;
	if (!goes_on) {
		ike_sa_linger(sa, IKE_END_DELETED, "deleted by the peer");
		return;
	}
	ike_asked_clear(&link->asked);
	link->replaced = true;
	link->want_delete = false;
	link->end = ike_now(sa->ike) + DELETED_MS;
}

void ike_inform_request(struct ike_link *link, const struct opened *request)
{
	const struct wire_message *m = request->m;

	if (deletes_ike(m)) {
		deleted(link, request);
	} else if (wire_notify(m, N_AUTHENTICATION_FAILED)) {
		if (respond_empty(link, request))
			ike_sa_linger(link->sa, IKE_END_REFUSED,
				      "the peer does not believe who we are");
	} else if (has_business(m)) {
		ike_upcall(link, request);
	} else {
		respond_empty(link, request);
	}
}

void ike_delete(struct ike_link *link)
{
	struct wire_delete d = { .protocol = PROTO_IKE };
	struct wire_message m = { .deletes = &d, .n_deletes = 1 };

	link->want_delete = false;
	ike_request(link, ASK_DELETE, INFORMATIONAL, &m, NULL);
}

void ike_probe(struct ike_sa *sa)
{
	struct wire_message m = { 0 };

	sa->want_probe = false;
	ike_request(sa->link, ASK_PROBE, INFORMATIONAL, &m, NULL);
}

void ike_hint(struct ike_link *link, const struct wire_message *m)
{
	struct ike_sa *sa = link->sa;
	uint64_t now = ike_now(sa->ike);

	if (!m->header.response || sa->state != SA_READY || link != sa->link ||
	    now < sa->next_hint)
		return;
	sa->next_hint = now + HINT_MS;
	sa->want_probe = true;
	ike_sa_settle(sa);
}
