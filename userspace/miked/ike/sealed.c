// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Encrypted payloads, whole or in fragments.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ike/sealed.h"

void packets_free(struct packets *packets)
{
	free(packets->data);
	*packets = (struct packets){ 0 };
}

/* ---- out */

/* The frame, the cipher's overhead and the most padding there can be. */
static size_t sealed_max(const struct cipher_sizes *sizes, size_t content)
{
	return WIRE_HEADER_LEN + WIRE_PAYLOAD_LEN + sizes->iv + content + sizes->block + 1 +
	       sizes->icv;
}

/* How much content a fragment of @max bytes has; 0: none. */
static size_t content_max(const struct cipher_sizes *sizes, size_t max)
{
	size_t over = WIRE_HEADER_LEN + WIRE_PAYLOAD_LEN + WIRE_FRAGMENT_LEN + sizes->iv +
		      sizes->icv;
	size_t room = max > over ? max - over : 0;

	return !sizes->block || room < sizes->block ? 0 : room - room % sizes->block - 1;
}

int seal_payload(const struct sealer *sealer, const struct wire_header *header,
		 const struct wire_sk *sk, struct chunk content, uint8_t *out, size_t size,
		 size_t *len)
{
	struct writer w = writer_to(out, size);
	struct wire_cipher cipher;
	struct cipher_sizes sizes;
	struct wire_sealed at;
	int err;

	err = cipher_sizes(sealer->cipher, &sizes);
	if (err)
		return err;
	cipher = (struct wire_cipher){ sizes.iv, sizes.block, sizes.icv };
	wire_write_sealed(&w, header, sk, content, &cipher, &at);
	if (w.failed)
		return -EMSGSIZE;
	*len = w.len;
	/* counted before it is used: an IV is gone, whatever becomes of it */
	return cipher_seal(sealer->crypto, sealer->cipher, &sealer->keys, (*sealer->counter)++,
			   out, at.iv, w.len);
}

/* All of @content, @each bytes of it in a datagram of at most @size. */
static int seal_all(const struct sealer *sealer, const struct wire_header *header,
		    struct wire_sk *sk, struct chunk content, size_t each, size_t size,
		    struct packets *packets)
{
	size_t len = 0;
	int err;

	do {
		if (each > content.len)
			each = content.len;
		sk->number += sk->total != 0;
		err = seal_payload(sealer, header, sk, (struct chunk){ content.data, each },
				   packets->data + packets->len, size, &len);
		if (err)
			return err;
		if (!packets->len)
			packets->each = len;
		packets->len += len;
		content.data += each;
		content.len -= each;
	} while (content.len);
	return 0;
}

int seal_content(const struct sealer *sealer, const struct wire_header *header, uint8_t first,
		 struct chunk content, size_t max, struct packets *packets)
{
	struct wire_sk sk = { .first = first };
	struct cipher_sizes sizes;
	size_t each = content.len;
	size_t size, n = 1;
	int err;

	*packets = (struct packets){ 0 };
	err = cipher_sizes(sealer->cipher, &sizes);
	if (err)
		return err;
	size = sealed_max(&sizes, content.len);
	if (size > max) {
		each = content_max(&sizes, max);
		if (!each)
			return -EMSGSIZE;
		size = max;
		n = (content.len + each - 1) / each;
		sk.total = n;
	}
	packets->data = malloc(n * size);
	if (!packets->data)
		return -ENOMEM;
	err = seal_all(sealer, header, &sk, content, each, size, packets);
	if (err)
		packets_free(packets);
	return err;
}

/* ---- in */

void assembly_free(struct assembly **assembly)
{
	size_t i;

	if (!*assembly)
		return;
	for (i = 0; i < FRAGMENTS_MAX; i++)
		secret_free(&(*assembly)->parts[i]);
	free(*assembly);
	*assembly = NULL;
}

bool assembly_wants(const struct assembly *assembly, const struct wire_sk *sk)
{
	if (sk->total > FRAGMENTS_MAX)
		return false;
	if (!assembly || sk->total > assembly->total)
		return true;
	return sk->total == assembly->total && !assembly->parts[sk->number - 1].data;
}

static int keep(struct assembly *assembly, const struct wire_sk *sk, struct chunk head,
		struct chunk content, size_t max)
{
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

int assembly_add(struct assembly **at, uint32_t message_id, const struct wire_sk *sk,
		 struct chunk head, struct chunk content, size_t max)
{
	int err;

	if (*at && (sk->total > (*at)->total || message_id != (*at)->message_id))
		assembly_free(at);
	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (!*at)
			return -ENOMEM;
		(*at)->total = sk->total;
		(*at)->message_id = message_id;
	}
	err = keep(*at, sk, head, content, max);
	if (!err)
		return (*at)->count == (*at)->total;
	assembly_free(at);
	return err;
}

int assembly_whole(const struct assembly *assembly, struct secret *whole)
{
	int err = secret_new(whole, assembly->len);
	size_t len = 0;
	size_t i;

	for (i = 0; i < assembly->total && !err; i++) {
		memcpy(whole->data + len, assembly->parts[i].data, assembly->parts[i].len);
		len += assembly->parts[i].len;
	}
	return err;
}
