// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Why something was refused.
 */
#include <stdarg.h>
#include <stdio.h>
#include "crypto/reason.h"

void reason_set(struct reason *why, const char *format, ...)
{
	va_list args;

	if (!why)
		return;
	va_start(args, format);
	vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
}
