/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who this host is and whom it believes: the credentials, CAs, pre-shared keys and PPKs
 * that the configuration names, loaded once into a book; and with them the making and
 * the check of AUTH payloads (RFC 7296 2.15, RFC 7427, RFC 8420) and the choice of a PPK
 * (RFC 8784). A reload makes a new book; an IKE SA that has begun keeps the one it
 * began with, so a book counts who holds it.
 */
#ifndef MIKED_IKE_AUTH_H
#define MIKED_IKE_AUTH_H

#include "conf/conf.h"
#include "crypto/auth.h"
#include "crypto/credential.h"
#include "crypto/sign.h"
#include "crypto/trust.h"
#include "wire/message.h"

struct auth_book;	/* all of it */
struct auth_self;	/* one of `credentials`, a part of its book */

/*
 * Load what @conf names. NULL, and @why, if a file cannot be read or makes no sense, or
 * for want of memory. The caller holds it once. @crypto must live longer; @conf may go.
 */
struct auth_book *auth_book_new(const struct crypto *crypto, const struct conf *conf,
				struct reason *why);
struct auth_book *auth_book_hold(struct auth_book *book);
/* NULL is allowed. The last one frees it. */
void auth_book_drop(struct auth_book *book);

/* NULL: the configuration has none of this name. */
const struct auth_self *auth_self(const struct auth_book *book, const char *name);

/* What it says of itself in IDi or IDr; as long as the book lives. */
struct wire_id auth_self_id(const struct auth_self *self);

/* The identity of the configuration as an ID payload has it, a DN in DER; *@id owns it. */
int auth_id(const struct conf_identity *identity, uint8_t *type, struct secret *id);

/* An identity for logs, printable whatever it is; cut off if it does not fit. */
void auth_id_text(const struct wire_id *id, char *text, size_t size);

/* The CERTREQ for what the book believes in; .data.len is 0 if it has no CA. */
struct wire_cert auth_certreq(const struct auth_book *book);

/* Both sides of an exchange that authenticates, as AUTH covers it. */
struct auth_exchange {
	uint16_t prf;			/* PRF_* */
	struct auth_input input;	/* of the side whose AUTH it is */
	unsigned int hashes;		/* 1 << HASH_*: what the peer announced */
	bool certreq;			/* the peer sent a CERTREQ */
	struct wire_id peer;		/* the other side, as far as it is known; .data.len 0: not */
};

/* An AUTH payload, and the CERT payloads that go with it. */
struct auth_proof {
	uint8_t method;			/* AUTH_METHOD_* */
	struct chunk algorithm;		/* as wire_auth has it; the book's */
	uint8_t data[SIGNATURE_MAX_LEN];
	size_t len;
	struct wire_cert certs[CREDENTIAL_MAX_CERTS];	/* the book's */
	size_t n_certs;
};

/*
 * Prove to the peer to be @self: by its certificate if it has one and the peer can check it
 * (RFC 7427 4: Digital Signature only if SIGNATURE_HASH_ALGORITHMS has a hash that the key
 * goes with), else by the pre-shared key of the peer. A peer that asked for no certificate
 * is thought to have no CA to check one with, if there is a pre-shared key for it. -ENOKEY:
 * by neither.
 */
int auth_prove(const struct auth_book *book, const struct auth_self *self,
	       const struct auth_exchange *exchange, struct auth_proof *proof,
	       struct reason *why);

/*
 * Is the peer, exchange->peer, who it says: @auth and the certificates @certs of its
 * message, at @now in seconds since 1970? 0; or -EKEYREJECTED, -EBADMSG, -ENOTSUP, -ENOKEY,
 * -ENOMEM, and @why for the log alone: the wire says AUTHENTICATION_FAILED, whatever it was
 * (RFC 7296 2.21.2).
 */
int auth_check(const struct auth_book *book, const struct auth_exchange *exchange,
	       const struct wire_auth *auth, const struct wire_cert *certs, size_t n_certs,
	       int64_t now, struct reason *why);

/*
 * Does @id stand for the identity that the configuration demands of a peer? DNs are
 * compared as RFC 5280 7.1 has it.
 */
bool auth_id_is(const struct conf_identity *pattern, const struct wire_id *id);

/*
 * A PPK: the book's. Where it is wanted whether there is one for a peer, but its identity
 * makes no sense or there is no memory to look, there is one without a key: no step without
 * it can be taken by mistake, and none with it.
 */
struct auth_ppk {
	struct chunk id;		/* PPK_ID, as PPK_IDENTITY has it behind its type */
	struct chunk key;
	bool mandatory;
};

/* The PPK to use with a peer of whom the configuration wants this identity; false: none. */
bool auth_ppk_for(const struct auth_book *book, const struct conf_identity *peer,
		  struct auth_ppk *ppk);
/*
 * The PPK that an initiator named, if it is for who it says to be (RFC 8784 3). For the
 * responder.
 */
bool auth_ppk_named_by(const struct auth_book *book, struct chunk id,
		       const struct wire_id *peer, struct auth_ppk *ppk);
/* Must who says to be @peer use a PPK? Then *@ppk is one. For the responder. */
bool auth_ppk_needed(const struct auth_book *book, const struct wire_id *peer,
		     struct auth_ppk *ppk);

#endif
