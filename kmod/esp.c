// SPDX-License-Identifier: GPL-2.0
/*
 * ESP packets: makes and reads header, IV, padding and trailer, and asks the
 * replay windows. Works on linear memory; knows nothing of IP. No state of its
 * own, so no locks.
 */
#include "esp.h"

/**
 * gemcast_esp_seal() - Make the ESP packet around a payload and encrypt it.
 * @sa: the SA
 * @esp: where it begins; the payload stands GEMCAST_ESP_HEAD bytes behind
 * @payload: its length
 * @next: its protocol
 * @seq: sequence number, from gemcast_sa_take()
 *
 * Context: softirqs off.
 * Return: 0 or a negative errno.
 */
int gemcast_esp_seal(const struct gemcast_sa *sa, u8 *esp,
		     unsigned int payload, u8 next, u32 seq)
{
	unsigned int text = ALIGN(payload + GEMCAST_ESP_TRAILER,
				  GEMCAST_ESP_ALIGN);
	unsigned int pad = text - payload - GEMCAST_ESP_TRAILER;
	u8 *tail = esp + GEMCAST_ESP_HEAD + payload;
	struct ip_esp_hdr *hdr = (void *)esp;
	unsigned int i;

	hdr->spi = htonl(sa->key.spi);
	hdr->seq_no = htonl(seq);
	put_unaligned_be64(gemcast_sa_iv(sa, seq), hdr->enc_data);
	for (i = 1; i <= pad; i++)
		*tail++ = i;
	*tail++ = pad;
	*tail = next;
	return gemcast_aead_seal(&sa->aead, esp, text);
}

/* The sender that a replay window is kept for, if it is known by its Sender-ID. */
static struct in6_addr gemcast_esp_sid(const struct gemcast_sa *sa, const u8 *iv)
{
	return (struct in6_addr){ .s6_addr32 = {
		[3] = htonl(get_unaligned_be64(iv) >> (64 - sa->sid_bits))
	} };
}

static noinline bool gemcast_esp_check_sid(struct gemcast_sa *sa, const u8 *iv,
					   u32 seq)
{
	struct in6_addr sid = gemcast_esp_sid(sa, iv);

	return gemcast_replay_check(&sa->replays, &sid, seq);
}

static noinline int gemcast_esp_update_sid(struct gemcast_sa *sa, const u8 *iv,
					   const struct gemcast_esp *info,
					   unsigned int *news)
{
	struct in6_addr sid = gemcast_esp_sid(sa, iv);

	return gemcast_replay_update(&sa->replays, &sid, info->seq,
				     info->payload, news);
}

/* May it be new? See replay.h. */
static bool gemcast_esp_fresh(struct gemcast_sa *sa, const u8 *iv,
			      const struct in6_addr *src, u32 seq)
{
	switch (sa->replay) {
	case GEMCAST_REPLAY_NONE:
		return true;
	case GEMCAST_REPLAY_SID:
		return gemcast_esp_check_sid(sa, iv, seq);
	default:
		return gemcast_replay_check(&sa->replays, src, seq);
	}
}

/**
 * gemcast_esp_check() - What can be known of a packet before decryption.
 * @sa: the SA that it names
 * @skb: the packet
 * @offset: of its ESP header from skb->data; so far it becomes linear
 * @src: its source
 * @info: SPI and sequence number are filled in
 *
 * Context: RCU, softirqs off.
 * Return: 0, or the counter of drops to count.
 */
int gemcast_esp_check(struct gemcast_sa *sa, struct sk_buff *skb,
		      unsigned int offset, const struct in6_addr *src,
		      struct gemcast_esp *info)
{
	const struct ip_esp_hdr *hdr;

	info->spi = sa->key.spi;
	if (skb->len < offset + GEMCAST_ESP_HEAD + GEMCAST_ESP_TRAILER +
		       sa->aead.icv)
		return GEMCAST_A_STATS_IN_TRUNCATED;
	if (!pskb_may_pull(skb, offset + GEMCAST_ESP_HEAD))
		return GEMCAST_A_STATS_IN_NO_MEMORY;
	hdr = (void *)(skb->data + offset);
	info->seq = ntohl(hdr->seq_no);
	if (READ_ONCE(sa->dead))
		return GEMCAST_A_STATS_IN_EXPIRED;
	if (!gemcast_esp_fresh(sa, hdr->enc_data, src, info->seq)) {
		atomic64_inc(&sa->in_replays);
		return GEMCAST_A_STATS_IN_REPLAY;
	}
	return 0;
}

static __always_inline int
gemcast_esp_number(struct gemcast_net *gn, struct gemcast_sa *sa, const u8 *iv,
		   const struct in6_addr *src, const struct gemcast_esp *info)
{
	unsigned int news;
	int err;

	switch (sa->replay) {
	case GEMCAST_REPLAY_NONE:
		return 0;
	case GEMCAST_REPLAY_SID:
		err = gemcast_esp_update_sid(sa, iv, info, &news);
		break;
	default:
		err = gemcast_replay_update(&sa->replays, src, info->seq,
					    info->payload, &news);
	}
	if (news & GEMCAST_REPLAY_EVICTED)
		gemcast_stats_inc(gn, GEMCAST_A_STATS_SENDERS_EVICTED);
	if (news & GEMCAST_REPLAY_ENDING)
		gemcast_sa_ending(sa);
	if (err != -EALREADY)
		return err ? GEMCAST_A_STATS_IN_NO_MEMORY : 0;
	atomic64_inc(&sa->in_replays);
	return GEMCAST_A_STATS_IN_REPLAY;
}

static __always_inline int gemcast_esp_trailer(const u8 *text, unsigned int len,
					       struct gemcast_esp *info)
{
	unsigned int pad = text[len - 2], i;

	info->payload = 0;
	if (pad + GEMCAST_ESP_TRAILER > len)
		return GEMCAST_A_STATS_IN_BAD_PADDING;
	info->next = text[len - 1];
	info->payload = len - GEMCAST_ESP_TRAILER - pad;
	for (i = 0; i < pad; i++)
		if (text[info->payload + i] != i + 1)
			return GEMCAST_A_STATS_IN_BAD_PADDING;
	return 0;
}

/* Length of what is encrypted. */
static unsigned int gemcast_esp_text(const struct gemcast_sa *sa,
				     const struct sk_buff *skb)
{
	return skb->len - GEMCAST_ESP_HEAD - sa->aead.icv;
}

/*
 * Of the two halves of gemcast_esp_open(), which the compiler is to join there: a packet
 * that is in no lane pays for no further calls.
 */
static __always_inline int gemcast_esp_first_half(struct gemcast_sa *sa,
						  struct sk_buff *skb, u8 *iv)
{
	struct ip_esp_hdr *hdr = (void *)skb->data;
	int err;

	/* Some drivers use the IV's place. */
	memcpy(iv, hdr->enc_data, GEMCAST_ESP_IV_LEN);
	err = gemcast_aead_open(&sa->aead, skb->data,
				gemcast_esp_text(sa, skb));
	if (err == -EBADMSG) {
		atomic64_inc(&sa->in_bad_icv);
		return GEMCAST_A_STATS_IN_BAD_ICV;
	}
	return err ? GEMCAST_A_STATS_IN_CRYPTO : 0;
}

static __always_inline int
gemcast_esp_second_half(struct gemcast_net *gn, struct gemcast_sa *sa,
			const struct sk_buff *skb, const u8 *iv,
			const struct in6_addr *src, struct gemcast_esp *info)
{
	const struct ip_esp_hdr *hdr = (void *)skb->data;
	int bad, err;

	info->spi = ntohl(hdr->spi);
	info->seq = ntohl(hdr->seq_no);
	/* A replay first of all, but what it carries is counted. */
	bad = gemcast_esp_trailer(skb->data + GEMCAST_ESP_HEAD,
				  gemcast_esp_text(sa, skb), info);
	err = gemcast_esp_number(gn, sa, iv, src, info);
	return err ?: bad;
}

/**
 * gemcast_esp_open() - Authenticate, decrypt, and accept the number.
 * @gn: namespace
 * @sa: the SA that the packet names
 * @skb: ESP from skb->data on, linear and writable, gemcast_esp_check() passed
 * @src: source of the packet
 * @info: filled in
 *
 * Context: RCU, softirqs off.
 * Return: 0, or the counter of drops to count.
 */
int gemcast_esp_open(struct gemcast_net *gn, struct gemcast_sa *sa,
		     struct sk_buff *skb, const struct in6_addr *src,
		     struct gemcast_esp *info)
{
	u8 iv[GEMCAST_ESP_IV_LEN];
	int drop = gemcast_esp_first_half(sa, skb, iv);

	return drop ?: gemcast_esp_second_half(gn, sa, skb, iv, src, info);
}

int gemcast_esp_decrypt(struct gemcast_sa *sa, struct sk_buff *skb, u8 *iv)
{
	return gemcast_esp_first_half(sa, skb, iv);
}

int gemcast_esp_accept(struct gemcast_net *gn, struct gemcast_sa *sa,
		       const struct sk_buff *skb, const u8 *iv,
		       const struct in6_addr *src, struct gemcast_esp *info)
{
	return gemcast_esp_second_half(gn, sa, skb, iv, src, info);
}

#ifdef GEMCAST_SELFTEST
#include "selftest/selftest.h"
#include "selftest/esp.c"
#endif
