// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Encrypted payloads, whole or in fragments (RFC 7383).
 */
#include <errno.h>
#include <stdlib.h>
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

static struct cipher_keys keys_out(const struct ike_link *link)
{
	return (struct cipher_keys){
		.encr = link->initiator ? link->keys.ei : link->keys.er,
		.integ = link->initiator ? link->keys.ai : link->keys.ar,
	};
}

int ike_seal_one(struct ike_link *link, const struct wire_header *header,
		 const struct wire_sk *sk, struct chunk content, uint8_t *out, size_t size,
		 size_t *len)
{
	struct wire_cipher cipher = { link->sizes.iv, link->sizes.block, link->sizes.icv };
	struct cipher_keys keys = keys_out(link);
	struct writer w = writer_to(out, size);
	struct wire_sealed at;

	wire_write_sealed(&w, header, sk, content, &cipher, &at);
	if (w.failed)
		return -EMSGSIZE;
	*len = w.len;
	/* counted before it is used: an IV is gone, whatever becomes of it */
	return cipher_seal(link->sa->ike->crypto, &link->suite.cipher, &keys, link->sealed++, out,
			   at.iv, w.len);
}

/* How much content fits into a datagram of @max bytes. */
static size_t content_max(const struct ike_link *link, size_t max)
{
	size_t room = max - WIRE_HEADER_LEN - WIRE_PAYLOAD_LEN - WIRE_FRAGMENT_LEN -
		      link->sizes.iv - link->sizes.icv;

	return room - room % link->sizes.block - 1;
}

int ike_seal_fragments(struct ike_link *link, const struct wire_header *header, uint8_t first,
		       struct chunk content, struct packets *packets)
{
	size_t max = ike_datagram_max(link->sa);
	size_t each = content_max(link, max);
	struct wire_sk sk = { .first = first, .total = (content.len + each - 1) / each };
	size_t at, part, len = 0;
	int err = 0;

	packets->data = malloc(sk.total * max);
	if (!packets->data)
		return -ENOMEM;
	for (at = 0; at < content.len && !err; at += part) {
		part = content.len - at < each ? content.len - at : each;
		sk.number++;
		err = ike_seal_one(link, header, &sk, (struct chunk){ content.data + at, part },
				   packets->data + packets->len, max, &len);
		packets->len += len;
		if (sk.number == 1)
			packets->each = len;
	}
	if (err)
		ike_packets_free(packets);
	return err;
}

void ike_assembly_free(struct assembly **assembly)
{
	size_t i;

	if (!*assembly)
		return;
	for (i = 0; i < FRAGMENTS_MAX; i++)
		secret_free(&(*assembly)->parts[i]);
	free(*assembly);
	*assembly = NULL;
}

static struct assembly *of(const struct ike_link *link, const struct wire_header *h)
{
	struct assembly *assembly = link->assembly[h->response];

	return assembly && assembly->message_id == h->message_id ? assembly : NULL;
}

bool ike_fragment_wanted(const struct ike_link *link, const struct wire_message *m)
{
	const struct assembly *assembly = of(link, &m->header);
	const struct wire_sk *sk = m->sk;

	if (!link->sa->fragments || sk->total > FRAGMENTS_MAX)
		return false;
	if (!assembly || sk->total > assembly->total)
		return true;
	return sk->total == assembly->total && !assembly->parts[sk->number - 1].data;
}

static struct assembly *begin(struct ike_link *link, const struct wire_message *m)
{
	struct assembly **at = &link->assembly[m->header.response];
	struct ike *ike = link->sa->ike;

	ike_assembly_free(at);
	*at = calloc(1, sizeof(**at));
	if (!*at)
		return NULL;
	(*at)->total = m->sk->total;
	(*at)->message_id = m->header.message_id;
	(*at)->end = ike_now(ike) + ike->conf->ike.half_open_ms;
	return *at;
}

static int put_together(struct assembly *assembly, struct secret *whole)
{
	int err = secret_new(whole, assembly->len);
	size_t len = 0;
	size_t i;

	if (err)
		return err;
	for (i = 0; i < assembly->total; i++) {
		memcpy(whole->data + len, assembly->parts[i].data, assembly->parts[i].len);
		len += assembly->parts[i].len;
	}
	return 1;
}

static int keep(struct ike_link *link, struct assembly *assembly, const struct wire_sk *sk,
		struct chunk head, struct chunk content)
{
	size_t max = link->sa->state == SA_HALF_OPEN ? UNAUTHENTICATED_MAX : WIRE_MAX_INNER;

	if (!content.len || assembly->len + content.len > max)
		return -EMSGSIZE;
	if (secret_copy(&assembly->parts[sk->number - 1], content))
		return -ENOMEM;
	assembly->len += content.len;
	assembly->count++;
	if (sk->number != 1)
		return 0;
	if (head.len != sizeof(assembly->head))
		return -EMSGSIZE;
	assembly->first = sk->first;
	memcpy(assembly->head, head.data, head.len);
	return 0;
}

int ike_fragment_add(struct ike_link *link, const struct wire_message *m, struct chunk head,
		     struct chunk content, struct secret *whole, struct opened *opened)
{
	struct assembly **at = &link->assembly[m->header.response];
	struct assembly *assembly = of(link, &m->header);
	int err;

	link->sa->ike->stats.fragments++;
	if (!assembly || m->sk->total > assembly->total)
		assembly = begin(link, m);
	if (!assembly)
		return -ENOMEM;
	err = keep(link, assembly, m->sk, head, content);
	if (!err && assembly->count < assembly->total)
		return 0;
	if (!err)
		err = put_together(assembly, whole);
	if (err == 1) {
		opened->first = assembly->first;
		opened->content = secret_chunk(whole);
		memcpy(opened->first_head, assembly->head, sizeof(assembly->head));
		opened->head = CHUNK(opened->first_head);
	}
	ike_assembly_free(at);
	return err;
}
