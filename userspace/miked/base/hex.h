/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes that are written in hexadecimal digits.
 */
#ifndef MIKED_BASE_HEX_H
#define MIKED_BASE_HEX_H

/* The byte that the two characters at @digits write; -1 if they are no such digits. */
int hex_byte(const char *digits);

#endif
