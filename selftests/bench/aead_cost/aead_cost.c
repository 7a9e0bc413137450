// SPDX-License-Identifier: GPL-2.0
/*
 * What AES-GCM for ESP itself costs: encrypts and decrypts a text of size bytes count
 * times between the plugin's markers when it is loaded, in one linear buffer, by the
 * driver that gemcast would take (kmod/aead.c).
 */
#include <asm/simd.h>
#include <crypto/aead.h>
#include <crypto/internal/simd.h>
#include <linux/bottom_half.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include "../marker.h"

#define ASSOC_LEN	16	/* the ESP header, the IV */
#define ICV_LEN		16

static unsigned int size = 96;
module_param(size, uint, 0444);
static unsigned int count = 1000;
module_param(count, uint, 0444);
static char driver[CRYPTO_MAX_ALG_NAME];
module_param_string(driver, driver, sizeof(driver), 0444);

static struct crypto_aead *aead_cost_alloc(void)
{
	struct crypto_aead *tfm, *fast;

	tfm = crypto_alloc_aead("rfc4106(gcm(aes))", 0, CRYPTO_ALG_ASYNC);
	if (IS_ERR(tfm) ||
	    !strstr(crypto_tfm_alg_driver_name(crypto_aead_tfm(tfm)), "gcm_base("))
		return tfm;
	fast = crypto_alloc_aead("__rfc4106(gcm(aes))", CRYPTO_ALG_INTERNAL,
				 CRYPTO_ALG_INTERNAL | CRYPTO_ALG_ASYNC);
	if (IS_ERR(fast))
		return tfm;
	crypto_free_aead(tfm);
	return fast;
}

static int aead_cost_rounds(struct aead_request *req, u8 *esp, unsigned int rounds)
{
	struct scatterlist sg;
	int err = 0;

	sg_init_one(&sg, esp, ASSOC_LEN + size + ICV_LEN);
	aead_request_set_callback(req, 0, NULL, NULL);
	aead_request_set_ad(req, ASSOC_LEN);
	while (rounds-- && !err) {
		aead_request_set_crypt(req, &sg, &sg, size, esp + 8);
		err = crypto_aead_encrypt(req);
		if (err)
			break;
		aead_request_set_crypt(req, &sg, &sg, size + ICV_LEN, esp + 8);
		err = crypto_aead_decrypt(req);
	}
	return err;
}

static int aead_cost_measure(struct crypto_aead *tfm)
{
	struct aead_request *req = aead_request_alloc(tfm, GFP_KERNEL);
	u8 *esp = (u8 *)get_zeroed_page(GFP_KERNEL);
	u8 key[20];
	int err = -ENOMEM;

	if (!req || !esp)
		goto out;
	get_random_bytes(key, sizeof(key));
	err = crypto_aead_setkey(tfm, key, sizeof(key)) ?:
	      crypto_aead_setauthsize(tfm, ICV_LEN);
	if (err)
		goto out;
	local_bh_disable();
	err = -EBUSY;
	if (crypto_simd_usable())
		err = aead_cost_rounds(req, esp, 10);
	if (!err) {
		marker_begin();
		err = aead_cost_rounds(req, esp, count);
		marker_end();
	}
	local_bh_enable();
out:
	free_page((unsigned long)esp);
	aead_request_free(req);
	return err;
}

static int __init aead_cost_init(void)
{
	struct crypto_aead *tfm;
	int err;

	if (size > PAGE_SIZE - ASSOC_LEN - ICV_LEN)
		return -EINVAL;
	tfm = aead_cost_alloc();
	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	strscpy(driver, crypto_tfm_alg_driver_name(crypto_aead_tfm(tfm)), sizeof(driver));
	err = aead_cost_measure(tfm);
	crypto_free_aead(tfm);
	return err;
}

static void __exit aead_cost_exit(void)
{
}

module_init(aead_cost_init);
module_exit(aead_cost_exit);
MODULE_DESCRIPTION("What AES-GCM for ESP costs");
MODULE_LICENSE("GPL");
