// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hexadecimal digits.
 */
#include <ctype.h>
#include "base/hex.h"

static int digit(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	return isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

int hex_byte(const char *digits)
{
	int high = digit(digits[0]);
	int low = high < 0 ? -1 : digit(digits[1]);

	return low < 0 ? -1 : high * 16 + low;
}
