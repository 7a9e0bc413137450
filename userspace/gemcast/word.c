// SPDX-License-Identifier: GPL-2.0-or-later
/* Words: the list of each value's, and how one that was typed is found. */
#include <string.h>
#include "cli.h"

const char * const encap_words[] = {
	[GEMCAST_ENCAP_NONE] = "none",
	[GEMCAST_ENCAP_UDP] = "udp",
	NULL
};

const char * const parallel_words[] = {
	[GEMCAST_PARALLEL_OFF] = "off",
	[GEMCAST_PARALLEL_ON] = "on",
	NULL
};

const char * const policy_dir_words[] = {
	[GEMCAST_POLICY_DIR_BOTH] = "both",
	[GEMCAST_POLICY_DIR_SEND] = "send",
	[GEMCAST_POLICY_DIR_RECEIVE] = "receive",
	NULL
};

const char * const action_words[] = {
	[GEMCAST_ACTION_PROTECT] = "protect",
	[GEMCAST_ACTION_BYPASS] = "bypass",
	[GEMCAST_ACTION_DISCARD] = "discard",
	NULL
};

const char * const mode_words[] = {
	[GEMCAST_MODE_TUNNEL] = "tunnel",
	[GEMCAST_MODE_TRANSPORT] = "transport",
	NULL
};

const char * const preserve_words[] = {
	[GEMCAST_PRESERVE_NONE] = "none",
	[GEMCAST_PRESERVE_SRC] = "src",
	[GEMCAST_PRESERVE_DST] = "dst",
	[GEMCAST_PRESERVE_BOTH] = "both",
	NULL
};

const char * const no_sa_words[] = {
	[GEMCAST_NO_SA_DISCARD] = "discard",
	[GEMCAST_NO_SA_BYPASS] = "bypass",
	NULL
};

const char * const df_words[] = {
	[GEMCAST_DF_CLEAR] = "clear",
	[GEMCAST_DF_SET] = "set",
	[GEMCAST_DF_COPY] = "copy",
	NULL
};

const char * const fragment_words[] = {
	[GEMCAST_FRAGMENT_AFTER] = "after",
	[GEMCAST_FRAGMENT_BEFORE] = "before",
	NULL
};

const char * const ecn_words[] = {
	[GEMCAST_ECN_COPY] = "copy",
	[GEMCAST_ECN_CLEAR] = "clear",
	NULL
};

const char * const decap_dscp_words[] = {
	[GEMCAST_DECAP_DSCP_INNER] = "inner",
	[GEMCAST_DECAP_DSCP_OUTER] = "outer",
	NULL
};

const char * const acquire_kind_words[] = {
	[GEMCAST_ACQUIRE_KIND_SEND] = "send",
	[GEMCAST_ACQUIRE_KIND_RECEIVE] = "receive",
	[GEMCAST_ACQUIRE_KIND_LEAVE] = "leave",
	NULL
};

const char * const reinject_words[] = {
	[GEMCAST_REINJECT_RX] = "rx",
	[GEMCAST_REINJECT_TX] = "tx",
	NULL
};

const char * const sa_dir_words[] = {
	[GEMCAST_SA_DIR_IN] = "in",
	[GEMCAST_SA_DIR_OUT] = "out",
	[GEMCAST_SA_DIR_BOTH] = "both",
	NULL
};

const char * const replay_words[] = {
	[GEMCAST_REPLAY_NONE] = "none",
	[GEMCAST_REPLAY_SA] = "sa",
	[GEMCAST_REPLAY_SOURCE] = "source",
	[GEMCAST_REPLAY_SID] = "sid",
	NULL
};

const char * const sa_state_words[] = {
	[GEMCAST_SA_STATE_LEADING] = "leading",
	[GEMCAST_SA_STATE_CURRENT] = "current",
	[GEMCAST_SA_STATE_TRAILING] = "trailing",
	[GEMCAST_SA_STATE_DEAD] = "dead",
	NULL
};

const char * const expire_cause_words[] = {
	[GEMCAST_EXPIRE_CAUSE_PACKETS] = "packets",
	[GEMCAST_EXPIRE_CAUSE_BYTES] = "bytes",
	[GEMCAST_EXPIRE_CAUSE_SECONDS] = "seconds",
	[GEMCAST_EXPIRE_CAUSE_SEQUENCE] = "sequence",
	[GEMCAST_EXPIRE_CAUSE_DEACTIVATE] = "deactivate",
	NULL
};

const char * const role_words[] = {
	"sender", "receiver", "both", NULL
};

/* The word itself, or the only one that starts like it. */
enum word_match word_find(const char * const *words, const char *word,
			  unsigned int *index)
{
	enum word_match match = WORD_UNKNOWN;
	size_t len = strlen(word);
	unsigned int i;

	for (i = 0; words[i]; i++) {
		if (!len || strncmp(words[i], word, len) != 0)
			continue;
		if (!words[i][len]) {
			*index = i;
			return WORD_FOUND;
		}
		match = match == WORD_UNKNOWN ? WORD_FOUND : WORD_AMBIGUOUS;
		*index = i;
	}
	return match;
}

#define WORD_MAX	16

static unsigned int min(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* How many letters to change, add, leave out or swap to make b of a. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int d[WORD_MAX + 1][WORD_MAX + 1];
	unsigned int i, j, cost;
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > WORD_MAX || b_len > WORD_MAX)
		return WORD_MAX;
	for (i = 0; i <= a_len; i++) {
		for (j = 0; j <= b_len; j++) {
			if (!i || !j) {
				d[i][j] = i + j;
				continue;
			}
			cost = a[i - 1] != b[j - 1];
			d[i][j] = min(min(d[i - 1][j], d[i][j - 1]) + 1,
				      d[i - 1][j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = min(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[a_len][b_len];
}

/* The word that was probably meant, or NULL. */
const char *word_like(const char * const *words, const char *word)
{
	unsigned int d, best = strlen(word) < 4 ? 2 : 3;
	const char *like = NULL;

	for (; *words; words++) {
		d = distance(word, *words);
		if (d < best && d < strlen(*words)) {
			best = d;
			like = *words;
		}
	}
	return like;
}

/* "dst, dport, dev": the words that start with prefix. */
void word_list(const char * const *words, const char *prefix, char *buf,
	       size_t size)
{
	size_t len = 0;
	int n;

	buf[0] = '\0';
	for (; *words; words++) {
		if (strncmp(*words, prefix, strlen(prefix)) != 0)
			continue;
		n = snprintf(buf + len, size - len, "%s%s", len ? ", " : "",
			     *words);
		if (n < 0 || (size_t)n >= size - len)
			return;
		len += (size_t)n;
	}
}

/* The word of a value; a number if the kernel has one that we do not know. */
const char *word_of(const char * const *words, uint32_t value, char buf[12])
{
	uint32_t i;

	for (i = 0; words[i]; i++)
		if (i == value)
			return words[i];
	snprintf(buf, 12, "%u", value);
	return buf;
}
