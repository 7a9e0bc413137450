/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the codec share.
 */
#ifndef MIKED_WIRE_INTERNAL_H
#define MIKED_WIRE_INTERNAL_H

#include "wire/message.h"
#include "wire/name.h"

/* One parse: where it writes, and how much of the room it has used. */
struct wire_parser {
	struct wire_message *m;
	struct wire_room *room;
	struct wire_error *error;
	const uint8_t *start;	/* of the bytes that are parsed, for error->offset */
	uint8_t payload;	/* that is being parsed */
	bool sealed;		/* the bytes were encrypted and authenticated */
	size_t n_transforms;
	size_t n_selectors;
	size_t n_next_spis;
	size_t n_keys;
};

/* wire/message.c: fill in the error of what stands at @at (may be NULL). */
void wire_set_error(struct wire_parser *p, const uint8_t *at, const char *reason);

static inline bool wire_refuse(struct wire_parser *p, const uint8_t *at, const char *reason)
{
	wire_set_error(p, at, reason);
	return false;
}

/*
 * wire/exchange.c: how often a payload may stand in the messages of an exchange in
 * one direction. The order of the rows is the order in which we send.
 */
struct wire_row {
	uint8_t payload;
	uint8_t min;
	uint8_t max;
};

struct wire_rules {
	const struct wire_row *rows;	/* the last has PAYLOAD_NONE */
	/* What the rows cannot say; the reason why @m breaks it, or NULL. */
	const char *(*together)(const struct wire_message *m);
};

/* NULL: there is no such message. */
const struct wire_rules *wire_rules(const struct wire_header *header);
/* For what stands outside of the Encrypted payload, in all but IKE_SA_INIT. */
const struct wire_rules *wire_rules_outside(void);
const struct wire_row *wire_row(const struct wire_rules *rules, uint8_t payload);

/* wire/header.c: the header is in @p->m, as far as it could be read, even if it is refused. */
bool wire_parse_header(struct wire_parser *p, struct reader *r, uint8_t *first);
/* The Length field is for the caller. */
void wire_write_header(struct writer *w, const struct wire_header *header, uint8_t first);

/* wire/chain.c */
bool wire_parse_chain(struct wire_parser *p, const struct wire_rules *rules, uint8_t first,
		      struct chunk bytes);
void wire_write_chain(struct writer *w, const struct wire_message *m,
		      const struct wire_rules *rules, struct wire_inner *inner);
/* How many payloads of @payload's type are in @m? */
size_t wire_count(const struct wire_message *m, uint8_t payload);
/* Does the notification stand before all other payloads? RFC 7296 2.6, 1.3.3 */
bool wire_notify_stands_first(const struct wire_notify *n);

/*
 * A payload each: parse its body, which is all of @r; write it. For those of which
 * there may be many, @i says which is written.
 */
/* wire/payload.c */
bool wire_parse_ke(struct wire_parser *p, struct reader *r);
void wire_write_ke(struct writer *w, const struct wire_message *m);
bool wire_parse_nonce(struct wire_parser *p, struct reader *r);
bool wire_parse_id(struct wire_parser *p, struct reader *r, struct wire_id *id);
void wire_write_id(struct writer *w, const struct wire_id *id);
bool wire_parse_cert(struct wire_parser *p, struct reader *r);
bool wire_parse_certreq(struct wire_parser *p, struct reader *r);
void wire_write_cert(struct writer *w, const struct wire_cert *cert);
bool wire_parse_auth(struct wire_parser *p, struct reader *r);
void wire_write_auth(struct writer *w, const struct wire_auth *auth, struct wire_inner *inner);
bool wire_parse_vendor(struct wire_parser *p, struct reader *r);
bool wire_parse_sk(struct wire_parser *p, struct reader *r, uint8_t first, const uint8_t *header);
/* wire/notify.c */
bool wire_parse_notify(struct wire_parser *p, struct reader *r);
void wire_write_notify(struct writer *w, const struct wire_notify *n);
bool wire_parse_delete(struct wire_parser *p, struct reader *r);
void wire_write_delete(struct writer *w, const struct wire_delete *d);
/* wire/sa.c */
bool wire_parse_sa(struct wire_parser *p, struct reader *r);
void wire_write_sa(struct writer *w, const struct wire_message *m);
/* wire/ts.c */
bool wire_parse_selectors(struct wire_parser *p, struct reader *r, const struct wire_ts **list,
			  size_t *n);
void wire_write_selectors(struct writer *w, const struct wire_ts *list, size_t n);
/* wire/gsa.c */
bool wire_parse_gsa(struct wire_parser *p, struct reader *r);
void wire_write_gsa(struct writer *w, const struct wire_gsa *gsa);
/* wire/kd.c */
bool wire_parse_kd(struct wire_parser *p, struct reader *r);
void wire_write_kd(struct writer *w, const struct wire_kd *kd);

/* Substructures: up to the transform that says that it is the last. wire/sa.c */
bool wire_parse_transforms(struct wire_parser *p, struct reader *r,
			   const struct wire_transform **list, size_t *n);
void wire_write_transforms(struct writer *w, const struct wire_transform *list, size_t n);
/* wire/ts.c */
bool wire_parse_ts(struct wire_parser *p, struct reader *r, struct wire_ts *ts);
void wire_write_ts(struct writer *w, const struct wire_ts *ts);

/*
 * wire/attribute.c: what GSA and KD are made of; attributes, RFC 7296 3.3.5. TV has a value of two bytes, TLV
 * bytes of any number.
 */
struct wire_attr {
	uint16_t type;
	bool tv;
	uint16_t value;
	struct chunk data;
	const uint8_t *at;
};

/* A policy of a GSA, a key bag of a KD, without their first four bytes (RFC 9838 4.4.2, 4.5.2). */
struct wire_substructure {
	uint8_t protocol;
	uint8_t spi_size;	/* or RESERVED */
	struct reader body;
};

bool wire_parse_substructure(struct wire_parser *p, struct reader *r,
			     struct wire_substructure *sub);
bool wire_parse_attr(struct wire_parser *p, struct reader *r, struct wire_attr *attr);
/* Refuse an attribute that is not TLV with @len bytes. */
bool wire_attr_is_tlv(struct wire_parser *p, const struct wire_attr *attr, size_t len);
void wire_write_tv(struct writer *w, uint16_t type, uint16_t value);
void wire_write_tlv(struct writer *w, uint16_t type, struct chunk data);
void wire_write_tlv_u32(struct writer *w, uint16_t type, uint32_t value);

/* A length field of two bytes at @at, of all that was written from @from on. */
void wire_write_length(struct writer *w, size_t at, size_t from);

/* The length of an SPI of a protocol that has SPIs in GSA, KD and D; else 0. */
size_t wire_spi_len(uint8_t protocol);

/* wire/group.c: the rules of RFC 9838 sections 4.4, 4.5 and 5 on GSA and KD. */
bool wire_check_group(struct wire_parser *p);

#endif
