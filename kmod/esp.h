/* SPDX-License-Identifier: GPL-2.0 */
/* ESP packets: header, IV, padding and trailer (RFC 4303, RFC 4106). */
#ifndef GEMCAST_ESP_H
#define GEMCAST_ESP_H

#include <linux/ip.h>
#include <net/esp.h>
#include "sa.h"

#define GEMCAST_ESP_IV_LEN	8
/* In front of the payload. */
#define GEMCAST_ESP_HEAD	(sizeof(struct ip_esp_hdr) + GEMCAST_ESP_IV_LEN)
/* Pad Length and Next Header. */
#define GEMCAST_ESP_TRAILER	2
#define GEMCAST_ESP_ALIGN	4

/* Length of the ESP packet for @payload bytes. */
static inline unsigned int gemcast_esp_len(const struct gemcast_sa *sa,
					   unsigned int payload)
{
	return GEMCAST_ESP_HEAD +
	       ALIGN(payload + GEMCAST_ESP_TRAILER, GEMCAST_ESP_ALIGN) +
	       sa->aead.icv;
}

/* Longest payload of an ESP packet of at most @len bytes. */
static inline unsigned int gemcast_esp_payload(const struct gemcast_sa *sa,
					       unsigned int len)
{
	if (len < gemcast_esp_len(sa, 0))
		return 0;
	return ALIGN_DOWN(len - GEMCAST_ESP_HEAD - sa->aead.icv,
			  GEMCAST_ESP_ALIGN) - GEMCAST_ESP_TRAILER;
}

/* What a received ESP packet turned out to be. */
struct gemcast_esp {
	u32 spi;
	u32 seq;
	unsigned int payload;		/* length */
	u8 next;			/* Next Header */
};

/*
 * @esp is linear and gemcast_esp_len() bytes long, its payload in place. Adds
 * all the rest and encrypts. Softirqs off. 0 or a negative errno.
 */
int gemcast_esp_seal(const struct gemcast_sa *sa, u8 *esp,
		     unsigned int payload, u8 next, u32 seq);
/*
 * Decrypts, in place, the ESP packet that begins at skb->data and ends with it,
 * which must be linear and writable, and accepts its number. @info->spi and
 * ->seq are set. Softirqs off, RCU. 0, or the counter of drops to count.
 */
int gemcast_esp_open(struct gemcast_net *gn, struct gemcast_sa *sa,
		     struct sk_buff *skb, const struct in6_addr *src,
		     struct gemcast_esp *info);
/* Its two halves; the first may be done on any CPU, and takes along the IV. */
int gemcast_esp_decrypt(struct gemcast_sa *sa, struct sk_buff *skb, u8 *iv);
int gemcast_esp_accept(struct gemcast_net *gn, struct gemcast_sa *sa,
		       const struct sk_buff *skb, const u8 *iv,
		       const struct in6_addr *src, struct gemcast_esp *info);
/* The same checks as far as they go before decryption; @offset: of ESP. */
int gemcast_esp_check(struct gemcast_sa *sa, struct sk_buff *skb,
		      unsigned int offset, const struct in6_addr *src,
		      struct gemcast_esp *info);

#endif
