/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What G-IKEv2 adds to messages: the payloads GSA and KD as plain structs (RFC 9838
 * sections 4.4 and 4.5). How these are parsed and written is in wire/message.h.
 */
#ifndef MIKED_WIRE_GIKE_H
#define MIKED_WIRE_GIKE_H

#include "base/buf.h"

struct wire_error;
struct wire_message;
struct wire_transform;

/* How many there may be in one message. */
#define WIRE_MAX_POLICIES	64
#define WIRE_MAX_NEXT_SPIS	128	/* of all policies together */
#define WIRE_MAX_KEY_BAGS	64
#define WIRE_MAX_KEYS		1280	/* of all bags: no fewer than fit into 64 kB of KD */
#define WIRE_MAX_SENDER_IDS	256

#define WIRE_GIKE_SPI_LEN	16	/* of PROTO_GIKE_UPDATE */
#define WIRE_IPSEC_SPI_LEN	4	/* of PROTO_AH and PROTO_ESP */

/* A Traffic Selector, RFC 7296 3.13.1 */
struct wire_ts {
	uint8_t type;		/* enum ike_ts_type */
	uint8_t protocol;	/* of IP; 0: any */
	uint16_t start_port;	/* 0 and 65535: any; 65535 and 0: OPAQUE */
	uint16_t end_port;
	uint8_t start[16];	/* IPv4: the first four bytes, the others zero */
	uint8_t end[16];
	struct chunk other;	/* of a type that is not known: all behind the length */
};

/* A group SA policy substructure, RFC 9838 4.4.2 */
struct wire_policy {
	uint8_t protocol;	/* PROTO_GIKE_UPDATE: the Rekey SA; PROTO_ESP, PROTO_AH */
	struct chunk spi;
	struct wire_ts src;
	struct wire_ts dst;
	const struct wire_transform *transforms;
	size_t n_transforms;
	bool has_lifetime;
	uint32_t lifetime;		/* GSA_KEY_LIFETIME, seconds */
	bool has_initial_message_id;
	uint32_t initial_message_id;	/* GSA_INITIAL_MESSAGE_ID */
	const struct chunk *next_spis;	/* GSA_NEXT_SPI, each of the length of spi */
	size_t n_next_spis;
};

/* The group-wide policy substructure, RFC 9838 4.4.3 */
struct wire_group_wide {
	bool has_atd;
	uint16_t atd;			/* GWP_ATD, seconds */
	bool has_dtd;
	uint16_t dtd;			/* GWP_DTD, seconds */
	bool has_sender_id_bits;
	uint16_t sender_id_bits;	/* GWP_SENDER_ID_BITS */
};

/* A GSA payload */
struct wire_gsa {
	const struct wire_policy *policies;	/* the Rekey SA's, if there is one, anywhere */
	size_t n_policies;
	const struct wire_group_wide *group_wide;	/* or NULL */
};

/* A wrapped key, RFC 9838 4.5.4 */
struct wire_key {
	uint32_t id;		/* Key ID; 0: keying material of an SA */
	uint32_t kwk_id;	/* KWK ID; 0: wrapped by GSK_w */
	struct chunk wrapped;
};

/* A Group Key Bag, RFC 9838 4.5.2 */
struct wire_key_bag {
	uint8_t protocol;
	struct chunk spi;
	const struct wire_key *keys;	/* SA_KEY */
	size_t n_keys;
};

/* The Member Key Bag, RFC 9838 4.5.3 */
struct wire_member_bag {
	const struct wire_key *wrap_keys;	/* WRAP_KEY */
	size_t n_wrap_keys;
	struct chunk auth_key;			/* AUTH_KEY, SubjectPublicKeyInfo; empty: none */
	const uint32_t *sender_ids;		/* GM_SENDER_ID */
	size_t n_sender_ids;
};

/* A KD payload */
struct wire_kd {
	const struct wire_key_bag *bags;
	size_t n_bags;
	const struct wire_member_bag *member;	/* or NULL */
};

/* The policy of the Rekey SA, or NULL. */
const struct wire_policy *wire_rekey_policy(const struct wire_gsa *gsa);
/* The bag with the keys of the SA that @policy is for, or NULL. */
const struct wire_key_bag *wire_key_bag_of(const struct wire_kd *kd,
					   const struct wire_policy *policy);
/* Has one of the data SAs a transform whose IVs must not repeat (RFC 9838 2.5)? */
bool wire_needs_sender_ids(const struct wire_gsa *gsa);

/*
 * Does a response to a registration give a member the Sender-IDs that are due to it,
 * and no more? @sender: its request had a GROUP_SENDER, for @asked Sender-IDs. RFC 9838
 * section 5, note 1, and 4.5.3.3; Documentation/g-ikev2.md, "Tensions" 4.
 */
bool wire_check_sender_ids(const struct wire_message *m, bool sender, uint32_t asked,
			   struct wire_error *error);

#endif
