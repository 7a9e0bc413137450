/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of options: what miked.conf may have, which member of struct conf each one
 * is, and what a reader wants to know of it. Loading, comparing, the man page and the
 * sample configuration all go by it.
 */
#ifndef MIKED_CONF_OPTIONS_H
#define MIKED_CONF_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum conf_kind {
	/* libcyaml has a type for these, */
	KIND_NAME,		/* char[] */
	KIND_PATH,		/* char[], absolute */
	KIND_FILE,		/* char[], absolute or credential:NAME */
	KIND_SECRET,		/* the same, of a file that nobody else may read */
	KIND_INTERFACE,		/* char[] */
	KIND_BOOL,		/* bool */
	KIND_WORD,		/* uint32_t */
	KIND_NUMBER,		/* uint8_t, uint16_t, uint32_t */
	/* and not for these. */
	KIND_TIME,		/* uint64_t, milliseconds */
	KIND_SIZE,		/* uint64_t */
	KIND_ADDRESS,		/* struct gemcast_addr */
	KIND_PREFIX,		/* struct conf_prefix */
	KIND_PORTS,		/* struct conf_ports */
	KIND_PROTOCOL,		/* uint8_t */
	KIND_IDENTITY,		/* struct conf_identity */
	KIND_PATTERN,		/* struct conf_identity */
	KIND_GROUP_ID,		/* struct conf_identity */
	KIND_PROPOSAL,		/* struct conf_proposal */
	KIND_ESP,		/* struct conf_esp */
	KIND_KEY_WRAP,		/* uint32_t */
	KIND_MAP,		/* a struct */
	KINDS,
};

struct conf_section;

struct conf_option {
	const char *key;
	enum conf_kind kind;		/* of a list: of each of its entries */
	bool list;			/* the member points to entries, another counts them */
	bool needed;
	bool automatic;			/* a time that may be "auto": CONF_AUTO */
	size_t offset;
	size_t size;			/* of the member, or of one entry */
	size_t count;			/* offset of the entries' number, a uint32_t */
	const struct conf_section *section;	/* of a map */
	const char * const *words;	/* their values count from `min` */
	uint64_t min, max;		/* of a number, a time or a size; max 0: none */
	uint32_t least, most;		/* entries of a list */
	const char *preset;		/* NULL: zero */
	const char *sample;		/* NULL: as the preset */
	const char *help;
};

struct conf_section {
	size_t size;
	const struct conf_option *options;
	size_t count;
};

extern const struct conf_section conf_root;
extern const struct conf_section conf_group_section;

/*
 * One scalar of this option into the member. NULL, or what would have been right:
 * "expected ...", a constant or in @why.
 */
const char *conf_value(const struct conf_option *option, const char *text, void *member,
		       char *why, size_t size);

/* A time in the largest unit that it is a whole number of: "8 h". */
const char *conf_time_text(uint64_t ms, char *text, size_t size);

#endif
