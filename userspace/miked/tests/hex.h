/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes as published vectors write them.
 */
#ifndef MIKED_TESTS_HEX_H
#define MIKED_TESTS_HEX_H

#include "base/buf.h"

/*
 * The bytes that @text writes in hex, blanks left out. They stay as they are until 64
 * more were asked for. Aborts if @text is anything else.
 */
struct chunk hex(const char *text);
/* The bytes of @text itself. */
struct chunk ascii(const char *text);

/* assert_memory_equal() with the length; says what was there. */
#define assert_chunk_equal(a, b)					\
	do {								\
		struct chunk a_ = (a);					\
		struct chunk b_ = (b);					\
									\
		assert_int_equal(a_.len, b_.len);			\
		if (a_.len)						\
			assert_memory_equal(a_.data, b_.data, a_.len);	\
	} while (0)

#endif
