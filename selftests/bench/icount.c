// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin of QEMU's TCG that counts the guest's instructions between two markers
 * (bench/marker.h), for a guest with one CPU. For each pair it writes a line to the
 * file of its argument out=FILE:
 *
 *	INSTRUCTIONS MOVED WALL CPU
 *
 * MOVED is bytes moved by string instructions with a REP prefix, which are not among
 * the instructions: QEMU has one round for each element, where a CPU moves 32 bytes or
 * more at once. WALL and CPU are nanoseconds of this host, that passed and that the
 * thread of the guest's CPU had. With profile=FILE as well, that has for the last pair
 * a line for each piece of code that ran: address, instructions, of which 32 bytes moved
 * are one.
 *
 * QEMU's header is not packaged; what is used of it is declared here.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "marker.h"

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

typedef void (*tb_trans_fn)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*insn_exec_fn)(unsigned int cpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, tb_trans_fn fn);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, enum qemu_plugin_op op,
					      void *count, uint64_t value);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn,
						enum qemu_plugin_op op, void *count,
						uint64_t value);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, insn_exec_fn fn,
					    enum qemu_plugin_cb_flags flags, void *data);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

/* Moved by one instruction's worth of a string instruction. */
#define REP_BYTES 32

struct counts {
	uint64_t instructions, moved, wall, cpu;
};

static struct counts counts, began;
static FILE *out;

/* Instructions without branches between them, for the profile. */
struct piece {
	struct piece *next;
	uint64_t address, instructions, moved;
};

static struct piece *pieces;
static const char *profile;

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void read_clocks(void)
{
	counts.wall = now(CLOCK_MONOTONIC);
	counts.cpu = now(CLOCK_THREAD_CPUTIME_ID);
}

static void begin(unsigned int cpu, void *data)
{
	struct piece *piece;

	(void)cpu;
	(void)data;
	for (piece = pieces; piece; piece = piece->next)
		piece->instructions = piece->moved = 0;
	read_clocks();
	began = counts;
}

static void write_profile(void)
{
	FILE *to = fopen(profile, "w");
	const struct piece *piece;
	uint64_t sum;

	if (!to)
		return;
	for (piece = pieces; piece; piece = piece->next) {
		sum = piece->instructions + piece->moved / REP_BYTES;
		if (sum)
			fprintf(to, "%llx %llu\n", (unsigned long long)piece->address,
				(unsigned long long)sum);
	}
	fclose(to);
}

static void end(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	if (profile)
		write_profile();
	read_clocks();
	fprintf(out, "%llu %llu %llu %llu\n",
		(unsigned long long)(counts.instructions - began.instructions),
		(unsigned long long)(counts.moved - began.moved),
		(unsigned long long)(counts.wall - began.wall),
		(unsigned long long)(counts.cpu - began.cpu));
	fflush(out);
}

/* Bytes that a round of a string instruction with REP moves; 0: it is none. */
static unsigned int rep_bytes(const uint8_t *code, size_t len)
{
	bool rep = false, wide = false, word = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if (code[i] == 0xf3 || code[i] == 0xf2)
			rep = true;
		else if (code[i] == 0x66)
			word = true;
		else if ((code[i] & 0xf0) == 0x40)
			wide = code[i] & 8;
		else
			break;
	}
	if (!rep || i == len)
		return 0;
	switch (code[i]) {
	case 0xa4:	/* movs */
	case 0xa6:	/* cmps */
	case 0xaa:	/* stos */
	case 0xae:	/* scas */
		return 1;
	case 0xa5:
	case 0xa7:
	case 0xab:
	case 0xaf:
		return wide ? 8 : word ? 2 : 4;
	default:
		return 0;
	}
}

static struct piece *new_piece(struct qemu_plugin_tb *tb)
{
	struct piece *piece = calloc(1, sizeof(*piece));

	if (!piece)
		return NULL;
	piece->address = qemu_plugin_tb_vaddr(tb);
	piece->next = pieces;
	pieces = piece;
	return piece;
}

static void count_rep(struct qemu_plugin_insn *insn, struct piece *piece, unsigned int bytes)
{
	qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64,
						   &counts.moved, bytes);
	if (piece)
		qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64,
							   &piece->moved, bytes);
}

static void count_plain(struct qemu_plugin_tb *tb, struct piece *piece, size_t n)
{
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
						 &counts.instructions, n);
	if (piece)
		qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
							 &piece->instructions, n);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	static const uint8_t marker_begin[] = { MARKER_BEGIN }, marker_end[] = { MARKER_END };
	struct piece *piece = profile ? new_piece(tb) : NULL;
	size_t i, n = qemu_plugin_tb_n_insns(tb), len, plain = 0;
	struct qemu_plugin_insn *insn;
	unsigned int bytes;
	const void *code;

	(void)id;
	for (i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		code = qemu_plugin_insn_data(insn);
		len = qemu_plugin_insn_size(insn);
		bytes = rep_bytes(code, len);
		if (bytes)
			count_rep(insn, piece, bytes);
		else
			plain++;
		if (len == sizeof(marker_begin) && !memcmp(code, marker_begin, len))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, begin, QEMU_PLUGIN_CB_NO_REGS,
							       NULL);
		if (len == sizeof(marker_end) && !memcmp(code, marker_end, len))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, end, QEMU_PLUGIN_CB_NO_REGS,
							       NULL);
	}
	count_plain(tb, piece, plain);
}

__attribute__((visibility("default")))
int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
	(void)info;
	for (; argc; argc--, argv++) {
		if (!strncmp(argv[0], "out=", 4)) {
			out = fopen(argv[0] + 4, "w");
		} else if (!strncmp(argv[0], "profile=", 8)) {
			profile = argv[0] + 8;
		} else {
			fprintf(stderr, "icount: out=FILE, profile=FILE, not %s\n", argv[0]);
			return -1;
		}
	}
	if (!out) {
		fprintf(stderr, "icount: give out=FILE, one that can be written\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
