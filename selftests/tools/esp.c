// SPDX-License-Identifier: GPL-2.0-or-later
#include <err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "esp.h"

#define KEY_TEXT_MAX	256

size_t hex_parse(const char *hex, uint8_t *bytes, size_t max)
{
	size_t n = 0;

	if (!strncmp(hex, "0x", 2))
		hex += 2;
	for (; hex[0] && hex[0] != '\n'; hex += 2) {
		unsigned int byte;

		if (n == max || sscanf(hex, "%2x", &byte) != 1 || !hex[1])
			errx(2, "not up to %zu bytes of hexadecimal", max);
		bytes[n++] = byte;
	}
	return n;
}

void esp_key_parse(const char *hex, struct esp_key *key)
{
	uint8_t bytes[sizeof(key->key) + sizeof(key->salt)];
	size_t n = hex_parse(hex, bytes, sizeof(bytes));

	if (n != 20 && n != 28 && n != 36)
		errx(2, "a key of %zu bytes, salt included", n);
	key->key_len = n - sizeof(key->salt);
	memcpy(key->key, bytes, key->key_len);
	memcpy(key->salt, bytes + key->key_len, sizeof(key->salt));
}

void esp_key_read(const char *path, struct esp_key *key)
{
	char text[KEY_TEXT_MAX];
	FILE *file = fopen(path, "re");

	if (!file)
		err(2, "%s", path);
	if (!fgets(text, sizeof(text), file))
		errx(2, "%s: no key", path);
	fclose(file);
	esp_key_parse(text, key);
}

static const EVP_CIPHER *cipher(const struct esp_key *key)
{
	switch (key->key_len) {
	case 16:
		return EVP_aes_128_gcm();
	case 24:
		return EVP_aes_192_gcm();
	case 32:
		return EVP_aes_256_gcm();
	}
	errx(2, "no key given");
}

/*
 * The nonce is salt and IV, the associated data SPI and sequence number; with
 * AES-GMAC all of the packet, of @len bytes of text.
 */
static EVP_CIPHER_CTX *start(const struct esp_key *key, const uint8_t *esp,
			     size_t len, bool seal)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t assoc = key->gmac ? ESP_HEADER + ESP_IV + len : ESP_HEADER;
	uint8_t nonce[sizeof(key->salt) + ESP_IV];
	int n;

	memcpy(nonce, key->salt, sizeof(key->salt));
	memcpy(nonce + sizeof(key->salt), esp + ESP_HEADER, ESP_IV);
	if (!ctx ||
	    !EVP_CipherInit_ex(ctx, cipher(key), NULL, key->key, nonce, seal) ||
	    !EVP_CipherUpdate(ctx, NULL, &n, esp, assoc))
		errx(2, "OpenSSL refuses");
	return ctx;
}

void esp_seal(const struct esp_key *key, uint8_t *esp, size_t len)
{
	EVP_CIPHER_CTX *ctx = start(key, esp, len, true);
	uint8_t *text = esp + ESP_HEADER + ESP_IV;
	int n = 0;

	if ((len && !key->gmac &&
	     !EVP_CipherUpdate(ctx, text, &n, text, len)) ||
	    !EVP_CipherFinal_ex(ctx, text + n, &n) ||
	    !EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, key->icv,
				 text + len))
		errx(2, "OpenSSL cannot seal");
	EVP_CIPHER_CTX_free(ctx);
}

bool esp_open(const struct esp_key *key, const uint8_t *esp, size_t len,
	      uint8_t *text)
{
	EVP_CIPHER_CTX *ctx = start(key, esp, len, false);
	const uint8_t *sealed = esp + ESP_HEADER + ESP_IV;
	bool good;
	int n = 0;

	if (key->gmac)
		memcpy(text, sealed, len);
	else if (len && !EVP_CipherUpdate(ctx, text, &n, sealed, len))
		errx(2, "OpenSSL cannot open");
	if (!EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, key->icv,
				 (void *)(sealed + len)))
		errx(2, "OpenSSL cannot open");
	good = EVP_CipherFinal_ex(ctx, text + n, &n) > 0;
	EVP_CIPHER_CTX_free(ctx);
	return good;
}
