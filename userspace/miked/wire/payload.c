// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The payloads that have no parts: KE, Nonce, IDi, IDr, IDg, CERT, CERTREQ, AUTH, V,
 * and what can be seen of SK and SKF. RFC 7296 3.4 to 3.9, 3.12, 3.14.
 */
#include "wire/internal.h"

#define CA_HASH_LEN	20	/* SHA-1 */

bool wire_parse_ke(struct wire_parser *p, struct reader *r)
{
	struct wire_ke *ke = &p->room->ke;
	size_t len;

	ke->method = read_u16(r);
	read_u16(r);
	ke->data = read_rest(r);
	if (!ke->data.len)
		return wire_refuse(p, r->at, "KE without a public value");
	len = wire_ke_length(ke->method);
	if (len && ke->data.len != len)
		return wire_refuse(p, r->at, "KE: length of the public value");
	p->m->ke = ke;
	return true;
}

void wire_write_ke(struct writer *w, const struct wire_message *m)
{
	write_u16(w, m->ke->method);
	write_u16(w, 0);
	write_chunk(w, m->ke->data);
}

bool wire_parse_nonce(struct wire_parser *p, struct reader *r)
{
	p->m->nonce = read_rest(r);
	return (p->m->nonce.len >= WIRE_MIN_NONCE && p->m->nonce.len <= WIRE_MAX_NONCE) ||
	       wire_refuse(p, r->at, "length of the nonce");
}

/* A name with a zero in it is one thing to compare and another to read. */
static bool is_text(struct chunk text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if (text.data[i] < ' ' || text.data[i] == 0x7f)
			return false;
	return text.len != 0;
}

static bool id_data_is_right(const struct wire_id *id)
{
	switch (id->type) {
	case ID_IPV4_ADDR:
		return id->data.len == 4;
	case ID_IPV6_ADDR:
		return id->data.len == 16;
	case ID_FQDN:
	case ID_RFC822_ADDR:
		return is_text(id->data);
	case ID_NULL:
		return true;
	default:
		return id->data.len != 0;
	}
}

bool wire_parse_id(struct wire_parser *p, struct reader *r, struct wire_id *id)
{
	id->type = read_u8(r);
	read_u8(r);
	read_u16(r);
	id->data = read_rest(r);
	if (r->failed)
		return wire_refuse(p, r->at, "no room for an identity");
	return id_data_is_right(id) || wire_refuse(p, r->at, "an identity unfit for its ID Type");
}

void wire_write_id(struct writer *w, const struct wire_id *id)
{
	write_u8(w, id->type);
	write_u8(w, 0);
	write_u16(w, 0);
	write_chunk(w, id->data);
}

bool wire_parse_cert(struct wire_parser *p, struct reader *r)
{
	struct wire_cert *cert = &p->room->certs[p->m->n_certs];

	cert->encoding = read_u8(r);
	cert->data = read_rest(r);
	if (!cert->data.len)
		return wire_refuse(p, r->at, "an empty certificate");
	p->m->certs = p->room->certs;
	p->m->n_certs++;
	return true;
}

/* RFC 7296 3.7: what an authority looks like is known of these alone. */
static bool has_ca_hashes(uint8_t encoding)
{
	return encoding == CERT_X509_SIGNATURE || encoding == CERT_HASH_AND_URL ||
	       encoding == CERT_HASH_AND_URL_BUNDLE;
}

bool wire_parse_certreq(struct wire_parser *p, struct reader *r)
{
	struct wire_cert *req = &p->room->certreqs[p->m->n_certreqs];

	req->encoding = read_u8(r);
	req->data = read_rest(r);
	if (r->failed)
		return wire_refuse(p, r->at, "no room for a certificate request");
	if (has_ca_hashes(req->encoding) && req->data.len % CA_HASH_LEN)
		return wire_refuse(p, r->at, "CERTREQ: hashes of 20 bytes are expected");
	p->m->certreqs = p->room->certreqs;
	p->m->n_certreqs++;
	return true;
}

void wire_write_cert(struct writer *w, const struct wire_cert *cert)
{
	write_u8(w, cert->encoding);
	write_chunk(w, cert->data);
}

bool wire_split_signature(struct chunk data, struct chunk *algorithm, struct chunk *signature)
{
	struct reader r = reader_of(data);

	*algorithm = read_chunk(&r, read_u8(&r));
	*signature = read_rest(&r);
	return algorithm->len && signature->len;
}

bool wire_parse_auth(struct wire_parser *p, struct reader *r)
{
	struct wire_auth *auth = &p->room->auth;
	struct chunk data;

	auth->method = read_u8(r);
	read_u8(r);
	read_u16(r);
	data = read_rest(r);
	if (!data.len)
		return wire_refuse(p, r->at, "AUTH without data");
	auth->algorithm = (struct chunk){ 0 };
	auth->data = data;
	if (auth->method == AUTH_METHOD_DIGITAL_SIGNATURE &&
	    !wire_split_signature(data, &auth->algorithm, &auth->data))
		return wire_refuse(p, data.data, "AUTH: no algorithm, or no signature");
	p->m->auth = auth;
	return true;
}

void wire_write_auth(struct writer *w, const struct wire_auth *auth, struct wire_inner *inner)
{
	write_u8(w, auth->method);
	write_u8(w, 0);
	write_u16(w, 0);
	if (auth->method == AUTH_METHOD_DIGITAL_SIGNATURE) {
		if (auth->algorithm.len > UINT8_MAX)
			w->failed = true;
		write_u8(w, auth->algorithm.len);
		write_chunk(w, auth->algorithm);
	}
	inner->signature = w->len;
	if (auth->data.data)
		write_chunk(w, auth->data);
	else
		write_room(w, auth->data.len);
}

bool wire_parse_vendor(struct wire_parser *p, struct reader *r)
{
	p->m->vendors = p->room->vendors;
	p->room->vendors[p->m->n_vendors++] = read_rest(r);
	return true;
}

/* RFC 7383 2.5, 2.6 */
static bool check_fragment(struct wire_parser *p, const struct wire_sk *sk, const uint8_t *header)
{
	if (!sk->number || sk->number > sk->total)
		return wire_refuse(p, header, "Fragment Number");
	return sk->number == 1 || !sk->first ||
	       wire_refuse(p, header, "Next Payload of a fragment that is not the first");
}

bool wire_parse_sk(struct wire_parser *p, struct reader *r, uint8_t first, const uint8_t *header)
{
	struct wire_sk *sk = &p->room->sk;

	*sk = (struct wire_sk){ .first = first, .offset = header - p->start };
	if (p->payload == PAYLOAD_SKF) {
		sk->number = read_u16(r);
		sk->total = read_u16(r);
		if (r->failed)
			return wire_refuse(p, header, "no room for the numbers of a fragment");
		if (!check_fragment(p, sk, header))
			return false;
	}
	sk->body = read_rest(r);
	p->m->sk = sk;
	return true;
}
