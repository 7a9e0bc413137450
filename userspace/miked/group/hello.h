/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What key server and member tell each other beyond RFC 9838, by notifications of private
 * status types: Documentation/g-ikev2.md, "Beyond RFC 9838". Who does not know them passes
 * them over (RFC 7296 3.10.1), and who did not say hello gets none of the others. What is
 * malformed is passed over as well: these functions say false, and no harm is done.
 */
#ifndef MIKED_GROUP_HELLO_H
#define MIKED_GROUP_HELLO_H

#include "wire/message.h"

/* Which members acknowledge a GSA_REKEY. */
enum hello_ack {
	HELLO_ACK_NONE,
	HELLO_ACK_SAMPLED,	/* each by chance: struct hello's rate */
	HELLO_ACK_ALL,
};

/* GEMCAST_HELLO: in a registration and in its answer. A member's says nothing of acks. */
#define HELLO_LEN		16

struct hello {
	uint8_t ack;		/* enum hello_ack */
	uint16_t rate;		/* so many in 65536, of HELLO_ACK_SAMPLED */
	uint32_t spread_ms;	/* over which they are spread */
};

void hello_write(const struct hello *hello, uint8_t out[HELLO_LEN]);
/* The first in @m that makes sense; false: there is none. */
bool hello_read(const struct wire_message *m, struct hello *hello);

/* REKEY_ACK: the keys of a GSA_REKEY are installed. Member to key server, INFORMATIONAL. */
struct hello_rekey_ack {
	uint8_t spi[WIRE_GIKE_SPI_LEN];	/* of the Rekey SA that it came by */
	uint32_t message_id;
	struct wire_id idg;
};

/* SA_EXPIRING: a sender's limit of use came. Member to key server, INFORMATIONAL. */
enum hello_reason {
	HELLO_EXPIRING_PACKETS = 1,
	HELLO_EXPIRING_BYTES,
	HELLO_EXPIRING_SEQUENCE,	/* numbers, or IVs */
};

struct hello_sa_expiring {
	uint32_t spi;
	uint8_t reason;		/* enum hello_reason; others may come */
	struct wire_id idg;
};

/*
 * SA_LIMITS: when a sender is to say SA_EXPIRING. Key server to member, one for each data
 * SA, in whatever brings it.
 */
#define HELLO_LIMITS_LEN	20

struct hello_sa_limits {
	uint32_t spi;
	uint64_t packets;	/* 0: no limit */
	uint64_t bytes;		/* 0: no limit */
};

/* The data of a notification. w->failed: there is no room. */
void hello_write_rekey_ack(struct writer *w, const struct hello_rekey_ack *ack);
void hello_write_sa_expiring(struct writer *w, const struct hello_sa_expiring *expiring);
void hello_write_sa_limits(struct writer *w, const struct hello_sa_limits *limits);

/* The reverse; identities point into @data. False: malformed. */
bool hello_read_rekey_ack(struct chunk data, struct hello_rekey_ack *ack);
bool hello_read_sa_expiring(struct chunk data, struct hello_sa_expiring *expiring);
bool hello_read_sa_limits(struct chunk data, struct hello_sa_limits *limits);

#endif
