// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GSA_REKEY messages: signed, encrypted and cut into datagrams, and the reverse (RFC 9838
 * 2.4.1).
 *
 * What is signed is the message as it would be in one datagram (2.4.1.2), with the lengths
 * of 2.4.1.1. A fragment is kept only after its ICV was good, so that whoever has no keys
 * can fill nothing; who has them, another member, fills REKEY_MAX_PARTIAL messages of
 * WIRE_MAX_INNER bytes at most.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "group/rekey_sa.h"
#include "ike/sealed.h"

/* No message has it: the next one would begin anew. */
#define NO_MESSAGE_ID	UINT32_MAX

/* ---- what is signed */

/* A | P of RFC 9838 2.4.1.1, for the caller to free. */
static int octets_to_sign(struct chunk message, size_t sk_offset, struct chunk inner,
			  struct chunk signature, struct secret *octets)
{
	int err = secret_new(octets, sk_offset + WIRE_PAYLOAD_LEN + inner.len);
	struct writer w = writer_to(octets->data, octets->len);

	if (err)
		return err;
	wire_write_authenticated(&w, message, sk_offset, inner, signature);
	if (!w.failed)
		return 0;
	secret_free(octets);
	return -EMSGSIZE;
}

/* Where nothing is encrypted yet, its beginning is that of a message without content. */
static int octets_to_send(const struct wire_header *header, struct chunk inner, uint8_t first,
			  struct chunk signature, struct secret *octets)
{
	const struct wire_cipher none = { .block = 1 };
	const struct wire_sk sk = { .first = first };
	uint8_t head[HEAD_LEN + 1];	/* and Pad Length */
	struct writer w = writer_to(head, sizeof(head));
	struct wire_sealed at;

	wire_write_sealed(&w, header, &sk, (struct chunk){ 0 }, &none, &at);
	return octets_to_sign(written(&w), WIRE_HEADER_LEN, inner, signature, octets);
}

/* ---- out */

static struct wire_header header_of(const struct rekey_sa *sa)
{
	struct reader r = reader_of(CHUNK(sa->spi));
	struct wire_header header = { .spi_i = read_u64(&r) };

	header.spi_r = read_u64(&r);
	header.exchange = GSA_REKEY;
	header.initiator = true;
	header.message_id = sa->next_id;
	return header;
}

/* Into the room that @inner has for it in @w. */
static int put_signature(const struct crypto *crypto, const struct rekey_sa *sa,
			 const struct wire_header *header, const struct wire_inner *inner,
			 struct writer *w)
{
	struct chunk signature = { w->data + inner->signature, sign_exact_len(&sa->key) };
	struct secret octets;
	struct chunk data;
	int err;

	err = octets_to_send(header, written(w), inner->first, signature, &octets);
	if (err)
		return err;
	data = secret_chunk(&octets);
	err = sign_exact(crypto, &sa->key, sa->scheme, &data, 1, w->data + inner->signature);
	secret_free(&octets);
	return err;
}

/* The payloads of @m, with AUTH if it is due. */
static int write_signed(const struct crypto *crypto, const struct rekey_sa *sa,
			struct wire_message *m, struct writer *w, uint8_t *first)
{
	struct wire_auth auth = { .method = AUTH_METHOD_DIGITAL_SIGNATURE };
	struct wire_inner inner;

	if (sa->scheme) {
		auth.algorithm = sa->scheme->identifier;
		auth.data.len = sign_exact_len(&sa->key);
		m->auth = &auth;
	}
	wire_write_inner(w, m, &inner);
	m->auth = NULL;
	if (w->failed)
		return -EMSGSIZE;
	*first = inner.first;
	return sa->scheme ? put_signature(crypto, sa, &m->header, &inner, w) : 0;
}

static int to_datagrams(struct packets *packets, struct rekey_datagrams *out)
{
	size_t at, len;

	*out = (struct rekey_datagrams){ .bytes = packets->data };
	for (at = 0; at < packets->len; at += len) {
		if (out->n == REKEY_MAX_FRAGMENTS) {
			rekey_datagrams_free(out);
			return -EMSGSIZE;
		}
		len = packets->len - at < packets->each ? packets->len - at : packets->each;
		out->datagram[out->n++] = (struct chunk){ packets->data + at, len };
	}
	return 0;
}

/* Of all that is sealed by one key no two have the same IV: 2^16 for each Message ID. */
static int seal_signed(const struct crypto *crypto, const struct rekey_sa *sa,
		       const struct wire_header *header, uint8_t first, struct chunk inner,
		       size_t threshold, struct rekey_datagrams *out)
{
	uint64_t counter = (uint64_t)header->message_id << 16;
	const struct sealer sealer = {
		.crypto = crypto,
		.cipher = &sa->cipher,
		.keys = sa->keys.cipher,
		.counter = &counter,
	};
	struct packets packets;
	int err = seal_content(&sealer, header, first, inner, threshold, &packets);

	return err ? err : to_datagrams(&packets, out);
}

int rekey_seal(const struct crypto *crypto, struct rekey_sa *sa, struct wire_message *m,
	       size_t threshold, struct rekey_datagrams *out)
{
	struct secret room;
	struct writer w;
	uint8_t first = PAYLOAD_NONE;
	int err;

	*out = (struct rekey_datagrams){ 0 };
	if (sa->next_id == NO_MESSAGE_ID)
		return -EOVERFLOW;
	err = secret_new(&room, WIRE_MAX_INNER);
	if (err)
		return err;
	m->header = header_of(sa);
	w = writer_to(room.data, room.len);
	err = write_signed(crypto, sa, m, &w, &first);
	if (!err)
		err = seal_signed(crypto, sa, &m->header, first, written(&w), threshold, out);
	secret_free(&room);
	if (!err)
		sa->next_id++;
	return err;
}

void rekey_datagrams_free(struct rekey_datagrams *datagrams)
{
	free(datagrams->bytes);
	*datagrams = (struct rekey_datagrams){ 0 };
}

/* ---- fragments */

struct partial_message {
	uint8_t spi[WIRE_GIKE_SPI_LEN];
	uint32_t id;
	struct assembly *assembly;	/* NULL: the place is free */
};

/* Of one Rekey SA or of several; the last that got a fragment first. */
struct rekey_partial {
	struct partial_message message[REKEY_MAX_PARTIAL];
};

void rekey_partial_free(struct rekey_partial *partial)
{
	size_t i;

	if (!partial)
		return;
	for (i = 0; i < REKEY_MAX_PARTIAL; i++)
		assembly_free(&partial->message[i].assembly);
	free(partial);
}

void rekey_room_free(struct rekey_room *room)
{
	secret_free(&room->whole);
}

static bool is_of(const struct partial_message *message, const struct rekey_sa *sa)
{
	return message->assembly && !memcmp(message->spi, sa->spi, sizeof(sa->spi));
}

static struct partial_message *find(struct rekey_partial *partial, const struct rekey_sa *sa,
				    uint32_t message_id)
{
	struct partial_message *message = partial->message;

	for (; message < partial->message + REKEY_MAX_PARTIAL; message++)
		if (is_of(message, sa) && message->id == message_id)
			return message;
	return NULL;
}

/* Messages that are too old by now will not be taken any more. */
static void forget_old(struct rekey_partial *partial, const struct rekey_sa *sa)
{
	struct partial_message *message = partial->message;

	for (; message < partial->message + REKEY_MAX_PARTIAL; message++)
		if (is_of(message, sa) && message->id < sa->next_id)
			assembly_free(&message->assembly);
}

/* A place that is free, or becomes so: that of the message that nothing came for. */
static struct partial_message *new_place(struct rekey_partial *partial)
{
	struct partial_message *message = partial->message;

	while (message->assembly && message < &partial->message[REKEY_MAX_PARTIAL - 1])
		message++;
	assembly_free(&message->assembly);
	return message;
}

/* The message comes first from now on; what is put together is NULL if it is new. */
static struct assembly **move_up(struct rekey_partial *partial, const struct rekey_sa *sa,
				 uint32_t message_id)
{
	struct partial_message *message = find(partial, sa, message_id);
	struct partial_message moved;

	if (!message)
		message = new_place(partial);
	moved = *message;
	memcpy(moved.spi, sa->spi, sizeof(moved.spi));
	moved.id = message_id;
	memmove(&partial->message[1], &partial->message[0],
		(size_t)(message - partial->message) * sizeof(moved));
	partial->message[0] = moved;
	return &partial->message[0].assembly;
}

static bool wants(struct rekey_partial *partial, const struct rekey_sa *sa,
		  const struct wire_message *m)
{
	struct partial_message *message = NULL;

	if (partial)
		message = find(partial, sa, m->header.message_id);
	return assembly_wants(message ? message->assembly : NULL, m->sk);
}

/* ---- in */

/* A message that came: where its parts are. */
struct incoming {
	struct chunk head;		/* up to the end of the Encrypted payload's header */
	uint8_t first_head[HEAD_LEN];	/* it may be this, of the first fragment */
	uint8_t first;
	struct chunk inner;
};

static int fail(struct reason *why, int error, const char *text)
{
	reason_set(why, "%s", text);
	return error;
}

static int no_memory(struct reason *why)
{
	return fail(why, -ENOMEM, "no memory");
}

/* What can be said without keys. */
static int look(const struct rekey_sa *sa, struct rekey_room *room, struct chunk datagram,
		struct wire_message *m, struct reason *why)
{
	struct wire_error error;

	if (!rekey_sa_owns(sa, datagram))
		return fail(why, -EBADMSG, "of another Rekey SA");
	if (!wire_parse(m, &room->wire, datagram, &error))
		return fail(why, -EPROTO, error.reason);
	if (m->header.exchange != GSA_REKEY || !m->sk)
		return fail(why, -EPROTO, "no GSA_REKEY");
	if (m->sk->total > REKEY_MAX_FRAGMENTS)
		return fail(why, -EPROTO, "too many fragments");
	if (m->header.message_id == NO_MESSAGE_ID)
		return fail(why, -EPROTO, "the last Message ID, behind which there is none");
	if (m->header.message_id < sa->next_id)
		return fail(why, -EALREADY, "an old Message ID");
	return 0;
}

/* Keep an authentic fragment; 1: all are there, and @in is the whole. */
static int add_fragment(const struct rekey_sa *sa, struct rekey_partial **partial,
			struct rekey_room *room, const struct wire_message *m,
			struct incoming *in, struct reason *why)
{
	struct assembly **at;
	int err;

	if (!*partial)
		*partial = calloc(1, sizeof(**partial));
	if (!*partial)
		return no_memory(why);
	at = move_up(*partial, sa, m->header.message_id);
	err = assembly_add(at, m->header.message_id, m->sk, in->head, in->inner, WIRE_MAX_INNER);
	if (err == -EMSGSIZE)
		return fail(why, -EPROTO, "fragments that make no message");
	if (err < 0)
		return no_memory(why);
	if (!err)
		return 0;
	err = assembly_whole(*at, &room->whole);
	in->first = (*at)->first;
	memcpy(in->first_head, (*at)->head, sizeof(in->first_head));
	in->head = CHUNK(in->first_head);
	in->inner = secret_chunk(&room->whole);
	assembly_free(at);
	return err ? no_memory(why) : 1;
}

/* Decrypt; 1: @in is the whole message; 0: others are missing. */
static int open_whole(const struct crypto *crypto, const struct rekey_sa *sa,
		      struct rekey_partial **partial, struct rekey_room *room, uint8_t *datagram,
		      size_t len, const struct wire_message *m, struct incoming *in,
		      struct reason *why)
{
	const struct wire_sk *sk = m->sk;
	int err;

	if (sk->total && !wants(*partial, sa, m))
		return 0;
	err = cipher_open(crypto, &sa->cipher, &sa->keys.cipher, datagram,
			  (size_t)(sk->body.data - datagram), len, &in->inner);
	if (err == -EPROTO)
		return fail(why, -EPROTO, "padding");
	if (err == -EBADMSG)
		return fail(why, -EBADMSG, "not sealed by its keys");
	if (err)
		return no_memory(why);
	return sk->total ? add_fragment(sa, partial, room, m, in, why) : 1;
}

/* RFC 9838 2.4.1.1, 4.4.2.1.1 */
static int check_signature(const struct crypto *crypto, const struct rekey_sa *sa,
			   const struct wire_message *m, const struct incoming *in,
			   struct reason *why)
{
	struct secret octets;
	struct chunk data;
	int err;

	if (!sa->scheme)
		return m->auth ? fail(why, -EPROTO, "AUTH, though messages are not signed") : 0;
	if (!m->auth)
		return fail(why, -EBADMSG, "not signed");
	if (m->auth->method != AUTH_METHOD_DIGITAL_SIGNATURE ||
	    scheme_of(m->auth->algorithm) != sa->scheme)
		return fail(why, -EBADMSG, "signed in another way than the policy says");
	err = octets_to_sign(in->head, in->head.len - WIRE_PAYLOAD_LEN, in->inner, m->auth->data,
			     &octets);
	if (err)
		return no_memory(why);
	data = secret_chunk(&octets);
	err = verify(crypto, &sa->key, m->auth->algorithm, &data, 1, m->auth->data, why);
	secret_free(&octets);
	return err;
}

int rekey_open(const struct crypto *crypto, const struct rekey_sa *sa,
	       struct rekey_partial **partial, struct rekey_room *room, uint8_t *datagram,
	       size_t len, struct wire_message *m, struct reason *why)
{
	struct wire_error error;
	struct incoming in;
	int err;

	secret_free(&room->whole);
	err = look(sa, room, (struct chunk){ datagram, len }, m, why);
	if (err)
		return err;
	if (*partial)
		forget_old(*partial, sa);
	in = (struct incoming){
		.head = { datagram, m->sk->offset + WIRE_PAYLOAD_LEN },
		.first = m->sk->first,
	};
	err = open_whole(crypto, sa, partial, room, datagram, len, m, &in, why);
	if (err != 1)
		return err;
	if (!wire_parse_inner(m, &room->wire, in.first, in.inner, &error))
		return fail(why, -EPROTO, error.reason);
	err = check_signature(crypto, sa, m, &in, why);
	return err ? err : 1;
}
