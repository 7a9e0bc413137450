// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One pair of SPIs and its keys.
 */
#include <stdlib.h>
#include "ike/internal.h"

/* RFC 7296 2.6: not zero; and of no other link, though that is past belief. */
static int new_spi(struct ike *ike, uint64_t *spi)
{
	int err;

	do {
		err = crypto_random(ike->crypto, (uint8_t *)spi, sizeof(*spi));
	} while (!err && (!*spi || ike_find(ike, *spi)));
	return err;
}

struct ike_link *ike_link_new(struct ike_sa *sa, bool initiator)
{
	struct ike_link *link = calloc(1, sizeof(*link));
	uint64_t spi;

	if (!link)
		return NULL;
	if (new_spi(sa->ike, &spi)) {
		free(link);
		return NULL;
	}
	link->sa = sa;
	link->initiator = initiator;
	link->end = IKE_NEVER;
	link->asked.due = IKE_NEVER;
	if (initiator)
		link->spi_i = spi;
	else
		link->spi_r = spi;
	link->next = sa->links;
	sa->links = link;
	ike_table_add(&sa->ike->by_spi, &link->by_spi, spi);
	return link;
}

void ike_link_free(struct ike_link *link)
{
	ike_keys_free(&link->keys);
	ike_asked_clear(&link->asked);
	packets_free(&link->response);
	assembly_free(&link->assembly[0]);
	assembly_free(&link->assembly[1]);
	free(link);
}

void ike_link_drop(struct ike_link *link)
{
	struct ike_sa *sa = link->sa;
	struct ike_link **at = &sa->links;

	while (*at && *at != link)
		at = &(*at)->next;
	if (*at)
		*at = link->next;
	ike_table_remove(&sa->ike->by_spi, &link->by_spi);
	if (sa->link == link)
		sa->link = NULL;
	if (sa->their_link == link)
		sa->their_link = NULL;
	if (sa->held && sa->held->link == link)
		ike_held_free(sa);
	ike_link_free(link);
}

uint64_t ike_link_spi(const struct ike_link *link)
{
	return link->initiator ? link->spi_i : link->spi_r;
}

uint64_t ike_link_peer_spi(const struct ike_link *link)
{
	return link->initiator ? link->spi_r : link->spi_i;
}

static void spi_bytes(uint64_t spi, uint8_t bytes[IKE_SPI_LEN])
{
	struct writer w = writer_to(bytes, IKE_SPI_LEN);

	write_u64(&w, spi);
}

int ike_link_keys(struct ike_link *link, struct chunk ni, struct chunk nr, struct chunk skeyseed)
{
	struct ike_seed seed = { .prf = link->suite.prf, .ni = ni, .nr = nr };
	int err;

	spi_bytes(link->spi_i, seed.spi_i);
	spi_bytes(link->spi_r, seed.spi_r);
	err = keymat_ike_keys(link->sa->ike->crypto, &seed, &link->suite.cipher, skeyseed,
			      &link->keys);
	if (!err)
		ike_log_keys(link);
	return err;
}
