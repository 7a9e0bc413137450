/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Encrypted payloads, whole or in fragments (RFC 7296 3.14, RFC 7383), on their way out and
 * in: those of IKE SAs, and those of Rekey SAs. What is authenticated, and by whom, is
 * known before a fragment comes here.
 */
#ifndef MIKED_IKE_SEALED_H
#define MIKED_IKE_SEALED_H

#include "crypto/cipher.h"
#include "wire/message.h"

/* A message as it goes out, to be sent again: datagrams of equal length but the last. */
struct packets {
	uint8_t *data;
	size_t len;
	size_t each;
};

void packets_free(struct packets *packets);

struct sealer {
	const struct crypto *crypto;
	const struct cipher *cipher;
	struct cipher_keys keys;
	uint64_t *counter;	/* of cipher_seal(), for the next datagram */
};

/*
 * A message with an Encrypted payload, or a fragment of one as @sk says, of *@len bytes to
 * @out, which has @size. 0, -EMSGSIZE, or an error of cipher_seal().
 */
int seal_payload(const struct sealer *sealer, const struct wire_header *header,
		 const struct wire_sk *sk, struct chunk content, uint8_t *out, size_t size,
		 size_t *len);

/*
 * @content, of the first payload @first, in a datagram, or in fragments of at most @max
 * bytes if it could be longer. 0, -ENOMEM, -EMSGSIZE, or an error of cipher_seal().
 */
int seal_content(const struct sealer *sealer, const struct wire_header *header, uint8_t first,
		 struct chunk content, size_t max, struct packets *packets);

#define FRAGMENTS_MAX	256
#define HEAD_LEN	(WIRE_HEADER_LEN + WIRE_PAYLOAD_LEN)

/* A fragmented message that is being put together (RFC 7383 2.6). */
struct assembly {
	struct secret parts[FRAGMENTS_MAX];
	uint16_t total;
	uint16_t count;
	size_t len;			/* of the parts that are there */
	uint32_t message_id;
	uint8_t first;			/* type of the first payload */
	uint8_t head[HEAD_LEN];		/* of the first fragment, to the end of the SKF's header */
	uint64_t end;			/* the holder's: when it is given up */
};

/* May this fragment be opened? No: it is there already, or fits to none that is. */
bool assembly_wants(const struct assembly *assembly, const struct wire_sk *sk);
/*
 * Keep an opened fragment, which is wanted, in *@at, which is made if it is NULL, and anew
 * if the message is cut into more. 1: all are there. 0: not yet. -ENOMEM, -EMSGSIZE: more
 * than @max bytes; given up, and *@at is NULL.
 */
int assembly_add(struct assembly **at, uint32_t message_id, const struct wire_sk *sk,
		 struct chunk head, struct chunk content, size_t max);
/* All of it, for the caller to free. 0 or -ENOMEM. */
int assembly_whole(const struct assembly *assembly, struct secret *whole);
void assembly_free(struct assembly **assembly);

#endif
