// SPDX-License-Identifier: GPL-2.0-or-later
/* gemcast sa */
#include <string.h>
#include <unistd.h>
#include "cli.h"

#define ADD \
"gemcast sa { add | replace } group GROUP spi SPI [ dst ADDR ] [ src ADDR ]\n" \
"        dir { in | out | both }\n" \
"        aead ALG key { file PATH | fd NUMBER | - } [ icv { 8 | 12 | 16 } ]\n" \
"        [ sid SID bits { 8 | 12 | 16 } ]     this host's Sender-ID, for dir out and both\n" \
"        [ sid-bits { 8 | 12 | 16 } ]         how many IV bits the group gives to Sender-IDs\n" \
"        [ replay { none | sa | source | sid } ] [ window PACKETS ]    default sa, 64; up to 4096\n" \
"        [ senders N ]                        with replay source and sid; default 4096, up to 65536\n" \
"        [ activate SECONDS ] [ deactivate SECONDS ]                   from now; fractions allowed\n" \
"        [ limit { packets | bytes | seconds } { soft | hard } N ]...\n" \
"ALG := { rfc4106(gcm(aes)) | rfc4543(gcm(aes)) }\n"
#define SET \
"gemcast sa set [ group GROUP ] [ spi SPI ] [ dst ADDR ] [ src ADDR ] deactivate SECONDS\n" \
"        exactly one SA must match\n"
#define SELECT \
"gemcast sa { show | get | del | flush } [ group GROUP ] [ spi SPI ] [ dst ADDR ] [ src ADDR ]\n" \
"        for get and del exactly one SA must match\n"

enum {
	WORD_GROUP, WORD_SPI, WORD_DST, WORD_SRC, WORD_DIR, WORD_AEAD, WORD_KEY,
	WORD_ICV, WORD_SID, WORD_SID_BITS, WORD_REPLAY, WORD_WINDOW,
	WORD_SENDERS, WORD_ACTIVATE, WORD_DEACTIVATE, WORD_LIMIT,
};

#define SELECTOR_WORDS	"group", "spi", "dst", "src"

static const char * const selector_words[] = { SELECTOR_WORDS, NULL };

static const char * const set_words[] = { SELECTOR_WORDS, "deactivate", NULL };

static const char * const sa_words[] = {
	SELECTOR_WORDS, "dir", "aead", "key", "icv", "sid", "sid-bits",
	"replay", "window", "senders", "activate", "deactivate", "limit", NULL
};

typedef int (*sa_call)(struct gemcast_handle *h, const struct gemcast_sa *sa);

static int once(struct args *a, const char *name, struct gemcast_sa *sa,
		unsigned int attr)
{
	return args_once(a, name, &sa->present, attr);
}

/* The value behind one of SELECTOR_WORDS. */
static int read_selector_word(struct args *a, unsigned int word,
			      struct gemcast_sa *sa)
{
	switch (word) {
	case WORD_GROUP:
		return once(a, "group", sa, GEMCAST_A_SA_GROUP) ?:
		       args_u32(a, "group", 1, UINT32_MAX, &sa->group);
	case WORD_SPI:
		return once(a, "spi", sa, GEMCAST_A_SA_SPI) ?:
		       args_u32(a, "spi", 0, UINT32_MAX, &sa->spi);
	case WORD_DST:
		return once(a, "dst", sa, GEMCAST_A_SA_DST) ?:
		       args_addr(a, "dst", &sa->dst);
	default:
		return once(a, "src", sa, GEMCAST_A_SA_SRC) ?:
		       args_addr(a, "src", &sa->src);
	}
}

static int read_aead(struct args *a, struct gemcast_sa *sa)
{
	const char *name;
	size_t len;
	int err;

	err = once(a, "aead", sa, GEMCAST_A_SA_AEAD) ?:
	      args_string(a, "aead", &name);
	if (err)
		return err;
	len = strlen(name);
	if (len >= sizeof(sa->aead))
		return cli_error(a->cli, "%s: aead \"%s\": too long", a->where,
				 name);
	memcpy(sa->aead, name, len + 1);
	return CLI_OK;
}

/* { file PATH | fd NUMBER | - }; the key itself is read when all else is */
static int read_key_source(struct args *a, struct gemcast_sa *sa,
			   struct key_source *source)
{
	static const char * const words[] = { "file", "fd", "-", NULL };
	unsigned int word;
	uint32_t fd = STDIN_FILENO;
	int err;

	err = once(a, "key", sa, GEMCAST_A_SA_KEY) ?:
	      args_word(a, "key source", words, &word);
	if (err)
		return err;
	if (word == 0)
		return args_string(a, "PATH", &source->path);
	if (word == 1)
		err = args_u32(a, "fd", 0, INT32_MAX, &fd);
	source->fd = (int)fd;
	if (!err && a->cli->batch && !strcmp(a->cli->batch, "-") &&
	    source->fd == STDIN_FILENO)
		return cli_error(a->cli, "%s: the key cannot come from standard input, the batch does",
				 a->where);
	return err;
}

/* { packets | bytes | seconds } { soft | hard } N */
static int read_limit(struct args *a, struct gemcast_sa *sa)
{
	static const char * const units[] = { "packets", "bytes", "seconds",
					      NULL };
	static const char * const kinds[] = { "soft", "hard", NULL };
	static const unsigned int attr[3][2] = {
		{ GEMCAST_A_SA_SOFT_PACKETS, GEMCAST_A_SA_HARD_PACKETS },
		{ GEMCAST_A_SA_SOFT_BYTES, GEMCAST_A_SA_HARD_BYTES },
		{ GEMCAST_A_SA_SOFT_SECONDS, GEMCAST_A_SA_HARD_SECONDS },
	};
	uint64_t *member[3][2] = {
		{ &sa->soft_packets, &sa->hard_packets },
		{ &sa->soft_bytes, &sa->hard_bytes },
		{ &sa->soft_seconds, &sa->hard_seconds },
	};
	unsigned int unit, kind;
	int err;

	err = args_word(a, "limit", units, &unit) ?:
	      args_word(a, "limit", kinds, &kind);
	return err ?: once(a, "this limit", sa, attr[unit][kind]) ?:
		      args_u64(a, "limit", 1, UINT64_MAX, member[unit][kind]);
}

/* The value behind a word that only an added SA has. */
static int read_own(struct args *a, unsigned int word, struct gemcast_sa *sa)
{
	switch (word) {
	case WORD_DIR:
		return once(a, "dir", sa, GEMCAST_A_SA_DIR) ?:
		       args_enum(a, "dir", sa_dir_words, &sa->dir);
	case WORD_AEAD:
		return read_aead(a, sa);
	case WORD_ICV:
		return once(a, "icv", sa, GEMCAST_A_SA_ICV) ?:
		       args_bits(a, "icv", &sa->icv);
	case WORD_SID:
		return once(a, "sid", sa, GEMCAST_A_SA_SID) ?:
		       args_u32(a, "sid", 0, UINT32_MAX, &sa->sid) ?:
		       args_expect(a, "bits") ?:
		       once(a, "sid-bits", sa, GEMCAST_A_SA_SID_BITS) ?:
		       args_bits(a, "bits", &sa->sid_bits);
	case WORD_SID_BITS:
		return once(a, "sid-bits", sa, GEMCAST_A_SA_SID_BITS) ?:
		       args_bits(a, "sid-bits", &sa->sid_bits);
	case WORD_REPLAY:
		return once(a, "replay", sa, GEMCAST_A_SA_REPLAY) ?:
		       args_enum(a, "replay", replay_words, &sa->replay);
	case WORD_WINDOW:
		return once(a, "window", sa, GEMCAST_A_SA_WINDOW) ?:
		       args_u32(a, "window", 0, UINT32_MAX, &sa->window);
	case WORD_SENDERS:
		return once(a, "senders", sa, GEMCAST_A_SA_MAX_SENDERS) ?:
		       args_u32(a, "senders", 0, UINT32_MAX, &sa->max_senders);
	case WORD_ACTIVATE:
		return once(a, "activate", sa, GEMCAST_A_SA_ACTIVATE) ?:
		       args_seconds(a, "activate", &sa->activate);
	case WORD_DEACTIVATE:
		return once(a, "deactivate", sa, GEMCAST_A_SA_DEACTIVATE) ?:
		       args_seconds(a, "deactivate", &sa->deactivate);
	default:
		return read_limit(a, sa);
	}
}

static int read_sa(struct args *a, struct gemcast_sa *sa,
		   struct key_source *source)
{
	unsigned int word;
	int err = CLI_OK;

	while (!err && a->left) {
		err = args_word(a, "word", sa_words, &word);
		if (err)
			break;
		if (word < WORD_DIR)
			err = read_selector_word(a, word, sa);
		else if (word == WORD_KEY)
			err = read_key_source(a, sa, source);
		else
			err = read_own(a, word, sa);
	}
	return err ?: args_need(a, "group", sa->present, GEMCAST_A_SA_GROUP) ?:
		      args_need(a, "spi", sa->present, GEMCAST_A_SA_SPI) ?:
		      args_need(a, "dir", sa->present, GEMCAST_A_SA_DIR) ?:
		      args_need(a, "aead", sa->present, GEMCAST_A_SA_AEAD) ?:
		      args_need(a, "key", sa->present, GEMCAST_A_SA_KEY);
}

static int put(struct cli *cli, struct args *a, sa_call call)
{
	struct gemcast_sa sa = { 0 };
	struct key_source source = { 0 };
	struct key key = { 0 };
	int err;

	err = read_sa(a, &sa, &source) ?: cli_open(cli);
	if (err)
		return err;
	err = key_read(cli, &source, &key);
	if (!err) {
		sa.key = key.byte;
		sa.key_len = key.len;
		err = cli_result(cli, call(cli->handle, &sa));
	}
	explicit_bzero(&key, sizeof(key));
	return err;
}

static int add(struct cli *cli, struct args *a)
{
	return put(cli, a, gemcast_sa_add);
}

static int replace(struct cli *cli, struct args *a)
{
	return put(cli, a, gemcast_sa_replace);
}

static void print_selector(struct print *p, const struct gemcast_sa *sa)
{
	char buf[12];

	print_number(p, "group", "group", sa->group);
	print_hex(p, "spi", "spi", sa->spi);
	if (GEMCAST_HAS(sa, GEMCAST_A_SA_DST))
		print_addr(p, "dst", "dst", &sa->dst);
	if (GEMCAST_HAS(sa, GEMCAST_A_SA_SRC))
		print_addr(p, "src", "src", &sa->src);
	print_string(p, "dir", "dir", word_of(sa_dir_words, sa->dir, buf));
}

static void print_transform(struct print *p, const struct gemcast_sa *sa)
{
	const char *bits = GEMCAST_HAS(sa, GEMCAST_A_SA_SID) ? "bits" :
							       "sid-bits";
	const struct print_field numbers[] = {
		{ GEMCAST_A_SA_ICV, "icv", "icv", sa->icv },
		{ GEMCAST_A_SA_SID, "sid", "sid", sa->sid },
		{ GEMCAST_A_SA_SID_BITS, "sid_bits", bits, sa->sid_bits },
	};
	char buf[12];

	print_string(p, "aead", "aead", sa->aead);
	print_numbers(p, sa->present, numbers, ARRAY_SIZE(numbers));
	print_string(p, "replay", "replay",
		     word_of(replay_words, sa->replay, buf));
	if (GEMCAST_HAS(sa, GEMCAST_A_SA_WINDOW))
		print_number(p, "window", "window", sa->window);
	if (GEMCAST_HAS(sa, GEMCAST_A_SA_MAX_SENDERS))
		print_number(p, "max_senders", "senders", sa->max_senders);
}

static void print_life(struct print *p, const struct gemcast_sa *sa)
{
	const struct print_field limits[] = {
		{ GEMCAST_A_SA_SOFT_PACKETS, "limit_packets_soft",
		  "limit packets soft", sa->soft_packets },
		{ GEMCAST_A_SA_HARD_PACKETS, "limit_packets_hard",
		  "limit packets hard", sa->hard_packets },
		{ GEMCAST_A_SA_SOFT_BYTES, "limit_bytes_soft",
		  "limit bytes soft", sa->soft_bytes },
		{ GEMCAST_A_SA_HARD_BYTES, "limit_bytes_hard",
		  "limit bytes hard", sa->hard_bytes },
		{ GEMCAST_A_SA_SOFT_SECONDS, "limit_seconds_soft",
		  "limit seconds soft", sa->soft_seconds },
		{ GEMCAST_A_SA_HARD_SECONDS, "limit_seconds_hard",
		  "limit seconds hard", sa->hard_seconds },
	};

	if (GEMCAST_HAS(sa, GEMCAST_A_SA_ACTIVATE))
		print_seconds(p, "activate", "activate", sa->activate);
	if (GEMCAST_HAS(sa, GEMCAST_A_SA_DEACTIVATE))
		print_seconds(p, "deactivate", "deactivate", sa->deactivate);
	print_numbers(p, sa->present, limits, ARRAY_SIZE(limits));
}

/* What only the kernel has to say. */
static void print_state(struct print *p, const struct gemcast_sa *sa)
{
	char buf[12];

	print_string(p, "state", "state",
		     word_of(sa_state_words, sa->state, buf));
	print_number(p, "key_bits", "key-bits", sa->key_bits);
	print_string(p, "driver", "driver", sa->driver);
	print_seconds(p, "age", "age", sa->age);
	if (GEMCAST_HAS(sa, GEMCAST_A_SA_SEQ))
		print_number(p, "seq", "seq", sa->seq);
}

static void print_statistics(struct print *p, const struct gemcast_sa *sa)
{
	const struct print_field counters[] = {
		{ GEMCAST_A_SA_OUT_PACKETS, "out_packets", "out-packets",
		  sa->out_packets },
		{ GEMCAST_A_SA_OUT_BYTES, "out_bytes", "out-bytes",
		  sa->out_bytes },
		{ GEMCAST_A_SA_IN_PACKETS, "in_packets", "in-packets",
		  sa->in_packets },
		{ GEMCAST_A_SA_IN_BYTES, "in_bytes", "in-bytes", sa->in_bytes },
		{ GEMCAST_A_SA_IN_REPLAYS, "in_replays", "in-replays",
		  sa->in_replays },
		{ GEMCAST_A_SA_IN_BAD_ICV, "in_bad_icv", "in-bad-icv",
		  sa->in_bad_icv },
		{ GEMCAST_A_SA_SENDERS, "senders", "senders", sa->senders },
	};

	print_numbers(p, sa->present, counters, ARRAY_SIZE(counters));
	if (GEMCAST_HAS(sa, GEMCAST_A_SA_IDLE))
		print_seconds(p, "idle", "idle", sa->idle);
}

/*
 * The members of an SA; its first line is what add takes, the key apart. The
 * lines behind it begin with line, or there is but one if that is NULL.
 */
void sa_print(struct cli *cli, const struct gemcast_sa *sa, const char *line)
{
	struct print *p = &cli->print;

	print_selector(p, sa);
	print_transform(p, sa);
	print_life(p, sa);
	if (line)
		print_line(p, line);
	print_state(p, sa);
	if (!cli->statistics)
		return;
	if (line)
		print_line(p, line);
	print_statistics(p, sa);
}

static int print(const struct gemcast_sa *sa, void *arg)
{
	struct cli *cli = arg;

	print_object_begin(&cli->print);
	sa_print(cli, sa, "    ");
	print_object_end(&cli->print);
	return 0;
}

static int read_selector(struct cli *cli, struct args *a, struct gemcast_sa *sa)
{
	unsigned int word;
	int err = CLI_OK;

	while (!err && a->left)
		err = args_word(a, "word", selector_words, &word) ?:
		      read_selector_word(a, word, sa);
	return err ?: cli_open(cli);
}

static int show(struct cli *cli, struct args *a)
{
	struct gemcast_sa filter = { 0 };
	int err;

	err = read_selector(cli, a, &filter);
	if (err)
		return err;
	print_list_begin(&cli->print);
	err = gemcast_sa_dump(cli->handle, &filter, print, cli);
	print_list_end(&cli->print);
	return cli_result(cli, err);
}

static int get(struct cli *cli, struct args *a)
{
	struct gemcast_sa key = { 0 }, sa;
	int err;

	err = read_selector(cli, a, &key);
	if (err)
		return err;
	err = gemcast_sa_get(cli->handle, &key, &sa);
	if (err)
		return cli_result(cli, err);
	print_list_begin(&cli->print);
	print(&sa, cli);
	print_list_end(&cli->print);
	return CLI_OK;
}

static int change(struct cli *cli, struct args *a, sa_call call)
{
	struct gemcast_sa key = { 0 };
	int err;

	err = read_selector(cli, a, &key);
	return err ?: cli_result(cli, call(cli->handle, &key));
}

static int set(struct cli *cli, struct args *a)
{
	struct gemcast_sa sa = { 0 };
	unsigned int word;
	int err = CLI_OK;

	while (!err && a->left) {
		err = args_word(a, "word", set_words, &word);
		if (err)
			break;
		if (word < WORD_DIR)
			err = read_selector_word(a, word, &sa);
		else
			err = read_own(a, WORD_DEACTIVATE, &sa);
	}
	err = err ?: args_need(a, "deactivate", sa.present, GEMCAST_A_SA_DEACTIVATE) ?:
	      cli_open(cli);
	return err ?: cli_result(cli, gemcast_sa_set(cli->handle, &sa));
}

static int del(struct cli *cli, struct args *a)
{
	return change(cli, a, gemcast_sa_del);
}

static int flush(struct cli *cli, struct args *a)
{
	return change(cli, a, gemcast_sa_flush);
}

const struct object sa_object = {
	.name = "sa",
	.help = ADD SET SELECT,
	.commands = {
		{ "show", SELECT, show },
		{ "add", ADD, add },
		{ "replace", ADD, replace },
		{ "set", SET, set },
		{ "get", SELECT, get },
		{ "del", SELECT, del },
		{ "flush", SELECT, flush },
	},
};
