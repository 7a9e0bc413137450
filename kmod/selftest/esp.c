// SPDX-License-Identifier: GPL-2.0
/*
 * Self-test of ESP with AES-GCM and AES-GMAC: known answers, byte for byte,
 * through the code that packets go through, and back. Included by esp.c.
 */

/* Published answers of RFC 4106: associated data (with the IV), text, answer. */
static const struct {
	const char *key, *assoc, *text, *answer;
} gemcast_aead_vectors[] = {
	{
		.key =
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		.assoc =
			"\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00",
		.text =
			"\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00",
		.answer =
			"\x03\x88\xda\xce\x60\xb6\xa3\x92"
			"\xf3\x28\xc2\xb9\x71\xb2\xfe\x78"
			"\x97\xfe\x4c\x23\x37\x42\x01\xe0"
			"\x81\x9f\x8d\xc5\xd7\x41\xa0\x1b",
	},
	{
		.key =
			"\xfe\xff\xe9\x92\x86\x65\x73\x1c\x6d\x6a"
			"\x8f\x94\x67\x30\x83\x08\x00\x00\x00\x00",
		.assoc =
			"\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x01",
		.text =
			"\x00\x00\x00\x00\x00\x00\x00\x00"
			"\x00\x00\x00\x00\x00\x00\x00\x00",
		.answer =
			"\xc0\x0d\x8b\x42\x0f\x8f\x34\x18"
			"\x88\xb1\xc5\xbc\xc5\xb6\xd6\x28"
			"\x6a\x9d\xdf\x11\x5e\xfe\x5e\x9d"
			"\x2f\x70\x44\x92\xf7\xf2\xe3\xef",
	},
	{
		.key =
			"\xfe\xff\xe9\x92\x86\x65\x73\x1c\x6d\x6a"
			"\x8f\x94\x67\x30\x83\x08\x00\x00\x00\x00",
		.assoc =
			"\x01\x01\x01\x01\x01\x01\x01\x01"
			"\x00\x00\x00\x00\x00\x00\x00\x00",
		.text =
			"\x01\x01\x01\x01\x01\x01\x01\x01"
			"\x01\x01\x01\x01\x01\x01\x01\x01",
		.answer =
			"\x4b\xb1\xb5\xe3\x25\x71\x70\xde"
			"\x7f\xc9\x9c\xa5\x14\x19\xf2\xac"
			"\x90\x92\xb7\xe3\x5f\xa3\x9a\x63"
			"\x7e\xd7\x1f\xd8\xd3\x7c\x4b\xf5",
	},
};

/*
 * Whole packets, computed by OpenSSL. Key byte i is 7 i + 3 + the length of the
 * AES key, salt byte i is 17 i + 202, payload byte i is 3 i + 1.
 */
static const struct gemcast_esp_vector {
	const char *name;
	enum gemcast_aead_alg alg;
	unsigned int key_len, icv, payload, len;
	u32 spi, seq;
	u64 iv;
	u8 next;
	const char *esp;
} gemcast_esp_vectors[] = {
	{
		.name = "128-bit key, ICV of 16",
		.key_len = 20, .icv = 16,
		.spi = 0x1001, .seq = 0x1, .iv = 0x0300000000000001ULL,
		.payload = 20, .next = 4,
		.len = 56,
		.esp =
			"\x00\x00\x10\x01\x00\x00\x00\x01\x03\x00\x00\x00"
			"\x00\x00\x00\x01\x1f\xf7\xfb\x35\x42\x12\x72\x47"
			"\xcf\x63\xd0\x7b\x26\xcc\x0f\x48\x05\x67\x91\xab"
			"\xfe\xfd\xb6\x77\xd7\x8f\x8d\x8a\xad\x68\xa1\x7f"
			"\x58\xcb\x02\xb7\x10\x12\xed\x56",
	},
	{
		.name = "256-bit key, ICV of 12",
		.key_len = 36, .icv = 12,
		.spi = 0xfedcba98, .seq = 0x87654321, .iv = 0x4956ed7e3b244cfeULL,
		.payload = 61, .next = 17,
		.len = 92,
		.esp =
			"\xfe\xdc\xba\x98\x87\x65\x43\x21\x49\x56\xed\x7e"
			"\x3b\x24\x4c\xfe\x7c\x2d\xaf\x32\x37\xaf\x32\x6f"
			"\x45\x91\x6d\x34\x6d\xa5\xf5\x2e\xe1\x35\x1e\xdd"
			"\xdd\x2c\x38\x7f\xf3\x90\x5e\x07\x4b\xeb\x29\x9b"
			"\x12\xe6\x28\xab\x12\xbf\xc7\x6f\xe4\x2e\x6b\x99"
			"\xd3\x5f\xef\xe2\xc7\x95\x1a\x8b\xef\xc8\xf6\xbd"
			"\x5e\xa8\x71\x20\x20\x45\xe3\x38\xf7\x83\xc4\x93"
			"\x7b\x27\xef\x8c\x36\xff\x51\x4e",
	},
	{
		.name = "256-bit key, ICV of 8, nothing inside",
		.key_len = 36, .icv = 8,
		.spi = 0x100, .seq = 0xffffffff, .iv = 0xfffffffffffffffeULL,
		.payload = 0, .next = 59,
		.len = 28,
		.esp =
			"\x00\x00\x01\x00\xff\xff\xff\xff\xff\xff\xff\xff"
			"\xff\xff\xff\xfe\x4b\xdf\x59\x11\x99\x82\x20\x11"
			"\x9d\x61\xa6\xac",
	},
	{
		.name = "AES-GMAC, 128-bit key",
		.alg = GEMCAST_AEAD_GMAC, .key_len = 20, .icv = 16,
		.spi = 0x1001, .seq = 0x1, .iv = 0x0300000000000001ULL,
		.payload = 20, .next = 4,
		.len = 56,
		.esp =
			"\x00\x00\x10\x01\x00\x00\x00\x01\x03\x00\x00\x00"
			"\x00\x00\x00\x01\x01\x04\x07\x0a\x0d\x10\x13\x16"
			"\x19\x1c\x1f\x22\x25\x28\x2b\x2e\x31\x34\x37\x3a"
			"\x01\x02\x02\x04\xd8\x38\x94\x58\xfa\x1e\x8f\xa3"
			"\x0f\xd4\xf1\x50\xfe\x32\x87\xeb",
	},
	{
		.name = "AES-GMAC, 256-bit key",
		.alg = GEMCAST_AEAD_GMAC, .key_len = 36, .icv = 16,
		.spi = 0xfedcba98, .seq = 0x87654321, .iv = 0x4956ed7e3b244cfeULL,
		.payload = 61, .next = 17,
		.len = 96,
		.esp =
			"\xfe\xdc\xba\x98\x87\x65\x43\x21\x49\x56\xed\x7e"
			"\x3b\x24\x4c\xfe\x01\x04\x07\x0a\x0d\x10\x13\x16"
			"\x19\x1c\x1f\x22\x25\x28\x2b\x2e\x31\x34\x37\x3a"
			"\x3d\x40\x43\x46\x49\x4c\x4f\x52\x55\x58\x5b\x5e"
			"\x61\x64\x67\x6a\x6d\x70\x73\x76\x79\x7c\x7f\x82"
			"\x85\x88\x8b\x8e\x91\x94\x97\x9a\x9d\xa0\xa3\xa6"
			"\xa9\xac\xaf\xb2\xb5\x01\x01\x11\x7a\x3f\x26\xc2"
			"\x1e\x5e\xf3\x76\xe0\x21\x49\xed\x68\xf5\xba\xe1",
	},
	{
		.name = "AES-GMAC, nothing inside",
		.alg = GEMCAST_AEAD_GMAC, .key_len = 36, .icv = 16,
		.spi = 0x100, .seq = 0xffffffff, .iv = 0xfffffffffffffffeULL,
		.payload = 0, .next = 59,
		.len = 36,
		.esp =
			"\x00\x00\x01\x00\xff\xff\xff\xff\xff\xff\xff\xff"
			"\xff\xff\xff\xfe\x01\x02\x02\x3b\xbe\x34\x21\x8a"
			"\xd9\xe5\xc5\x66\x3b\x40\x86\xa6\x77\xa4\x3b\x08",
	},
};

static bool __init gemcast_selftest_aead(void)
{
	struct gemcast_aead aead = {};
	bool ok = true;
	u8 esp[48];
	int i;

	for (i = 0; ok && i < ARRAY_SIZE(gemcast_aead_vectors); i++) {
		if (gemcast_aead_setup(&aead, GEMCAST_AEAD_GCM,
				       gemcast_aead_vectors[i].key, 20, 16))
			return false;
		memcpy(esp, gemcast_aead_vectors[i].assoc, 16);
		memcpy(esp + 16, gemcast_aead_vectors[i].text, 16);
		local_bh_disable();
		ok = !gemcast_aead_seal(&aead, esp, 16) &&
		     !memcmp(esp + 16, gemcast_aead_vectors[i].answer, 32) &&
		     !gemcast_aead_open(&aead, esp, 16) &&
		     !memcmp(esp + 16, gemcast_aead_vectors[i].text, 16);
		local_bh_enable();
		gemcast_aead_destroy(&aead);
	}
	return ok;
}

static bool __init gemcast_selftest_seal(struct gemcast_sa *sa, u8 *esp,
					 const struct gemcast_esp_vector *v)
{
	unsigned int i;

	for (i = 0; i < v->payload; i++)
		esp[GEMCAST_ESP_HEAD + i] = 3 * i + 1;
	return gemcast_esp_len(sa, v->payload) == v->len &&
	       !gemcast_esp_seal(sa, esp, v->payload, v->next, v->seq) &&
	       !memcmp(esp, v->esp, v->len);
}

static bool __init gemcast_selftest_open(struct gemcast_sa *sa,
					 struct sk_buff *skb,
					 const struct gemcast_esp_vector *v)
{
	struct gemcast_esp info;
	unsigned int i;

	if (gemcast_esp_check(sa, skb, 0, &in6addr_any, &info) ||
	    gemcast_esp_open(NULL, sa, skb, &in6addr_any, &info) ||
	    info.spi != v->spi || info.seq != v->seq ||
	    info.payload != v->payload || info.next != v->next)
		return false;
	for (i = 0; i < v->payload; i++)
		if (skb->data[GEMCAST_ESP_HEAD + i] != (u8)(3 * i + 1))
			return false;
	return true;
}

/* One flipped bit anywhere is found. */
static bool __init gemcast_selftest_flip(struct gemcast_sa *sa,
					 struct sk_buff *skb,
					 const struct gemcast_esp_vector *v)
{
	struct gemcast_esp info;
	unsigned int i;

	for (i = 0; i < v->len; i++) {
		memcpy(skb->data, v->esp, v->len);
		skb->data[i] ^= 1 << i % 8;
		if (gemcast_esp_open(NULL, sa, skb, &in6addr_any, &info) !=
		    GEMCAST_A_STATS_IN_BAD_ICV)
			return false;
	}
	return true;
}

static bool __init gemcast_selftest_packet(struct gemcast_sa *sa,
					   const struct gemcast_esp_vector *v)
{
	struct sk_buff *skb = alloc_skb(v->len, GFP_KERNEL);
	u8 key[GEMCAST_KEY_MAX];
	unsigned int i;
	bool ok;

	if (!skb)
		return false;
	skb_put(skb, v->len);
	for (i = 0; i < v->key_len - 4; i++)
		key[i] = 7 * i + 3 + v->key_len - 4;
	for (i = 0; i < 4; i++)
		key[v->key_len - 4 + i] = 17 * i + 202;
	sa->key.spi = v->spi;
	sa->iv_first = v->iv - v->seq;
	ok = !gemcast_aead_setup(&sa->aead, v->alg, key, v->key_len, v->icv);
	if (ok) {
		local_bh_disable();
		ok = gemcast_selftest_seal(sa, skb->data, v) &&
		     gemcast_selftest_open(sa, skb, v) &&
		     gemcast_selftest_flip(sa, skb, v);
		local_bh_enable();
		gemcast_aead_destroy(&sa->aead);
	}
	kfree_skb(skb);
	return ok;
}

bool __init gemcast_selftest_esp(void)
{
	struct gemcast_sa *sa = kzalloc(sizeof(*sa), GFP_KERNEL);
	bool ok = sa && gemcast_selftest_aead();
	int i;

	for (i = 0; ok && i < ARRAY_SIZE(gemcast_esp_vectors); i++) {
		ok = gemcast_selftest_packet(sa, &gemcast_esp_vectors[i]);
		if (!ok)
			pr_err("gemcast: selftest: %s\n",
			       gemcast_esp_vectors[i].name);
	}
	kfree(sa);
	return ok;
}
