// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NATs between the peers (RFC 7296 2.23): who is behind one, the move to port 4500, and
 * following a peer whose address a NAT changes.
 */
#include "ike/internal.h"

static int nat_hash(const struct ike *ike, const struct wire_header *header,
		    const struct net_end *end, uint8_t hash[SHA1_LEN])
{
	uint8_t bytes[2 * IKE_SPI_LEN + 16 + 2];
	struct writer w = writer_to(bytes, sizeof(bytes));
	struct chunk addr;

	addr.len = net_addr_bytes(&end->addr, &addr.data);
	write_u64(&w, header->spi_i);
	write_u64(&w, header->spi_r);
	write_chunk(&w, addr);
	write_u16(&w, end->port);
	return EVP_Digest(bytes, w.len, hash, NULL, ike->crypto->sha1, NULL) == 1 ? 0 : -1;
}

int ike_nat_notify(const struct ike *ike, struct ike_content *content,
		   const struct wire_header *header, const struct net_path *path,
		   struct nat_hashes *hashes)
{
	if (!ike->conf->local.nat_port)
		return 0;
	if (nat_hash(ike, header, &path->local, hashes->source) ||
	    nat_hash(ike, header, &path->remote, hashes->destination))
		return -1;
	ike_notify(content, N_NAT_DETECTION_SOURCE_IP, CHUNK(hashes->source));
	ike_notify(content, N_NAT_DETECTION_DESTINATION_IP, CHUNK(hashes->destination));
	return 0;
}

/* Is one of the notifications of this type for @end? True if there is none. */
static bool matches(const struct ike *ike, const struct wire_message *m, uint16_t type,
		    const struct net_end *end)
{
	uint8_t hash[SHA1_LEN];
	bool any = false;
	size_t i;

	if (nat_hash(ike, &m->header, end, hash))
		return true;
	for (i = 0; i < m->n_notifies; i++) {
		if (m->notifies[i].type != type)
			continue;
		any = true;
		if (chunk_equal(m->notifies[i].data, CHUNK(hash)))
			return true;
	}
	return !any;
}

void ike_nat_detect(struct ike_sa *sa, const struct net_path *path, const struct wire_message *m)
{
	if (!sa->ike->conf->local.nat_port)
		return;
	sa->peer_natted = !matches(sa->ike, m, N_NAT_DETECTION_SOURCE_IP, &path->remote);
	sa->here_natted = !matches(sa->ike, m, N_NAT_DETECTION_DESTINATION_IP, &path->local);
	if (sa->peer_natted || sa->here_natted)
		ike_log(sa, sa->initiator ? LEVEL_INFO : LEVEL_DEBUG,
			"IKE SA with %s: %s behind a NAT", sa->text,
			!sa->here_natted ? "the peer is" :
			sa->peer_natted ? "both are" : "this host is");
}

void ike_nat_move(struct ike_sa *sa)
{
	if (sa->path.encap || (!sa->peer_natted && !sa->here_natted))
		return;
	sa->path.encap = true;
	sa->path.local.port = sa->ike->conf->local.nat_port;
	sa->path.remote.port = NAT_PORT;
}

/*
 * A host that is not behind a NAT itself sends to where the last new message came from:
 * the NAT of the peer may have forgotten the old port, or been restarted.
 */
void ike_nat_follow(struct ike_sa *sa, const struct net_path *path)
{
	char from[NET_TEXT];

	if (net_path_equal(&sa->path, path) || sa->here_natted ||
	    (!sa->peer_natted && sa->state != SA_HALF_OPEN))
		return;
	net_end_print(&path->remote, from);
	ike_log(sa, LEVEL_INFO, "IKE SA with %s is at %s now", sa->text, from);
	sa->path = *path;
}

uint64_t ike_nat_due(const struct ike_sa *sa)
{
	uint64_t every = sa->ike->conf->ike.nat_keepalive_ms;

	return sa->here_natted && every ? sa->said + every : IKE_NEVER;
}

/* RFC 3948 2.3: one byte, and not behind the four zero bytes that stand before IKE */
void ike_nat_keepalive(struct ike_sa *sa)
{
	static const uint8_t keepalive[] = { KEEPALIVE };
	struct net_path path = sa->path;

	path.encap = false;
	ike_send(sa->ike, &path, CHUNK(keepalive));
	sa->said = ike_now(sa->ike);
}
