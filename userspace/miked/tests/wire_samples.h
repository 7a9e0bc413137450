/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A message of each kind, with each payload in one of them at least.
 */
#ifndef MIKED_TESTS_WIRE_SAMPLES_H
#define MIKED_TESTS_WIRE_SAMPLES_H

#include "wire_codec.h"

#define LIST(array)	(array), sizeof(array) / sizeof((array)[0])
#define TEXT(text)	{ (const uint8_t *)(text), sizeof(text) - 1 }
#define BYTES(...)	{ (const uint8_t[]){ __VA_ARGS__ },		\
			  sizeof((const uint8_t[]){ __VA_ARGS__ }) }

static const uint8_t bytes_132[132] = {
	0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, [131] = 0x89
};
#define FILL(n)		{ bytes_132, (n) }

/* SA */
static const struct wire_transform ike_aead[] = {
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 256 },
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 128 },
	{ .type = TRANSFORM_PRF, .id = PRF_HMAC_SHA2_256 },
	{ .type = TRANSFORM_KE, .id = KE_CURVE25519 },
	{ .type = TRANSFORM_KE, .id = KE_ECP_256 },
	{ .type = TRANSFORM_KWA, .id = KW_5649_256 },
};

static const struct wire_transform ike_cbc[] = {
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_CBC, .key_length = 256 },
	{ .type = TRANSFORM_PRF, .id = PRF_HMAC_SHA2_512 },
	{ .type = TRANSFORM_INTEG, .id = AUTH_HMAC_SHA2_512_256 },
	{ .type = TRANSFORM_KE, .id = KE_MODP_2048 },
	{ .type = TRANSFORM_KWA, .id = KW_5649_256, .unknown = BYTES(0x80, 0x63, 0x00, 0x01) },
};

static const struct wire_transform ike_chosen[] = {
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 256 },
	{ .type = TRANSFORM_PRF, .id = PRF_HMAC_SHA2_256 },
	{ .type = TRANSFORM_KE, .id = KE_CURVE25519 },
	{ .type = TRANSFORM_KWA, .id = KW_5649_256 },
};

static const struct wire_transform esp_gcm[] = {
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 256 },
	{ .type = TRANSFORM_SN, .id = SN_32_BIT_SEQUENTIAL },
};

static const struct wire_transform esp_gcm_senders[] = {
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 256 },
	{ .type = TRANSFORM_SN, .id = SN_32_BIT_UNSPECIFIED },
};

static const struct wire_transform ah_hmac[] = {
	{ .type = TRANSFORM_INTEG, .id = AUTH_HMAC_SHA2_256_128 },
	{ .type = TRANSFORM_SN, .id = SN_32_BIT_SEQUENTIAL },
};

static const struct wire_proposal ike_offer[] = {
	{ .number = 1, .protocol = PROTO_IKE, .transforms = LIST(ike_aead) },
	{ .number = 2, .protocol = PROTO_IKE, .transforms = LIST(ike_cbc) },
};

static const struct wire_proposal ike_answer[] = {
	{ .number = 1, .protocol = PROTO_IKE, .transforms = LIST(ike_chosen) },
};

static const struct wire_proposal ike_rekey_offer[] = {
	{ .number = 1, .protocol = PROTO_IKE, .spi = FILL(8), .transforms = LIST(ike_aead) },
};

static const struct wire_proposal ike_rekey_answer[] = {
	{ .number = 1, .protocol = PROTO_IKE, .spi = FILL(8), .transforms = LIST(ike_chosen) },
};

static const struct wire_proposal esp_offer[] = {
	{ .number = 1, .protocol = PROTO_ESP, .spi = FILL(4), .transforms = LIST(esp_gcm) },
	{ .number = 2, .protocol = PROTO_AH, .spi = FILL(4), .transforms = LIST(ah_hmac) },
};

static const struct wire_proposal esp_answer[] = {
	{ .number = 2, .protocol = PROTO_AH, .spi = FILL(4), .transforms = LIST(ah_hmac) },
};

/* The algorithm identifier of Ed25519, RFC 8420 */
#define ED25519_ID	BYTES(0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70)

static const struct wire_transform rekey_any[] = {
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 256 },
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_CBC, .key_length = 256 },
	{ .type = TRANSFORM_INTEG, .id = AUTH_HMAC_SHA2_256_128 },
	{ .type = TRANSFORM_GCAUTH, .id = GCAUTH_DIGITAL_SIGNATURE, .algorithm = ED25519_ID },
	{ .type = TRANSFORM_KWA, .id = KW_5649_256 },
};

static const struct wire_proposal sag[] = {
	{ .number = 1, .protocol = PROTO_GIKE_UPDATE, .transforms = LIST(rekey_any) },
	{ .number = 1, .protocol = PROTO_ESP, .transforms = LIST(esp_gcm) },
	{ .number = 7, .protocol = PROTO_ESP, .transforms = LIST(esp_gcm_senders) },
};

static const struct wire_ke ke = { .method = KE_CURVE25519, .data = FILL(32) };
static const struct wire_ke ke_ecp = { .method = KE_ECP_521, .data = FILL(132) };
static const struct wire_ke ke_new = { .method = 4711, .data = FILL(100) };

/* Identities, certificates, AUTH */
static const struct wire_id id_fqdn = { ID_FQDN, TEXT("member.example") };
static const struct wire_id id_mail = { ID_RFC822_ADDR, TEXT("ks@example") };
static const struct wire_id id_addr4 = { ID_IPV4_ADDR, BYTES(192, 0, 2, 1) };
static const struct wire_id id_addr6 = { ID_IPV6_ADDR, FILL(16) };
static const struct wire_id id_group = { ID_KEY_ID, BYTES(0, 0, 0, 7) };

/* CN=ks, Ed25519, signed by itself */
static const uint8_t certificate[] = {
	0x30, 0x81, 0xc2, 0x30, 0x76, 0x02, 0x01, 0x01, 0x30, 0x05, 0x06, 0x03,
	0x2b, 0x65, 0x70, 0x30, 0x0d, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55,
	0x04, 0x03, 0x0c, 0x02, 0x6b, 0x73, 0x30, 0x20, 0x17, 0x0d, 0x32, 0x36,
	0x31, 0x31, 0x32, 0x31, 0x31, 0x34, 0x35, 0x38, 0x35, 0x38, 0x5a, 0x18,
	0x0f, 0x32, 0x31, 0x32, 0x36, 0x31, 0x30, 0x32, 0x38, 0x31, 0x34, 0x35,
	0x38, 0x35, 0x38, 0x5a, 0x30, 0x0d, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03,
	0x55, 0x04, 0x03, 0x0c, 0x02, 0x6b, 0x73, 0x30, 0x2a, 0x30, 0x05, 0x06,
	0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00, 0xc5, 0xac, 0x70, 0x17, 0x15,
	0x72, 0x75, 0xd7, 0x91, 0x0c, 0x11, 0x87, 0xcd, 0xbf, 0xf5, 0x80, 0x21,
	0x0d, 0x1c, 0xb5, 0xf1, 0x05, 0xf2, 0x7e, 0x25, 0x24, 0x79, 0x3d, 0x00,
	0x31, 0x71, 0x82, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x41,
	0x00, 0xc4, 0x2e, 0xeb, 0xcc, 0x51, 0x07, 0x3c, 0xb5, 0x8c, 0x33, 0x5b,
	0x91, 0x63, 0x5b, 0x54, 0x84, 0x91, 0xd0, 0x5f, 0x88, 0x58, 0xf1, 0xcc,
	0x24, 0x74, 0xd9, 0xc9, 0x72, 0x81, 0xf4, 0xdf, 0x0b, 0x29, 0xd8, 0xbc,
	0x53, 0x72, 0xe5, 0x17, 0xe9, 0x75, 0x51, 0xba, 0xdf, 0x01, 0x3a, 0x78,
	0xa5, 0x81, 0x1b, 0x80, 0x22, 0x9f, 0x44, 0x8f, 0x99, 0x43, 0x72, 0x98,
	0x99, 0x4f, 0x7a, 0x18, 0x08,
};

static const struct wire_cert certs[] = {
	{ CERT_X509_SIGNATURE, { certificate, sizeof(certificate) } },
	{ CERT_X509_SIGNATURE, { certificate, sizeof(certificate) } },
	{ CERT_HASH_AND_URL, TEXT("a hash of twenty b. http://ks.example/cert") },
};

static const struct wire_cert certreqs[] = {
	{ CERT_X509_SIGNATURE, FILL(40) },
	{ CERT_OCSP_CONTENT, { NULL, 0 } },
};

static const struct wire_auth auth_psk = { .method = AUTH_METHOD_SHARED_KEY_MIC,
					   .data = FILL(32) };
static const struct wire_auth auth_signature = { .method = AUTH_METHOD_DIGITAL_SIGNATURE,
						 .algorithm = ED25519_ID, .data = FILL(64) };

/* Notifications, deletes, vendors */
static const struct wire_notify init_notifies[] = {
	{ .type = N_NAT_DETECTION_SOURCE_IP, .data = FILL(20) },
	{ .type = N_NAT_DETECTION_SOURCE_IP, .data = FILL(20) },
	{ .type = N_NAT_DETECTION_DESTINATION_IP, .data = FILL(20) },
	{ .type = N_IKEV2_FRAGMENTATION_SUPPORTED },
	{ .type = N_SIGNATURE_HASH_ALGORITHMS, .data = BYTES(0, 2, 0, 5) },
	{ .type = N_USE_PPK },
	{ .type = N_INTERMEDIATE_EXCHANGE_SUPPORTED },
};

static const struct wire_notify cookie_notifies[] = {
	{ .type = N_NAT_DETECTION_SOURCE_IP, .data = FILL(20) },
	{ .type = N_COOKIE, .data = FILL(64) },
};

static const struct wire_notify cookie_wanted[] = {
	{ .type = N_COOKIE, .data = FILL(24) },
};

static const struct wire_notify ke_wanted[] = {
	{ .type = N_INVALID_KE_PAYLOAD, .data = BYTES(0, 19) },
};

static const struct wire_notify ppk_notifies[] = {
	{ .type = N_PPK_IDENTITY, .data = BYTES(PPK_ID_FIXED, 'p', 'p', 'k') },
	{ .type = N_NO_PPK_AUTH, .data = FILL(32) },
	{ .type = N_INITIAL_CONTACT },
};

static const struct wire_notify ppk_used[] = { { .type = N_PPK_IDENTITY } };
static const struct wire_notify failed[] = { { .type = N_AUTHENTICATION_FAILED } };
static const struct wire_notify no_group[] = { { .type = N_INVALID_GROUP_ID } };
static const struct wire_notify leaving[] = { { .type = N_REGISTRATION_FAILED } };
static const struct wire_notify no_ike_spi[] = { { .type = N_INVALID_IKE_SPI } };
static const struct wire_notify no_child[] = { { .type = N_NO_ADDITIONAL_SAS } };

static const struct wire_notify rekey_child[] = {
	{ .type = N_USE_TRANSPORT_MODE },
	{ .type = N_REKEY_SA, .protocol = PROTO_ESP, .spi = FILL(4) },
};

static const struct wire_notify sender[] = {
	{ .type = N_GROUP_SENDER, .data = BYTES(0, 0, 0, 2) },
};

static const struct wire_delete delete_ike[] = { { .protocol = PROTO_IKE } };

static const struct wire_delete delete_children[] = {
	{ .protocol = PROTO_ESP, .spi_size = 4, .n_spis = 2, .spis = FILL(8) },
	{ .protocol = PROTO_AH, .spi_size = 4, .n_spis = 1, .spis = FILL(4) },
};

static const struct wire_delete delete_all[] = {
	{ .protocol = PROTO_ESP, .spi_size = 4, .n_spis = 1, .spis = BYTES(0, 0, 0, 0) },
	{ .protocol = PROTO_GIKE_UPDATE, .spi_size = 16, .n_spis = 1,
	  .spis = BYTES(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) },
};

static const struct wire_delete delete_gsa[] = { { .protocol = PROTO_NONE } };

static const struct chunk vendors[] = { TEXT("gemcast"), FILL(16), { NULL, 0 } };

/* Traffic selectors */
static const struct wire_ts tsi[] = {
	{ .type = TS_IPV4_ADDR_RANGE, .end_port = 65535, .end = { 255, 255, 255, 255 } },
	{ .type = TS_IPV6_ADDR_RANGE, .protocol = 17, .start_port = 100, .end_port = 200,
	  .start = { 0x20, 1 }, .end = { 0x20, 1, [15] = 9 } },
	{ .type = TS_SECLABEL, .other = TEXT("label") },
};

static const struct wire_ts tsr[] = {
	{ .type = TS_IPV4_ADDR_RANGE, .protocol = 6, .start_port = 65535, .end_port = 0,
	  .start = { 10, 0, 0, 1 }, .end = { 10, 0, 0, 1 } },
};

#define ANY4		{ .type = TS_IPV4_ADDR_RANGE, .end_port = 65535,		\
			  .end = { 255, 255, 255, 255 } }
#define GROUP4(last)	{ .type = TS_IPV4_ADDR_RANGE, .protocol = 17, .end_port = 65535, \
			  .start = { 239, 1, 1, (last) }, .end = { 239, 1, 1, (last) } }
#define GROUP6		{ .type = TS_IPV6_ADDR_RANGE, .end_port = 65535,		\
			  .start = { 0xff, 0x0e, [15] = 1 }, .end = { 0xff, 0x0e, [15] = 1 } }
#define ANY6		{ .type = TS_IPV6_ADDR_RANGE, .end_port = 65535,		\
			  .end = { 255, 255, 255, 255, 255, 255, 255, 255,		\
				   255, 255, 255, 255, 255, 255, 255, 255 } }
#define KS4		{ .type = TS_IPV4_ADDR_RANGE, .protocol = 17, .start_port = 848, \
			  .end_port = 848, .start = { 192, 0, 2, 9 }, .end = { 192, 0, 2, 9 } }
#define REKEY4		{ .type = TS_IPV4_ADDR_RANGE, .protocol = 17, .start_port = 848, \
			  .end_port = 848, .start = { 239, 9, 9, 9 }, .end = { 239, 9, 9, 9 } }

/* GSA */
#define SPI_REKEY	FILL(16)
#define SPI_ESP		BYTES(0x10, 0, 0, 1)
#define SPI_ESP_6	BYTES(0x10, 0, 0, 2)
#define SPI_AH		BYTES(0x10, 0, 0, 3)

static const struct chunk next_rekey[] = { BYTES(9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9) };
static const struct chunk next_esp[] = { BYTES(0x20, 0, 0, 1), BYTES(0x20, 0, 0, 2) };

static const struct wire_transform rekey_signed[] = {
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 256 },
	{ .type = TRANSFORM_GCAUTH, .id = GCAUTH_DIGITAL_SIGNATURE, .algorithm = ED25519_ID },
	{ .type = TRANSFORM_KWA, .id = KW_5649_256 },
};

static const struct wire_transform rekey_implicit[] = {
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_CBC, .key_length = 128 },
	{ .type = TRANSFORM_INTEG, .id = AUTH_HMAC_SHA2_256_128 },
	{ .type = TRANSFORM_GCAUTH, .id = GCAUTH_IMPLICIT },
	{ .type = TRANSFORM_KWA, .id = KW_5649_128 },
};

static const struct wire_transform rekey_again[] = {
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 256 },
	{ .type = TRANSFORM_INTEG, .id = AUTH_NONE },
	{ .type = TRANSFORM_KWA, .id = KW_5649_256 },
};

static const struct wire_policy policies[] = {
	{ .protocol = PROTO_GIKE_UPDATE, .spi = SPI_REKEY, .src = KS4, .dst = REKEY4,
	  .transforms = LIST(rekey_signed), .has_lifetime = true, .lifetime = 86400,
	  .has_initial_message_id = true, .initial_message_id = 17,
	  .next_spis = LIST(next_rekey) },
	{ .protocol = PROTO_ESP, .spi = SPI_ESP, .src = ANY4, .dst = GROUP4(1),
	  .transforms = LIST(esp_gcm_senders), .has_lifetime = true, .lifetime = 3600,
	  .next_spis = LIST(next_esp) },
	{ .protocol = PROTO_ESP, .spi = SPI_ESP_6, .src = ANY6, .dst = GROUP6,
	  .transforms = LIST(esp_gcm), .has_lifetime = true, .lifetime = 3600 },
	{ .protocol = PROTO_AH, .spi = SPI_AH, .src = ANY4, .dst = GROUP4(2),
	  .transforms = LIST(ah_hmac), .has_lifetime = true, .lifetime = 3600 },
};

static const struct wire_policy policies_implicit[] = {
	{ .protocol = PROTO_ESP, .spi = SPI_ESP, .src = ANY4, .dst = GROUP4(1),
	  .transforms = LIST(esp_gcm), .has_lifetime = true, .lifetime = 60 },
	{ .protocol = PROTO_GIKE_UPDATE, .spi = SPI_REKEY, .src = ANY4, .dst = REKEY4,
	  .transforms = LIST(rekey_implicit), .has_lifetime = true, .lifetime = 60 },
};

static const struct wire_policy policies_inband[] = {
	{ .protocol = PROTO_ESP, .spi = SPI_ESP, .src = ANY4, .dst = GROUP4(1),
	  .transforms = LIST(esp_gcm) },
};

static const struct wire_policy policies_again[] = {
	{ .protocol = PROTO_GIKE_UPDATE, .spi = SPI_REKEY, .src = KS4, .dst = REKEY4,
	  .transforms = LIST(rekey_again), .has_lifetime = true, .lifetime = 86400 },
	{ .protocol = PROTO_ESP, .spi = SPI_ESP, .src = ANY4, .dst = GROUP4(1),
	  .transforms = LIST(esp_gcm_senders), .has_lifetime = true, .lifetime = 3600 },
};

static const struct wire_group_wide group_wide = {
	.has_atd = true, .atd = 5, .has_dtd = true, .dtd = 10,
	.has_sender_id_bits = true, .sender_id_bits = 16,
};

static const struct wire_group_wide delays = { .has_atd = true, .atd = 5, .has_dtd = true,
					       .dtd = 0 };

static const struct wire_gsa gsa = { LIST(policies), &group_wide };
static const struct wire_gsa gsa_implicit = { LIST(policies_implicit), NULL };
static const struct wire_gsa gsa_inband = { LIST(policies_inband), &delays };
static const struct wire_gsa gsa_again = { LIST(policies_again), &delays };

/* KD */
static const struct wire_key sa_key[] = { { 0, 0, FILL(40) } };
static const struct wire_key sa_keys[] = { { 0, 1, FILL(88) }, { 0, 15, FILL(88) } };
static const struct wire_key wrap_keys[] = { { 6, 15, FILL(40) }, { 16, 15, FILL(40) },
					     { 16, 11, FILL(40) } };
static const uint32_t sender_ids[] = { 3, 0x12345678 };

static const struct wire_key_bag bags[] = {
	{ PROTO_GIKE_UPDATE, SPI_REKEY, LIST(sa_key) },
	{ PROTO_ESP, SPI_ESP, LIST(sa_key) },
	{ PROTO_ESP, SPI_ESP_6, LIST(sa_key) },
	{ PROTO_AH, SPI_AH, LIST(sa_key) },
};

static const struct wire_key_bag bags_implicit[] = {
	{ PROTO_ESP, SPI_ESP, LIST(sa_key) },
	{ PROTO_GIKE_UPDATE, SPI_REKEY, LIST(sa_key) },
};

static const struct wire_key_bag bags_inband[] = {
	{ PROTO_ESP, SPI_ESP, LIST(sa_key) },
};

static const struct wire_key_bag bags_again[] = {
	{ PROTO_GIKE_UPDATE, SPI_REKEY, LIST(sa_keys) },
};

static const struct wire_member_bag member = {
	.wrap_keys = LIST(wrap_keys), .auth_key = FILL(44), .sender_ids = LIST(sender_ids),
};

static const struct wire_member_bag member_inband = { .sender_ids = LIST(sender_ids) };
static const struct wire_member_bag member_again = { .wrap_keys = LIST(wrap_keys),
						     .auth_key = FILL(44) };

static const struct wire_kd kd = { LIST(bags), &member };
static const struct wire_kd kd_implicit = { LIST(bags_implicit), NULL };
static const struct wire_kd kd_inband = { LIST(bags_inband), &member_inband };
static const struct wire_kd kd_inband_again = { LIST(bags_inband), NULL };
static const struct wire_kd kd_again = { LIST(bags_again), &member_again };

/* The messages */
#define SPI_I		0x1122334455667788
#define SPI_R		0x99aabbccddeeff00
#define INIT_REQUEST	{ SPI_I, 0, IKE_SA_INIT, false, true, 0 }
#define INIT_RESPONSE	{ SPI_I, SPI_R, IKE_SA_INIT, true, false, 0 }
#define REQUEST(type)	{ SPI_I, SPI_R, type, false, true, 1 }
#define RESPONSE(type)	{ SPI_I, SPI_R, type, true, false, 1 }

struct sample {
	const char *name;
	struct wire_message m;
	const char *text;	/* what wire_describe() says of it */
};

static const struct sample samples[] = {
	{ "sa-init-request",
	  { .header = INIT_REQUEST, .proposals = LIST(ike_offer), .ke = &ke, .nonce = FILL(32),
	    .notifies = LIST(init_notifies), .vendors = LIST(vendors) },
	  "IKE_SA_INIT request 0 [ SA KE Nonce N(NAT_DETECTION_SOURCE_IP) "
	  "N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP) "
	  "N(IKEV2_FRAGMENTATION_SUPPORTED) N(SIGNATURE_HASH_ALGORITHMS) N(USE_PPK) "
	  "N(INTERMEDIATE_EXCHANGE_SUPPORTED) V V V ]" },
	{ "sa-init-cookie",
	  { .header = INIT_REQUEST, .proposals = LIST(ike_offer), .ke = &ke_ecp,
	    .nonce = FILL(16), .notifies = LIST(cookie_notifies) },
	  "IKE_SA_INIT request 0 [ N(COOKIE) SA KE Nonce N(NAT_DETECTION_SOURCE_IP) ]" },
	{ "sa-init-response",
	  { .header = INIT_RESPONSE, .proposals = LIST(ike_answer), .ke = &ke, .nonce = FILL(32),
	    .certreqs = LIST(certreqs), .notifies = LIST(init_notifies) },
	  "IKE_SA_INIT response 0 [ SA KE Nonce CERTREQ CERTREQ N(NAT_DETECTION_SOURCE_IP) "
	  "N(NAT_DETECTION_SOURCE_IP) N(NAT_DETECTION_DESTINATION_IP) "
	  "N(IKEV2_FRAGMENTATION_SUPPORTED) N(SIGNATURE_HASH_ALGORITHMS) N(USE_PPK) "
	  "N(INTERMEDIATE_EXCHANGE_SUPPORTED) ]" },
	{ "sa-init-cookie-wanted",
	  { .header = { SPI_I, 0, IKE_SA_INIT, true, false, 0 }, .notifies = LIST(cookie_wanted) },
	  "IKE_SA_INIT response 0 [ N(COOKIE) ]" },
	{ "sa-init-ke-wanted",
	  { .header = INIT_RESPONSE, .notifies = LIST(ke_wanted) },
	  "IKE_SA_INIT response 0 [ N(INVALID_KE_PAYLOAD) ]" },
	{ "intermediate-request",
	  { .header = REQUEST(IKE_INTERMEDIATE), .ke = &ke_new },
	  "IKE_INTERMEDIATE request 1 [ KE ]" },
	{ "intermediate-response",
	  { .header = RESPONSE(IKE_INTERMEDIATE), .ke = &ke_new },
	  "IKE_INTERMEDIATE response 1 [ KE ]" },
	{ "auth-request",
	  { .header = REQUEST(IKE_AUTH), .idi = &id_fqdn, .idr = &id_mail, .certs = LIST(certs),
	    .certreqs = LIST(certreqs), .auth = &auth_signature, .proposals = LIST(esp_offer),
	    .tsi = LIST(tsi), .tsr = LIST(tsr), .notifies = LIST(ppk_notifies) },
	  "IKE_AUTH request 1 [ IDi CERT CERT CERT CERTREQ CERTREQ IDr AUTH SA TSi TSr "
	  "N(PPK_IDENTITY) N(NO_PPK_AUTH) N(INITIAL_CONTACT) ]" },
	{ "auth-response",
	  { .header = RESPONSE(IKE_AUTH), .idr = &id_mail, .auth = &auth_psk,
	    .proposals = LIST(esp_answer), .tsi = LIST(tsi), .tsr = LIST(tsr),
	    .notifies = LIST(ppk_used) },
	  "IKE_AUTH response 1 [ IDr AUTH SA TSi TSr N(PPK_IDENTITY) ]" },
	{ "auth-failed",
	  { .header = RESPONSE(IKE_AUTH), .notifies = LIST(failed) },
	  "IKE_AUTH response 1 [ N(AUTHENTICATION_FAILED) ]" },
	{ "auth-no-child",
	  { .header = RESPONSE(IKE_AUTH), .idr = &id_addr6, .certs = LIST(certs),
	    .auth = &auth_signature, .notifies = LIST(no_child) },
	  "IKE_AUTH response 1 [ IDr CERT CERT CERT AUTH N(NO_ADDITIONAL_SAS) ]" },
	{ "child-rekey-ike",
	  { .header = REQUEST(CREATE_CHILD_SA), .proposals = LIST(ike_rekey_offer),
	    .nonce = FILL(32), .ke = &ke },
	  "CREATE_CHILD_SA request 1 [ SA Nonce KE ]" },
	{ "child-rekey-ike-response",
	  { .header = RESPONSE(CREATE_CHILD_SA), .proposals = LIST(ike_rekey_answer),
	    .nonce = FILL(32), .ke = &ke },
	  "CREATE_CHILD_SA response 1 [ SA Nonce KE ]" },
	{ "child-rekey-esp",
	  { .header = REQUEST(CREATE_CHILD_SA), .proposals = LIST(esp_offer), .nonce = FILL(132),
	    .tsi = LIST(tsi), .tsr = LIST(tsr), .notifies = LIST(rekey_child) },
	  "CREATE_CHILD_SA request 1 [ N(REKEY_SA) SA Nonce TSi TSr N(USE_TRANSPORT_MODE) ]" },
	{ "child-refused",
	  { .header = RESPONSE(CREATE_CHILD_SA), .notifies = LIST(no_child) },
	  "CREATE_CHILD_SA response 1 [ N(NO_ADDITIONAL_SAS) ]" },
	{ "informational-delete-ike",
	  { .header = REQUEST(INFORMATIONAL), .deletes = LIST(delete_ike) },
	  "INFORMATIONAL request 1 [ D ]" },
	{ "informational-delete-children",
	  { .header = REQUEST(INFORMATIONAL), .deletes = LIST(delete_children),
	    .notifies = LIST(failed) },
	  "INFORMATIONAL request 1 [ D D N(AUTHENTICATION_FAILED) ]" },
	{ "informational-empty",
	  { .header = RESPONSE(INFORMATIONAL) },
	  "INFORMATIONAL response 1 [ ]" },
	{ "gsa-auth-request",
	  { .header = REQUEST(GSA_AUTH), .idi = &id_addr4, .idr = &id_mail, .idg = &id_group,
	    .certs = LIST(certs), .certreqs = LIST(certreqs), .auth = &auth_signature,
	    .proposals = LIST(sag), .notifies = LIST(sender) },
	  "GSA_AUTH request 1 [ IDi CERT CERT CERT CERTREQ CERTREQ IDr AUTH IDg SA "
	  "N(GROUP_SENDER) ]" },
	{ "gsa-auth-response",
	  { .header = RESPONSE(GSA_AUTH), .idr = &id_mail, .certs = LIST(certs),
	    .auth = &auth_signature, .gsa = &gsa, .kd = &kd },
	  "GSA_AUTH response 1 [ IDr CERT CERT CERT AUTH GSA KD ]" },
	{ "gsa-auth-refused",
	  { .header = RESPONSE(GSA_AUTH), .idr = &id_mail, .auth = &auth_psk,
	    .notifies = LIST(no_group) },
	  "GSA_AUTH response 1 [ IDr AUTH N(INVALID_GROUP_ID) ]" },
	{ "gsa-auth-failed",
	  { .header = RESPONSE(GSA_AUTH), .notifies = LIST(failed) },
	  "GSA_AUTH response 1 [ N(AUTHENTICATION_FAILED) ]" },
	{ "gsa-registration-request",
	  { .header = REQUEST(GSA_REGISTRATION), .idg = &id_group, .proposals = LIST(sag),
	    .notifies = LIST(sender) },
	  "GSA_REGISTRATION request 1 [ IDg SA N(GROUP_SENDER) ]" },
	{ "gsa-registration-inband",
	  { .header = RESPONSE(GSA_REGISTRATION), .gsa = &gsa_inband, .kd = &kd_inband },
	  "GSA_REGISTRATION response 1 [ GSA KD ]" },
	{ "gsa-registration-implicit",
	  { .header = RESPONSE(GSA_REGISTRATION), .gsa = &gsa_implicit, .kd = &kd_implicit },
	  "GSA_REGISTRATION response 1 [ GSA KD ]" },
	{ "gsa-registration-leave",
	  { .header = REQUEST(GSA_REGISTRATION), .idg = &id_group, .notifies = LIST(leaving) },
	  "GSA_REGISTRATION request 1 [ IDg N(REGISTRATION_FAILED) ]" },
	{ "gsa-registration-empty",
	  { .header = RESPONSE(GSA_REGISTRATION) },
	  "GSA_REGISTRATION response 1 [ ]" },
	{ "gsa-rekey",
	  { .header = { SPI_I, SPI_R, GSA_REKEY, false, true, 18 }, .gsa = &gsa_again,
	    .kd = &kd_again, .auth = &auth_signature },
	  "GSA_REKEY request 18 [ GSA KD AUTH ]" },
	{ "gsa-rekey-delete-all",
	  { .header = { SPI_I, 0, GSA_REKEY, false, true, 19 }, .deletes = LIST(delete_all),
	    .auth = &auth_signature },
	  "GSA_REKEY request 19 [ D D AUTH ]" },
	{ "gsa-rekey-delete-gsa",
	  { .header = { SPI_I, SPI_R, GSA_REKEY, false, true, 20 }, .deletes = LIST(delete_gsa) },
	  "GSA_REKEY request 20 [ D ]" },
	{ "gsa-inband-rekey",
	  { .header = REQUEST(GSA_INBAND_REKEY), .gsa = &gsa_inband, .kd = &kd_inband_again,
	    .deletes = LIST(delete_children) },
	  "GSA_INBAND_REKEY request 1 [ GSA KD D D ]" },
	{ "gsa-inband-rekey-response",
	  { .header = RESPONSE(GSA_INBAND_REKEY) },
	  "GSA_INBAND_REKEY response 1 [ ]" },
	{ "unprotected-error",
	  { .header = RESPONSE(INFORMATIONAL), .notifies = LIST(no_ike_spi) },
	  "INFORMATIONAL response 1 [ N(INVALID_IKE_SPI) ]" },
};

#define N_SAMPLES	(sizeof(samples) / sizeof(samples[0]))

static inline bool is_clear(const struct sample *sample)
{
	return sample->m.header.exchange == IKE_SA_INIT || sample->m.notifies == no_ike_spi;
}

/*
 * A sample as a datagram: its Encrypted payload, if it has one, has no IV, no ICV and
 * an encryption that changes nothing (ENCR_NULL). How long it is; @data has room for
 * all there can be.
 */
static inline size_t write_datagram(const struct sample *sample, uint8_t *data)
{
	static const struct wire_cipher none = { .block = 1 };
	static struct coded inner;
	struct writer w = writer_to(data, UINT16_MAX);
	struct wire_sealed at;
	struct wire_sk sk;

	if (is_clear(sample)) {
		wire_write_clear(&w, &sample->m);
		return written(&w).len;
	}
	encode(&inner, &sample->m, false);
	sk = (struct wire_sk){ .first = inner.inner.first };
	wire_write_sealed(&w, &sample->m.header, &sk, (struct chunk){ inner.data, inner.len },
			  &none, &at);
	return written(&w).len;
}

#endif
