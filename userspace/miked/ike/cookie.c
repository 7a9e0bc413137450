// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cookies (RFC 7296 2.6): while many IKE SAs are half open, a peer has to show that it
 * receives at its address before it costs us memory or a key exchange. Nothing is kept
 * for it: the cookie is a version | HMAC(secret of that version, Ni | IPi | SPIi), and of
 * the secrets, which change each minute, this one and the last are good.
 */
#include <string.h>
#include "ike/internal.h"

#define SECRET_MS	60000
#define HASH_LEN	32
#define COOKIE_LEN	(1 + HASH_LEN)

static void next_secret(struct ike *ike)
{
	uint8_t fresh[sizeof(ike->cookie_secret[0])];

	if (crypto_random(ike->crypto, fresh, sizeof(fresh)))
		return;
	memcpy(ike->cookie_secret[1], ike->cookie_secret[0], sizeof(fresh));
	memcpy(ike->cookie_secret[0], fresh, sizeof(fresh));
	OPENSSL_cleanse(fresh, sizeof(fresh));
	ike->cookie_version++;
}

static void change_secret(struct ike *ike)
{
	uint64_t now = ike_now(ike);
	uint64_t age = now - ike->cookie_since;

	if (age < SECRET_MS)
		return;
	next_secret(ike);
	/* nobody came for so long that the last one is too old as well */
	if (age / 2 >= SECRET_MS)
		next_secret(ike);
	ike->cookie_since = now;
}

static bool make(struct ike *ike, uint8_t version, const struct net_path *path,
		 const struct wire_message *m, uint8_t cookie[COOKIE_LEN])
{
	uint8_t age = ike->cookie_version - version;
	uint8_t hash[PRF_MAX_LEN];
	uint8_t spi[IKE_SPI_LEN];
	struct writer w = writer_to(spi, sizeof(spi));
	struct chunk data[3] = { m->nonce, { 0 }, CHUNK(spi) };

	if (age > 1)
		return false;
	write_u64(&w, m->header.spi_i);
	data[1].len = net_addr_bytes(&path->remote.addr, &data[1].data);
	if (prf(ike->crypto, PRF_HMAC_SHA2_256, CHUNK(ike->cookie_secret[age]), data, 3, hash))
		return false;
	cookie[0] = version;
	memcpy(cookie + 1, hash, HASH_LEN);
	return true;
}

static bool is_right(struct ike *ike, const struct net_path *path, const struct wire_message *m,
		     const struct wire_notify *n)
{
	uint8_t cookie[COOKIE_LEN];

	return n->data.len == COOKIE_LEN && make(ike, n->data.data[0], path, m, cookie) &&
	       secret_equal(n->data, CHUNK(cookie));
}

/* Shorter than any request, so that nobody is flooded by means of us. */
static void demand(struct ike *ike, const struct net_path *path, const struct wire_message *m)
{
	uint8_t bytes[WIRE_HEADER_LEN + WIRE_PAYLOAD_LEN + 4 + COOKIE_LEN];
	struct writer w = writer_to(bytes, sizeof(bytes));
	uint8_t cookie[COOKIE_LEN];
	struct wire_notify n = { .type = N_COOKIE, .data = CHUNK(cookie) };
	struct wire_message answer = {
		.header = { .spi_i = m->header.spi_i, .exchange = IKE_SA_INIT, .response = true },
		.notifies = &n,
		.n_notifies = 1,
	};

	if (!make(ike, ike->cookie_version, path, m, cookie))
		return;
	wire_write_clear(&w, &answer);
	ike->stats.cookies_sent++;
	ike_send(ike, path, written(&w));
}

bool ike_cookie_admits(struct ike *ike, const struct net_path *path, const struct wire_message *m)
{
	const struct wire_notify *n = wire_notify(m, N_COOKIE);

	if (ike->half_open < ike->conf->ike.half_open_cookies)
		return true;
	change_secret(ike);
	if (n && is_right(ike, path, m, n))
		return true;
	if (n)
		ike->stats.cookies_wrong++;
	demand(ike, path, m);
	return false;
}
