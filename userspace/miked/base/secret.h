/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Secret bytes: keys, and what keys are made of. Whoever holds a struct secret owns
 * its bytes; they are overwritten before they are freed. That no page of them goes
 * to swap or into a core dump is seen to once, for the whole process.
 */
#ifndef MIKED_BASE_SECRET_H
#define MIKED_BASE_SECRET_H

#include "base/buf.h"

struct secret {
	uint8_t *data;		/* NULL if len is 0 */
	size_t len;
};

/* @len zero bytes. What @secret held before is not looked at. 0 or -ENOMEM. */
int secret_new(struct secret *secret, size_t len);
/* A copy of @from, as above. */
int secret_copy(struct secret *secret, struct chunk from);
/* Empty afterwards; may be empty before. */
void secret_free(struct secret *secret);
/* Its bytes, as long as it lives. */
struct chunk secret_chunk(const struct secret *secret);
/* In a time that depends on the lengths only. */
bool secret_equal(struct chunk a, struct chunk b);

#endif
