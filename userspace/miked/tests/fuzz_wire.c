// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Datagrams from anybody: they are parsed, and what is accepted is written and parsed
 * as the same.
 */
#include "wire_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_datagram(data, size);
	return 0;
}
