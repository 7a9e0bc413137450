/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IKEv2 messages: bytes to plain structs and back, as RFC 7296, 7383, 7427, 8784,
 * 9242 and 9838 lay them out. No crypto, no I/O, no allocation, no clock: the same
 * bytes always give the same answer.
 *
 * A struct wire_message says what is in a message; a payload that is not there is
 * NULL, or an array of none. What it points to is the caller's when it is written.
 * When it is parsed, chunks point into the caller's bytes and the rest into a struct
 * wire_room, so that all three must live as long as the message is looked at, and a
 * message is not copied.
 *
 * A message that has more of anything than there is room for is refused, never cut.
 * What is refused leaves a reason in struct wire_error.
 *
 * The way in: wire_parse(); if there is m->sk, its keys open it (elsewhere), fragments
 * are put together (elsewhere), and wire_parse_inner() reads what was in it. The way
 * out: wire_write_clear(), or wire_write_inner() and wire_write_sealed(), after which
 * the content is encrypted where it stands (elsewhere); all lengths are final.
 */
#ifndef MIKED_WIRE_MESSAGE_H
#define MIKED_WIRE_MESSAGE_H

#include "base/buf.h"
#include "wire/gike.h"
#include "base/iana.h"

#define WIRE_HEADER_LEN		28	/* IKE header */
#define WIRE_PAYLOAD_LEN	4	/* generic payload header */
#define WIRE_FRAGMENT_LEN	4	/* Fragment Number, Total Fragments */

/* The largest content of an Encrypted payload: its length field has 16 bits. */
#define WIRE_MAX_INNER		(UINT16_MAX - WIRE_PAYLOAD_LEN)

/* RFC 7296 3.9 and 2.6 */
#define WIRE_MIN_NONCE		16
#define WIRE_MAX_NONCE		256
#define WIRE_MAX_COOKIE		64

/* How many there may be in one message. */
#define WIRE_MAX_PROPOSALS	32
#define WIRE_MAX_TRANSFORMS	320	/* of all proposals, or all policies */
#define WIRE_MAX_CERTS		16
#define WIRE_MAX_CERTREQS	16
#define WIRE_MAX_NOTIFIES	64
#define WIRE_MAX_DELETES	8
#define WIRE_MAX_VENDORS	16
#define WIRE_MAX_SELECTORS	64	/* of TSi and TSr together */

struct wire_header {
	uint64_t spi_i;		/* IKE SA Initiator's SPI; or the first half of a Rekey SA's */
	uint64_t spi_r;
	uint8_t exchange;	/* enum ike_exchange */
	bool response;		/* flag R */
	bool initiator;		/* flag I: sent by the original initiator of the IKE SA */
	uint32_t message_id;
};

/* RFC 7296 3.3.2, 3.3.5 */
struct wire_transform {
	uint8_t type;		/* enum ike_transform */
	uint16_t id;
	uint16_t key_length;	/* in bits; 0: no such attribute */
	struct chunk algorithm;	/* Signature Algorithm Identifier; empty: no such attribute */
	/*
	 * All attributes as they came, if one of them is not known: this transform must
	 * not be chosen (RFC 7296 3.3.6). Else empty.
	 */
	struct chunk unknown;
};

/* RFC 7296 3.3.1 */
struct wire_proposal {
	uint8_t number;
	uint8_t protocol;	/* enum ike_protocol */
	struct chunk spi;	/* never in an SAg */
	const struct wire_transform *transforms;
	size_t n_transforms;
};

struct wire_ke {
	uint16_t method;	/* enum ike_ke */
	struct chunk data;
};

/* IDi, IDr, IDg */
struct wire_id {
	uint8_t type;		/* enum ike_id_type */
	struct chunk data;
};

/* CERT: a certificate; CERTREQ: hashes of CAs' public keys, one after the other */
struct wire_cert {
	uint8_t encoding;	/* enum ike_cert_encoding */
	struct chunk data;
};

/* RFC 7296 3.8, RFC 7427 3 */
struct wire_auth {
	uint8_t method;		/* enum ike_auth_method */
	struct chunk algorithm;	/* AlgorithmIdentifier, of AUTH_METHOD_DIGITAL_SIGNATURE only */
	struct chunk data;	/* the signature or MAC; written as zeros if .data is NULL */
};

/* RFC 7296 3.10 */
struct wire_notify {
	uint16_t type;		/* enum ike_notify */
	uint8_t protocol;	/* PROTO_NONE if there is no SPI */
	struct chunk spi;
	struct chunk data;
};

/* RFC 7296 3.11, RFC 9838 4.6 */
struct wire_delete {
	uint8_t protocol;
	uint8_t spi_size;
	size_t n_spis;
	struct chunk spis;	/* one after the other */
};

/* An Encrypted payload (SK), or an Encrypted Fragment payload (SKF). */
struct wire_sk {
	uint8_t first;		/* type of the first payload in it */
	uint16_t number;	/* of this fragment, from 1 */
	uint16_t total;		/* fragments; 0: this is an SK */
	size_t offset;		/* where its payload header begins in the message */
	struct chunk body;	/* from the IV to the end of the message */
};

struct wire_message {
	struct wire_header header;
	const struct wire_sk *sk;

	const struct wire_proposal *proposals;	/* SA, or SAg */
	size_t n_proposals;
	const struct wire_ke *ke;
	struct chunk nonce;
	const struct wire_id *idi;
	const struct wire_id *idr;
	const struct wire_id *idg;
	const struct wire_cert *certs;
	size_t n_certs;
	const struct wire_cert *certreqs;
	size_t n_certreqs;
	const struct wire_auth *auth;
	const struct wire_notify *notifies;
	size_t n_notifies;
	const struct wire_delete *deletes;
	size_t n_deletes;
	const struct chunk *vendors;
	size_t n_vendors;
	const struct wire_ts *tsi;
	size_t n_tsi;
	const struct wire_ts *tsr;
	size_t n_tsr;
	const struct wire_gsa *gsa;
	const struct wire_kd *kd;

	/* Parsed only: unknown payloads and G-IKEv2 attributes that were passed over. */
	size_t n_skipped;
};

/* What a parsed message points into. Large: keep one, not one on each stack. */
struct wire_room {
	struct wire_sk sk;
	struct wire_proposal proposals[WIRE_MAX_PROPOSALS];
	struct wire_transform transforms[WIRE_MAX_TRANSFORMS];
	struct wire_ke ke;
	struct wire_id idi;
	struct wire_id idr;
	struct wire_id idg;
	struct wire_cert certs[WIRE_MAX_CERTS];
	struct wire_cert certreqs[WIRE_MAX_CERTREQS];
	struct wire_auth auth;
	struct wire_notify notifies[WIRE_MAX_NOTIFIES];
	struct wire_delete deletes[WIRE_MAX_DELETES];
	struct chunk vendors[WIRE_MAX_VENDORS];
	struct wire_ts selectors[WIRE_MAX_SELECTORS];
	struct wire_gsa gsa;
	struct wire_group_wide group_wide;
	struct wire_policy policies[WIRE_MAX_POLICIES];
	struct chunk next_spis[WIRE_MAX_NEXT_SPIS];
	struct wire_kd kd;
	struct wire_key_bag bags[WIRE_MAX_KEY_BAGS];
	struct wire_member_bag member;
	struct wire_key keys[WIRE_MAX_KEYS];
	uint32_t sender_ids[WIRE_MAX_SENDER_IDS];
};

/* Why a message was refused. */
struct wire_error {
	/*
	 * What the RFCs want sent in answer, or N_NONE: drop it silently. Never anything
	 * for a response or a GSA_REKEY, nor INVALID_SYNTAX for what was not encrypted.
	 */
	uint16_t notify;
	/*
	 * The payload it happened in, PAYLOAD_NONE for the header or the whole; the data
	 * of an UNSUPPORTED_CRITICAL_PAYLOAD.
	 */
	uint8_t payload;
	size_t offset;		/* in the bytes that were parsed */
	const char *reason;	/* static text */
};

/*
 * Parse a datagram (without the four zero bytes of port 4500) up to its Encrypted
 * payload, which must be there, except in IKE_SA_INIT and where there are only
 * notifications: errors outside of an IKE SA, of which nothing may be believed.
 * RFC 7296 1.5, 3.1, 3.2. If false, @error says why, and m->header is there whenever
 * error->notify is.
 */
bool wire_parse(struct wire_message *m, struct wire_room *room, struct chunk datagram,
		struct wire_error *error);

/*
 * Parse the decrypted @content of the Encrypted payload of @m, whose first payload
 * has type @first (m->sk->first of the SK, or of fragment 1), by the rules of the
 * message's exchange and direction: which payloads stand in it and how often, and
 * those of RFC 9838 section 5. m->header and m->sk stay; all else that was not
 * encrypted is forgotten.
 */
bool wire_parse_inner(struct wire_message *m, struct wire_room *room, uint8_t first,
		      struct chunk content, struct wire_error *error);

/* Where things came to stand in what was written; offsets into the writer's bytes. */
struct wire_inner {
	uint8_t first;		/* type of the first payload; PAYLOAD_NONE if there is none */
	size_t signature;	/* where auth->data begins; 0: no AUTH */
};

/*
 * Write a message that has no Encrypted payload. The writer must be empty. If there
 * is no room, or something is too long for its length field, w->failed is set.
 */
void wire_write_clear(struct writer *w, const struct wire_message *m);

/* Write the payloads of @m, for wire_write_sealed(), in the order of its exchange. */
void wire_write_inner(struct writer *w, const struct wire_message *m, struct wire_inner *inner);

/* What a cipher needs besides the content, in bytes. */
struct wire_cipher {
	uint8_t iv;
	uint8_t block;		/* content, padding and Pad Length fill blocks of it; 1: no padding */
	uint8_t icv;
};

struct wire_sealed {
	size_t iv;		/* offset of the IV: all before it is associated data */
	size_t content;		/* offset of what is to be encrypted ... */
	size_t content_len;	/* ... with padding and Pad Length */
	size_t icv;		/* offset of the ICV, which ends the message */
};

/*
 * Write a message with an Encrypted payload, or a fragment of one, as @sk says (first,
 * number, total; the rest of it is not looked at). IV and ICV are zeros, padding and
 * Pad Length are there. The writer must be empty.
 */
void wire_write_sealed(struct writer *w, const struct wire_header *header,
		       const struct wire_sk *sk, struct chunk content,
		       const struct wire_cipher *cipher, struct wire_sealed *at);

/*
 * The octets that authenticate a whole message before encryption and fragmentation:
 * A | P of RFC 9838 2.4.1.1 and of RFC 9242 3.3.2. @message is the message or its
 * first fragment, encrypted or not; @sk_offset where its SK or SKF begins; @inner the
 * payloads in it, of all fragments. @signature, if not empty, is a part of @inner and
 * is written as zeros.
 */
void wire_write_authenticated(struct writer *w, struct chunk message, size_t sk_offset,
			      struct chunk inner, struct chunk signature);

/* The first notification of @type, or NULL. */
const struct wire_notify *wire_notify(const struct wire_message *m, uint16_t type);
/* The first notification of an error, or NULL. */
const struct wire_notify *wire_notify_error(const struct wire_message *m);
/* The first four bytes of a notification's data: GROUP_SENDER, SET_WINDOW_SIZE. */
uint32_t wire_notify_u32(const struct wire_notify *n);
/* The first two: INVALID_KE_PAYLOAD. */
uint16_t wire_notify_u16(const struct wire_notify *n);
/* Is @hash (enum ike_hash) in a SIGNATURE_HASH_ALGORITHMS? */
bool wire_notify_has_hash(const struct wire_notify *n, uint16_t hash);

/*
 * Authentication Data of a Digital Signature (RFC 7427 3), as AUTH and NO_PPK_AUTH
 * have it, taken apart. False if it is malformed.
 */
bool wire_split_signature(struct chunk data, struct chunk *algorithm, struct chunk *signature);

struct chunk wire_delete_spi(const struct wire_delete *d, size_t i);
/*
 * Does it mean every SA of its protocol, or, with PROTO_NONE, the whole GSA? RFC 9838
 * 2.4.3 and 4.6; not for PROTO_IKE.
 */
bool wire_delete_is_all(const struct wire_delete *d);

/* The first transform of @type, or NULL. */
const struct wire_transform *wire_transform(const struct wire_transform *transforms, size_t n,
					    uint8_t type);

#endif
