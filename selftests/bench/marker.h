/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two instructions that do nothing and that no compiler makes, for the load program to
 * say where the plugin begins and ends to count: nopl with a displacement of their own.
 */
#ifndef BENCH_MARKER_H
#define BENCH_MARKER_H

#define MARKER_BEGIN	0x0f, 0x1f, 0x84, 0x00, 0x67, 0x63, 0x62, 0x31
#define MARKER_END	0x0f, 0x1f, 0x84, 0x00, 0x67, 0x63, 0x62, 0x32

#define MARKER_ASM_(...)	__asm__ volatile(".byte " #__VA_ARGS__ ::: "memory")
#define MARKER_ASM(...)		MARKER_ASM_(__VA_ARGS__)
#define marker_begin()		MARKER_ASM(MARKER_BEGIN)
#define marker_end()		MARKER_ASM(MARKER_END)

#endif
