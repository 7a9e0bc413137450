// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who is who in the simulator.
 */
#include <stdio.h>
#include "pki.h"
#include "sim_internal.h"
#include "sim_kits.h"
#include "sim_rand.h"

#define USUAL	"aes256gcm16-prfsha384-x25519-ecp384, aes128gcm16-prfsha256-x25519-ecp256"

/*
 * None has an RSA key: OpenSSL blinds these by random numbers that it keeps, so that a run
 * would depend on those before it.
 */

/* A line of the option ike, and who it is. */
struct who {
	const char *name;
	const char *ike;
	const char *key;		/* of its certificate, as pki.h has it; NULL: none */
	const char *ppk;
	bool expired, wrong_ca, wrong_psk;
};

static const struct who servers[KITS_SERVERS] = {
	[SERVER_PSK] = { KITS_SERVER, "proposals: [ " USUAL " ]", NULL, "", 0, 0, 0 },
	[SERVER_COOKIES] = { KITS_SERVER, "proposals: [ " USUAL " ], half-open-cookies: 0",
			     "ED25519", "", 0, 0, 0 },
	[SERVER_CBC] = { KITS_SERVER, "proposals: [ " USUAL ", aes256-sha256-modp2048 ], "
			 "lifetime: 1 min", "P-256", "", 0, 0, 0 },
	[SERVER_PPK] = { KITS_SERVER, "proposals: [ " USUAL " ]", NULL,
			 "{ id: p1, peer: \"*.ppk.example\", file: %s, mandatory: yes }", 0, 0, 0 },
	[SERVER_SMALL] = { KITS_SERVER, "proposals: [ " USUAL " ], fragment-size: 576",
			   "P-521", "", 0, 0, 0 },
};

static const struct who members[KITS_MEMBERS] = {
	[MEMBER_PSK] = { "psk.example", "proposals: [ " USUAL " ]", NULL, "", 0, 0, 0 },
	[MEMBER_ED25519] = { "ed25519.example", "proposals: [ " USUAL " ]", "ED25519", "",
			     0, 0, 0 },
	[MEMBER_ECDSA] = { "ecdsa.example", "proposals: [ " USUAL " ], fragment-size: 576",
			   "P-384", "", 0, 0, 0 },
	[MEMBER_P521] = { "p521.example", "proposals: [ " USUAL " ]", "P-521", "", 0, 0, 0 },
	[MEMBER_CBC] = { "cbc.example", "proposals: [ aes256-sha256-modp2048 ]", NULL, "",
			 0, 0, 0 },
	[MEMBER_OTHER_GROUP] = { "other.example",
				 "proposals: [ aes128gcm16-prfsha256-modp2048-ecp256 ]", NULL, "",
				 0, 0, 0 },
	[MEMBER_PPK] = { "a.ppk.example", "proposals: [ " USUAL " ]", NULL,
			 "{ id: p1, peer: " KITS_SERVER ", file: %s, mandatory: no }", 0, 0, 0 },
	[MEMBER_BRIEF] = { "brief.example", "proposals: [ " USUAL " ], lifetime: 1 min", NULL, "",
			   0, 0, 0 },
	[MEMBER_WRONG_PSK] = { "wrong.example", "proposals: [ " USUAL " ]", NULL, "", 0, 0, 1 },
	[MEMBER_EXPIRED] = { "old.example", "proposals: [ " USUAL " ]", "ED25519", "", 1, 0, 0 },
	[MEMBER_WRONG_CA] = { "stranger.example", "proposals: [ " USUAL " ]", "ED25519", "",
			      0, 1, 0 },
	[MEMBER_NO_PPK] = { "b.ppk.example", "proposals: [ " USUAL " ]", NULL, "", 0, 0, 0 },
};

struct authority {
	struct pki_cert ca, other;
	const char *ca_file;
	const char *psk, *wrong_psk, *ppk;
};

/* "certificate: FILE, key: FILE" */
static void certify(const struct who *who, const struct authority *from, char text[512])
{
	char alt[80], cert_name[80], key_name[80];
	const struct pki_spec spec = {
		.cn = who->name, .alt = alt, .key = who->key,
		.from = who->expired ? PKI_NOW - PKI_YEAR : 0,
		.until = who->expired ? PKI_NOW - PKI_HOUR : 0,
	};
	struct pki_cert cert;

	snprintf(alt, sizeof(alt), "DNS:%s", who->name);
	snprintf(cert_name, sizeof(cert_name), "%s-%s.pem", who->name, who->key);
	snprintf(key_name, sizeof(key_name), "%s-%s.key", who->name, who->key);
	cert = pki_make(&spec, who->wrong_ca ? &from->other : &from->ca);
	snprintf(text, 512, ", certificate: %s, key: %s",
		 pki_cert_file(cert_name, (const struct pki_cert *const[]){ &cert, NULL }),
		 pki_key_file(key_name, cert.key));
	pki_free(&cert);
}

/* @role: more of its configuration */
static struct kit kit_of(const struct crypto *crypto, const struct who *who,
			 const struct authority *from, const char *role)
{
	char certificate[512] = "";
	char ppk[256];

	if (who->key)
		certify(who, from, certificate);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(ppk, sizeof(ppk), who->ppk, from->ppk);
#pragma GCC diagnostic pop
	return kit_new(crypto,
		       "ike: { %s }\n"
		       "credentials: [ { name: me, identity: %s%s } ]\n"
		       "trust: { ca: [ %s ] }\n"
		       "psk: [ { peer: \"*\", file: %s } ]\n"
		       "ppk: [ %s ]\n%s",
		       who->ike, who->name, certificate, from->ca_file,
		       who->wrong_psk ? from->wrong_psk : from->psk, ppk, role);
}

static void make_kits(struct kits *kits)
{
	const struct pki_spec root = { .cn = "root", .ca = true };
	const struct pki_spec alien = { .cn = "other root", .ca = true };
	struct authority from = { .ca = pki_make(&root, NULL), .other = pki_make(&alien, NULL) };
	size_t i;

	from.ca_file = pki_cert_file("ca.pem", (const struct pki_cert *const[]){ &from.ca, NULL });
	from.psk = pki_text_file("psk", "0x000102030405060708090a0b0c0d0e0f\n");
	from.wrong_psk = pki_text_file("wrong", "0x000102030405060708090a0b0c0d0e0e\n");
	from.ppk = pki_text_file("ppk", "0x000102030405060708090a0b0c0d0e0f"
				 "101112131415161718191a1b1c1d1e1f\n");
	for (i = 0; i < KITS_SERVERS; i++)
		kits->servers[i] = kit_of(&kits->crypto, &servers[i], &from,
					   "key-server: { credential: me }\n");
	for (i = 0; i < KITS_MEMBERS; i++)
		kits->members[i] = kit_of(&kits->crypto, &members[i], &from,
					   "member: { credential: me }\n");
	pki_free(&from.ca);
	pki_free(&from.other);
}

void kits_init(struct kits *kits)
{
	kits->lib = sim_rand_new();
	OSSL_LIB_CTX_set0_default(kits->lib);
	sim_rand_seed(0);
	if (crypto_init(&kits->crypto, kits->lib, NULL))
		sim_die("OpenSSL lacks something");
	make_kits(kits);
}

void kits_free(struct kits *kits)
{
	size_t i;

	for (i = 0; i < KITS_SERVERS; i++)
		kit_free(&kits->servers[i]);
	for (i = 0; i < KITS_MEMBERS; i++)
		kit_free(&kits->members[i]);
	crypto_free(&kits->crypto);
	pki_cleanup();
	OSSL_LIB_CTX_set0_default(NULL);
	sim_rand_free(kits->lib);
}

const char *kits_member_name(enum kits_member member)
{
	return members[member].name;
}

bool kits_fit(enum kits_member member, enum kits_server server)
{
	if (member == MEMBER_CBC)
		return server == SERVER_CBC;
	if (member == MEMBER_NO_PPK)
		return server != SERVER_PPK;
	return member < MEMBERS_GOOD;
}
