// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The Rekey SA of a group: its policy as GSA has it, and its keys.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include "crypto/keywrap.h"
#include "group/rekey_sa.h"
#include "group/selector.h"

static const struct conf_ports any_port = { 0, UINT16_MAX };

void rekey_sa_free(struct rekey_sa *sa)
{
	key_free(&sa->key);
	secret_free(&sa->keymat);
	*sa = (struct rekey_sa){ 0 };
}

bool rekey_sa_owns(const struct rekey_sa *sa, struct chunk datagram)
{
	return datagram.len >= WIRE_HEADER_LEN &&
	       !memcmp(datagram.data, sa->spi, sizeof(sa->spi));
}

/* ---- key server */

static int new_keymat(const struct crypto *crypto, struct rekey_sa *sa)
{
	size_t len = keymat_rekey_len(&sa->cipher, sa->kwa);
	int err;

	if (!len)
		return -ENOTSUP;
	err = secret_new(&sa->keymat, len);
	if (!err)
		err = crypto_random(crypto, sa->keymat.data, len);
	return err ? err : keymat_rekey(&sa->cipher, sa->kwa, secret_chunk(&sa->keymat),
					&sa->keys);
}

/* A pair to sign by, and how: the one that signed before, if it is of the same type. */
static int new_pair(const struct crypto *crypto, enum conf_rekey_auth by,
		    const struct rekey_sa *before, struct rekey_sa *sa)
{
	static const enum key_type types[] = {
		[CONF_REKEY_ED25519] = KEY_ED25519,
		[CONF_REKEY_ECDSA_P256] = KEY_P256,
		[CONF_REKEY_ECDSA_P384] = KEY_P384,
	};
	int err = 0;

	if (by == CONF_REKEY_IMPLICIT)
		return 0;
	if (before && before->scheme && before->key.type == types[by])
		key_copy(&before->key, &sa->key);
	else
		err = key_generate(crypto, types[by], &sa->key);
	if (!err)
		sa->scheme = key_scheme(&sa->key, scheme_hashes, 4);
	return err;
}

static struct conf_prefix one(const struct gemcast_addr *addr)
{
	const uint8_t *bytes;

	return (struct conf_prefix){ *addr, (uint8_t)(8 * net_addr_bytes(addr, &bytes)) };
}

/* From which port they come is not said: the sockets of `local` send them. */
static void set_selectors(const struct conf_rekey *conf, const struct gemcast_addr *source,
			  struct rekey_sa *sa)
{
	const struct conf_selector selector = {
		.destination = one(&conf->address),
		.source = one(source),
		.protocol = IPPROTO_UDP,
		.source_ports = any_port,
		.destination_ports = { conf->port, conf->port },
	};

	selector_to_wire(&selector, &sa->src, &sa->dst);
}

/* Without its keys, and what says how messages are signed. */
static struct rekey_sa blank(const struct conf_rekey *conf, const struct gemcast_addr *source,
			     const struct rekey_sa *sa)
{
	struct rekey_sa fresh = {
		.cipher = {
			.encr = conf->encryption.id,
			.key_bits = conf->encryption.key_bits,
			.integ = AUTH_NONE,
		},
		.kwa = (uint16_t)conf->key_wrap,
		.next_id = sa->next_id,
	};

	memcpy(fresh.spi, sa->spi, sizeof(fresh.spi));
	set_selectors(conf, source, &fresh);
	return fresh;
}

int rekey_sa_new(const struct crypto *crypto, const struct conf_rekey *conf,
		 const struct gemcast_addr *source, const struct rekey_sa *before,
		 struct rekey_sa *sa)
{
	struct rekey_sa fresh = blank(conf, source, sa);
	int err;

	fresh.next_id = 0;
	err = new_keymat(crypto, &fresh);
	if (!err)
		err = new_pair(crypto, conf->authentication, before, &fresh);
	if (err)
		rekey_sa_free(&fresh);
	*sa = fresh;
	return err;
}

/* A length, and both keys: the second of none that signs is empty. */
int rekey_sa_pack(const struct rekey_sa *sa, struct secret *keys)
{
	struct secret der = { 0 };
	struct writer w;
	int err = sa->scheme ? key_to_der(&sa->key, &der) : 0;

	*keys = (struct secret){ 0 };
	if (!err)
		err = secret_new(keys, 2 + sa->keymat.len + der.len);
	if (!err) {
		w = writer_to(keys->data, keys->len);
		write_u16(&w, (uint16_t)sa->keymat.len);
		write_chunk(&w, secret_chunk(&sa->keymat));
		write_chunk(&w, secret_chunk(&der));
	}
	secret_free(&der);
	return err;
}

static int unpack(const struct crypto *crypto, enum conf_rekey_auth by, struct chunk keys,
		  struct rekey_sa *sa)
{
	struct reader r = reader_of(keys);
	struct chunk keymat = read_chunk(&r, read_u16(&r)), der = read_rest(&r);
	int err;

	if (r.failed || keymat.len != keymat_rekey_len(&sa->cipher, sa->kwa) ||
	    !der.len != (by == CONF_REKEY_IMPLICIT))
		return -EBADMSG;
	err = secret_copy(&sa->keymat, keymat);
	if (!err)
		err = keymat_rekey(&sa->cipher, sa->kwa, secret_chunk(&sa->keymat), &sa->keys);
	if (err || !der.len)
		return err;
	err = key_from_der(crypto, der, &sa->key);
	if (!err)
		sa->scheme = key_scheme(&sa->key, scheme_hashes, 4);
	return err == -EKEYREJECTED ? -EBADMSG : err;
}

int rekey_sa_unpack(const struct crypto *crypto, const struct conf_rekey *conf,
		    const struct gemcast_addr *source, struct chunk keys, struct rekey_sa *sa)
{
	struct rekey_sa fresh = blank(conf, source, sa);
	int err = unpack(crypto, conf->authentication, keys, &fresh);

	if (err)
		rekey_sa_free(&fresh);
	*sa = fresh;
	return err;
}

void rekey_sa_policy(const struct rekey_sa *sa, bool registration,
		     struct wire_transform transforms[REKEY_TRANSFORMS],
		     struct wire_policy *policy)
{
	size_t n = 0;

	transforms[n++] = (struct wire_transform){
		.type = TRANSFORM_ENCR,
		.id = sa->cipher.encr,
		.key_length = sa->cipher.key_bits,
	};
	if (sa->cipher.integ != AUTH_NONE)
		transforms[n++] = (struct wire_transform){
			.type = TRANSFORM_INTEG,
			.id = sa->cipher.integ,
		};
	if (registration)
		transforms[n++] = (struct wire_transform){
			.type = TRANSFORM_GCAUTH,
			.id = sa->scheme ? GCAUTH_DIGITAL_SIGNATURE : GCAUTH_IMPLICIT,
			.algorithm = sa->scheme ? sa->scheme->identifier : (struct chunk){ 0 },
		};
	transforms[n++] = (struct wire_transform){ .type = TRANSFORM_KWA, .id = sa->kwa };
	*policy = (struct wire_policy){
		.protocol = PROTO_GIKE_UPDATE,
		.spi = CHUNK(sa->spi),
		.src = sa->src,
		.dst = sa->dst,
		.transforms = transforms,
		.n_transforms = n,
		.has_initial_message_id = registration && sa->next_id,
		.initial_message_id = sa->next_id,
	};
}

/* ---- member */

static const struct wire_transform *find(const struct wire_policy *policy, uint8_t type)
{
	return wire_transform(policy->transforms, policy->n_transforms, type);
}

static int refuse(int error, struct reason *why, const char *text)
{
	reason_set(why, "Rekey SA: %s", text);
	return error;
}

static int no_memory(struct reason *why)
{
	return refuse(-ENOMEM, why, "no memory");
}

static int read_cipher(const struct wire_policy *policy, struct rekey_sa *sa, struct reason *why)
{
	const struct wire_transform *encr = find(policy, TRANSFORM_ENCR);
	const struct wire_transform *integ = find(policy, TRANSFORM_INTEG);
	const struct wire_transform *kwa = find(policy, TRANSFORM_KWA);

	if (!encr || !kwa || policy_has_unknown(policy))
		return refuse(-ENOTSUP, why, "transforms that are not known");
	sa->cipher = (struct cipher){
		.encr = encr->id,
		.key_bits = encr->key_length,
		.integ = integ ? integ->id : AUTH_NONE,
	};
	sa->kwa = kwa->id;
	if (!keywrap_key_len(sa->kwa))
		return refuse(-ENOTSUP, why, "key wrapping that is not done here");
	if (!keymat_rekey_len(&sa->cipher, sa->kwa))
		return refuse(-ENOTSUP, why, "encryption that is not done here");
	return 0;
}

static void addr_of(const struct wire_ts *ts, struct gemcast_addr *addr)
{
	addr->family = ts->type == TS_IPV6_ADDR_RANGE ? AF_INET6 : AF_INET;
	if (addr->family == AF_INET6)
		memcpy(&addr->in6, ts->start, sizeof(addr->in6));
	else
		memcpy(&addr->in, ts->start, sizeof(addr->in));
}

/* Several sources are anybody: the network can be asked for one, or for all. */
void rekey_sa_group(const struct rekey_sa *sa, struct net_group *group)
{
	*group = (struct net_group){ .to.port = sa->dst.start_port };
	addr_of(&sa->dst, &group->to.addr);
	if (!memcmp(sa->src.start, sa->src.end, sizeof(sa->src.start)))
		addr_of(&sa->src, &group->source);
}

/* How messages are authenticated; that a rekey does not change it is in RFC 9838 4.4.2.1.1. */
static int read_method(const struct wire_policy *policy, const struct rekey_sa *before,
		       struct rekey_sa *sa, struct reason *why)
{
	const struct wire_transform *method = find(policy, TRANSFORM_GCAUTH);

	if (!method && !before)
		return refuse(-EPROTO, why, "it is not said how messages are authenticated");
	if (!method) {
		sa->scheme = before->scheme;
		return 0;
	}
	if (method->id == GCAUTH_IMPLICIT)
		return 0;
	if (method->id != GCAUTH_DIGITAL_SIGNATURE)
		return refuse(-ENOTSUP, why, "a way to authenticate messages that is not known");
	sa->scheme = scheme_of(method->algorithm);
	return sa->scheme ? 0 : refuse(-ENOTSUP, why, "signatures that are not accepted");
}

int rekey_sa_auth_key(const struct crypto *crypto, struct rekey_sa *sa, struct chunk auth_key,
		      struct reason *why)
{
	struct reason inner = { "" };
	struct key key;
	int err;

	if (!sa->scheme)
		return refuse(-EPROTO, why, "AUTH_KEY, and messages are not signed");
	err = key_from_spki(crypto, auth_key, &key, &inner);
	if (err == -EKEYREJECTED || err == -EINVAL) {
		reason_set(why, "Rekey SA: AUTH_KEY: %s", inner.text);
		return -EPROTO;
	}
	if (err)
		return no_memory(why);
	if (!key_fits(&key, sa->scheme)) {
		reason_set(why, "Rekey SA: AUTH_KEY does not make %s signatures",
			   sa->scheme->name);
		key_free(&key);
		return -EPROTO;
	}
	key_free(&sa->key);
	sa->key = key;
	return 0;
}

static int read_key(const struct crypto *crypto, struct chunk auth_key,
		    const struct rekey_sa *before, struct rekey_sa *sa, struct reason *why)
{
	if (auth_key.len)
		return rekey_sa_auth_key(crypto, sa, auth_key, why);
	if (!sa->scheme)
		return 0;
	if (!before || !before->key.pkey)
		return refuse(-EPROTO, why, "AUTH_KEY is missing");
	key_copy(&before->key, &sa->key);
	return 0;
}

static int read_policy(const struct crypto *crypto, const struct wire_policy *policy,
		       struct chunk auth_key, const struct rekey_sa *before, struct rekey_sa *sa,
		       struct reason *why)
{
	int err;

	memcpy(sa->spi, policy->spi.data, sizeof(sa->spi));
	sa->src = policy->src;
	sa->dst = policy->dst;
	if (policy->has_initial_message_id)
		sa->next_id = policy->initial_message_id;
	err = read_cipher(policy, sa, why);
	if (!err)
		err = read_method(policy, before, sa, why);
	if (!err)
		err = read_key(crypto, auth_key, before, sa, why);
	if (!err && keymat_rekey(&sa->cipher, sa->kwa, secret_chunk(&sa->keymat), &sa->keys))
		err = refuse(-EPROTO, why, "keying material of another length");
	return err;
}

int rekey_sa_read(const struct crypto *crypto, const struct wire_policy *policy,
		  struct chunk auth_key, const struct rekey_sa *before, struct secret *keymat,
		  struct rekey_sa *sa, struct reason *why)
{
	struct rekey_sa fresh = { .keymat = *keymat };
	int err;

	*keymat = (struct secret){ 0 };
	err = read_policy(crypto, policy, auth_key, before, &fresh, why);
	if (err)
		rekey_sa_free(&fresh);
	*sa = fresh;
	return err;
}
