// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An IKE SA's own of sealing and of fragments (RFC 7383).
 */
#include <errno.h>
#include <string.h>
#include "ike/internal.h"

/* What a peer that is not authenticated may have us keep. */
#define UNAUTHENTICATED_MAX	16384

size_t ike_datagram_max(const struct ike_sa *sa)
{
	size_t over = (sa->path.remote.addr.family == AF_INET ? IPV4_LEN : IPV6_LEN) + UDP_LEN;

	if (sa->path.encap)
		over += NON_ESP_LEN;
	return sa->ike->conf->ike.fragment_size - over;
}

struct sealer ike_sealer(struct ike_link *link)
{
	return (struct sealer){
		.crypto = link->sa->ike->crypto,
		.cipher = &link->suite.cipher,
		.keys = {
			.encr = link->initiator ? link->keys.ei : link->keys.er,
			.integ = link->initiator ? link->keys.ai : link->keys.ar,
		},
		.counter = &link->sealed,
	};
}

bool ike_fragment_wanted(const struct ike_link *link, const struct wire_message *m)
{
	const struct assembly *assembly = link->assembly[m->header.response];

	if (assembly && assembly->message_id != m->header.message_id)
		assembly = NULL;
	return link->sa->fragments && assembly_wants(assembly, m->sk);
}

int ike_fragment_add(struct ike_link *link, const struct wire_message *m, struct chunk head,
		     struct chunk content, struct secret *whole, struct opened *opened)
{
	size_t max = link->sa->state == SA_HALF_OPEN ? UNAUTHENTICATED_MAX : WIRE_MAX_INNER;
	struct assembly **at = &link->assembly[m->header.response];
	struct ike *ike = link->sa->ike;
	int err;

	ike->stats.fragments++;
	err = assembly_add(at, m->header.message_id, m->sk, head, content, max);
	if (err < 0)
		return err;
	if ((*at)->count == 1)
		(*at)->end = ike_now(ike) + ike->conf->ike.half_open_ms;
	if (!err)
		return 0;
	err = assembly_whole(*at, whole);
	opened->first = (*at)->first;
	opened->content = secret_chunk(whole);
	memcpy(opened->first_head, (*at)->head, sizeof((*at)->head));
	opened->head = CHUNK(opened->first_head);
	assembly_free(at);
	return err ? err : 1;
}
