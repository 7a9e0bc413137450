/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why something was refused, for a human: half a sentence without a full stop. Text
 * that came from outside is in it in printable form only.
 */
#ifndef MIKED_CRYPTO_REASON_H
#define MIKED_CRYPTO_REASON_H

struct reason {
	char text[320];
};

/* Cut off if it does not fit. @why may be NULL: nobody wants to know. */
void reason_set(struct reason *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
