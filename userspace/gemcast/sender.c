// SPDX-License-Identifier: GPL-2.0-or-later
/* gemcast sender */
#include "cli.h"

#define SHOW \
"gemcast sender show [ group GROUP ] [ spi SPI ] [ dst ADDR ] [ sid SID | src ADDR ]\n"

enum { WORD_GROUP, WORD_SPI, WORD_DST, WORD_SID, WORD_SRC };

static const char * const sender_words[] = { "group", "spi", "dst", "sid",
					     "src", NULL };

static int once(struct args *a, const char *name, struct gemcast_sender *sender,
		unsigned int attr)
{
	return args_once(a, name, &sender->present, attr);
}

static int read_word(struct args *a, unsigned int word,
		     struct gemcast_sender *sender)
{
	switch (word) {
	case WORD_GROUP:
		return once(a, "group", sender, GEMCAST_A_SENDER_GROUP) ?:
		       args_u32(a, "group", 1, UINT32_MAX, &sender->group);
	case WORD_SPI:
		return once(a, "spi", sender, GEMCAST_A_SENDER_SPI) ?:
		       args_u32(a, "spi", 0, UINT32_MAX, &sender->spi);
	case WORD_DST:
		return once(a, "dst", sender, GEMCAST_A_SENDER_DST) ?:
		       args_addr(a, "dst", &sender->dst);
	case WORD_SID:
		return once(a, "sid", sender, GEMCAST_A_SENDER_SID) ?:
		       args_u32(a, "sid", 0, UINT16_MAX, &sender->sid);
	default:
		return once(a, "src", sender, GEMCAST_A_SENDER_SRC) ?:
		       args_addr(a, "src", &sender->src);
	}
}

static int print(const struct gemcast_sender *sender, void *arg)
{
	struct cli *cli = arg;
	struct print *p = &cli->print;

	print_object_begin(p);
	print_number(p, "group", "group", sender->group);
	print_hex(p, "spi", "spi", sender->spi);
	if (GEMCAST_HAS(sender, GEMCAST_A_SENDER_DST))
		print_addr(p, "dst", "dst", &sender->dst);
	if (GEMCAST_HAS(sender, GEMCAST_A_SENDER_SID))
		print_number(p, "sid", "sid", sender->sid);
	if (GEMCAST_HAS(sender, GEMCAST_A_SENDER_SRC))
		print_addr(p, "src", "src", &sender->src);
	print_number(p, "seq", "seq", sender->seq);
	print_number(p, "in_packets", "in-packets", sender->in_packets);
	print_number(p, "in_bytes", "in-bytes", sender->in_bytes);
	print_number(p, "in_replays", "in-replays", sender->in_replays);
	print_seconds(p, "idle", "idle", sender->idle);
	print_object_end(p);
	return 0;
}

static int show(struct cli *cli, struct args *a)
{
	struct gemcast_sender filter = { 0 };
	unsigned int word;
	int err = CLI_OK;

	while (!err && a->left)
		err = args_word(a, "word", sender_words, &word) ?:
		      read_word(a, word, &filter);
	err = err ?: cli_open(cli);
	if (err)
		return err;
	print_list_begin(&cli->print);
	err = gemcast_sender_dump(cli->handle, &filter, print, cli);
	print_list_end(&cli->print);
	return cli_result(cli, err);
}

const struct object sender_object = {
	.name = "sender",
	.help = SHOW,
	.commands = {
		{ "show", SHOW, show },
	},
};
