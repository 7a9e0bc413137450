// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What was in an Encrypted payload, from a peer that has the keys. Before it: the
 * exchange, whether it is a response, and the type of the first payload.
 */
#include "wire_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_header header = { .spi_i = 1, .spi_r = 2, .initiator = true };

	if (size < 3)
		return -1;
	header.exchange = data[0];
	header.response = data[1] & 1;
	check_inner(&header, data[2], data + 3, size - 3);
	return 0;
}
