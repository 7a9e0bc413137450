/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a key server and a member of gemcast say to each other beyond RFC 9838, in
 * notifications for private use: Documentation/g-ikev2.md, "Between members and key
 * servers of gemcast". Bytes to plain structs and back; no I/O and no clock.
 */
#ifndef MIKED_GROUP_HELLO_H
#define MIKED_GROUP_HELLO_H

#include "wire/message.h"

#define HELLO_LEN	16
/* What an IDg has besides its data: type and RESERVED (RFC 7296 3.5). */
#define HELLO_ID_HEAD	4
#define HELLO_ID_MAX	255

enum hello_ack {
	HELLO_ACK_NONE,
	HELLO_ACK_SAMPLED,
	HELLO_ACK_ALL,
};

/* HELLO_RATE of them are all members. */
#define HELLO_RATE	65536

/*
 * GEMCAST_HELLO: the peer is one of us. A key server says who is to acknowledge rekeys
 * that come by multicast; of a member all is zero.
 */
struct hello {
	uint8_t ack;		/* enum hello_ack */
	uint16_t rate;		/* HELLO_ACK_SAMPLED: so many of HELLO_RATE members do */
	uint32_t spread_ms;	/* at a random time within this after the keys are in use */
};

void hello_write(const struct hello *hello, uint8_t out[HELLO_LEN]);
/* False: the message has none, or one of a version that is not ours. */
bool hello_read(const struct wire_message *m, struct hello *hello);

/* REKEY_ACK, member to key server: what this message said is in use. */
#define REKEY_ACK_MAX	(WIRE_GIKE_SPI_LEN + 4 + HELLO_ID_HEAD + HELLO_ID_MAX)
struct rekey_ack {
	struct chunk spi;	/* of the Rekey SA it came by, WIRE_GIKE_SPI_LEN */
	uint32_t message_id;
	struct wire_id group;
};

/* As many bytes of @room as it needs; the group's identity is no longer than HELLO_ID_MAX. */
struct chunk rekey_ack_write(const struct rekey_ack *ack, uint8_t room[REKEY_ACK_MAX]);
/* False: malformed. @ack points into @notify. */
bool rekey_ack_read(const struct wire_notify *notify, struct rekey_ack *ack);

/* Why new SAs are wanted. */
enum expiring_reason {
	EXPIRING_PACKETS = 1,
	EXPIRING_BYTES,
	EXPIRING_SEQUENCE,	/* sequence numbers or IVs */
};

/* SA_EXPIRING, member to key server: a sender has come to the soft limit of a data SA. */
#define SA_EXPIRING_MAX	(WIRE_IPSEC_SPI_LEN + 1 + HELLO_ID_HEAD + HELLO_ID_MAX)
struct sa_expiring {
	uint32_t spi;
	uint8_t reason;		/* enum expiring_reason */
	struct wire_id group;
};

struct chunk sa_expiring_write(const struct sa_expiring *expiring,
			       uint8_t room[SA_EXPIRING_MAX]);
bool sa_expiring_read(const struct wire_notify *notify, struct sa_expiring *expiring);

/* SA_LIMITS, key server to member, one for each data SA: its soft limits for a sender. */
#define SA_LIMITS_LEN	(WIRE_IPSEC_SPI_LEN + 8 + 8)
struct sa_limits {
	uint32_t spi;
	uint64_t packets;	/* 0: none */
	uint64_t bytes;		/* 0: none */
};

void sa_limits_write(const struct sa_limits *limits, uint8_t out[SA_LIMITS_LEN]);
/* Those of this SA. False: the message says none. */
bool sa_limits_read(const struct wire_message *m, uint32_t spi, struct sa_limits *limits);

/*
 * REKEY_AUTH, key server to member in GSA_INBAND_REKEY: what RFC 9838 (section 5, table 10)
 * has no attributes for there, of a Rekey SA that the message brings.
 */
#define REKEY_AUTH_KEY_MAX	256
#define REKEY_AUTH_MAX		(2 * WIRE_GIKE_SPI_LEN + REKEY_AUTH_KEY_MAX)
struct rekey_auth {
	struct chunk spi;	/* WIRE_GIKE_SPI_LEN, as the next */
	struct chunk next;	/* of the Rekey SA that will follow it */
	struct chunk auth_key;	/* as in AUTH_KEY; empty: its messages are not signed */
};

/* As many bytes of @room as it needs; the key is no longer than REKEY_AUTH_KEY_MAX. */
struct chunk rekey_auth_write(const struct rekey_auth *auth, uint8_t room[REKEY_AUTH_MAX]);
/* That of this Rekey SA. False: the message has none. @auth points into it. */
bool rekey_auth_read(const struct wire_message *m, struct chunk spi, struct rekey_auth *auth);

#endif
