/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ESP with AES-GCM and AES-GMAC (RFC 4303, RFC 4106, RFC 4543) by OpenSSL: the reference that the
 * kernel's packets are compared with, byte for byte.
 */
#ifndef ESP_H
#define ESP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ESP_HEADER	8	/* SPI, sequence number */
#define ESP_IV		8
#define ESP_TRAILER	2	/* pad length, next header */
#define ESP_ICV_MAX	16

struct esp_key {
	uint8_t key[32];
	size_t key_len;		/* 16, 24 or 32 */
	uint8_t salt[4];
	size_t icv;		/* 8, 12 or 16 */
	long gmac;		/* integrity only */
};

/* @hex is key and salt, 0x allowed. Errors end the program with status 2. */
void esp_key_parse(const char *hex, struct esp_key *key);
/* The first line of @path. */
void esp_key_read(const char *path, struct esp_key *key);

/*
 * @esp is header, IV, @len bytes of text and room for the ICV. esp_seal() works
 * in place; esp_open() writes the text to @text, and is false if the ICV is wrong.
 */
void esp_seal(const struct esp_key *key, uint8_t *esp, size_t len);
bool esp_open(const struct esp_key *key, const uint8_t *esp, size_t len,
	      uint8_t *text);

/* Reads up to @max bytes of hexadecimal; returns how many. */
size_t hex_parse(const char *hex, uint8_t *bytes, size_t max);

#endif
