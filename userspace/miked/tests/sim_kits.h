/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is who in the simulator: key servers, all of them ks.example, and members, some of
 * whom no key server must believe, or who have nothing to agree on with some.
 */
#ifndef MIKED_TESTS_SIM_KITS_H
#define MIKED_TESTS_SIM_KITS_H

#include "sim_ike.h"

#define KITS_SERVER	"ks.example"

enum kits_server {
	SERVER_PSK,
	SERVER_COOKIES,			/* Ed25519; asks everyone for a cookie */
	SERVER_CBC,			/* ECDSA; AES-CBC too; IKE SAs live for a minute */
	SERVER_PPK,			/* some members have to have one */
	SERVER_SMALL,			/* P-521; messages in small fragments */
	KITS_SERVERS
};

enum kits_member {
	MEMBER_PSK,
	MEMBER_ED25519,
	MEMBER_ECDSA,
	MEMBER_P521,
	MEMBER_CBC,			/* nothing but AES-CBC and MODP 2048 */
	MEMBER_OTHER_GROUP,		/* its first guess of a group is wrong */
	MEMBER_PPK,
	MEMBER_BRIEF,			/* its IKE SAs live for a minute */
	MEMBERS_GOOD,
	/* whom no one must believe, or who must not */
	MEMBER_WRONG_PSK = MEMBERS_GOOD,
	MEMBER_EXPIRED,
	MEMBER_WRONG_CA,
	MEMBER_NO_PPK,
	KITS_MEMBERS
};

/* All that the runs of one process have in common. */
struct kits {
	OSSL_LIB_CTX *lib;		/* with a seed; OpenSSL's default in the meantime */
	struct crypto crypto;
	struct kit servers[KITS_SERVERS];
	struct kit members[KITS_MEMBERS];
};

void kits_init(struct kits *kits);
void kits_free(struct kits *kits);
const char *kits_member_name(enum kits_member member);
/* Should this member come to be registered with that server? */
bool kits_fit(enum kits_member member, enum kits_server server);

#endif
