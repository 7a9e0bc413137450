// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The Encrypted payload as a frame: around what a cipher encrypts (RFC 7296 3.14,
 * RFC 5282 3, RFC 7383 2.5), and around what is authenticated before encryption
 * (RFC 9242 3.3.2, RFC 9838 2.4.1.1).
 */
#include <assert.h>
#include <string.h>
#include "wire/internal.h"

enum {
	NEXT_PAYLOAD = 16,	/* offsets in the IKE header */
	LENGTH = 24,
};

static size_t padding(size_t len, size_t block)
{
	size_t over = (len + 1) % block;

	return over ? block - over : 0;
}

void wire_write_sealed(struct writer *w, const struct wire_header *header,
		       const struct wire_sk *sk, struct chunk content,
		       const struct wire_cipher *cipher, struct wire_sealed *at)
{
	size_t pad = padding(content.len, cipher->block);

	assert(!w->len);
	wire_write_header(w, header, sk->total ? PAYLOAD_SKF : PAYLOAD_SK);
	write_u8(w, sk->number > 1 ? PAYLOAD_NONE : sk->first);
	write_u8(w, 0);
	write_u16(w, 0);
	if (sk->total) {
		write_u16(w, sk->number);
		write_u16(w, sk->total);
	}
	at->iv = w->len;
	write_room(w, cipher->iv);
	at->content = w->len;
	write_chunk(w, content);
	write_room(w, pad);
	write_u8(w, pad);
	at->content_len = w->len - at->content;
	at->icv = w->len;
	write_room(w, cipher->icv);
	wire_write_length(w, WIRE_HEADER_LEN + 2, WIRE_HEADER_LEN);
	write_u32_at(w, LENGTH, w->len);
}

/* The offset of the field that names the type of the payload at @sk_offset. */
static size_t naming_field(struct chunk message, size_t sk_offset)
{
	size_t field = NEXT_PAYLOAD;
	size_t at = WIRE_HEADER_LEN;

	while (at < sk_offset) {
		field = at;
		at += message.data[at + 2] << 8 | message.data[at + 3];
	}
	return field;
}

void wire_write_authenticated(struct writer *w, struct chunk message, size_t sk_offset,
			      struct chunk inner, struct chunk signature)
{
	size_t head = sk_offset + WIRE_PAYLOAD_LEN;
	size_t from = w->len;
	size_t secret;

	assert(head <= message.len);
	write_chunk(w, (struct chunk){ message.data, head });
	write_chunk(w, inner);
	wire_write_length(w, from + sk_offset + 2, from + sk_offset);
	write_u32_at(w, from + LENGTH, head + inner.len);
	if (w->failed)
		return;
	w->data[from + naming_field(message, sk_offset)] = PAYLOAD_SK;
	if (!signature.len)
		return;
	assert(signature.data >= inner.data &&
	       signature.data + signature.len <= inner.data + inner.len);
	secret = from + head + (signature.data - inner.data);
	memset(w->data + secret, 0, signature.len);
}
