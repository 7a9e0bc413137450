// SPDX-License-Identifier: GPL-2.0-or-later
/* gemcast peer */
#include "cli.h"

#define CHANGE \
"gemcast peer { add | replace | del } group GROUP to ADDR [ port PORT ] [ dev IFNAME ]\n"
#define SHOW \
"gemcast peer show [ group GROUP ] [ to ADDR ] [ port PORT ] [ dev IFNAME ]\n"

enum { WORD_GROUP, WORD_TO, WORD_PORT, WORD_DEV };

static const char * const peer_words[] = { "group", "to", "port", "dev", NULL };

typedef int (*peer_call)(struct gemcast_handle *h,
			 const struct gemcast_peer *peer);

static int once(struct args *a, const char *name, struct gemcast_peer *peer,
		unsigned int attr)
{
	return args_once(a, name, &peer->present, attr);
}

static int read_word(struct args *a, unsigned int word,
		     struct gemcast_peer *peer)
{
	switch (word) {
	case WORD_GROUP:
		return once(a, "group", peer, GEMCAST_A_PEER_GROUP) ?:
		       args_u32(a, "group", 1, UINT32_MAX, &peer->group);
	case WORD_TO:
		return once(a, "to", peer, GEMCAST_A_PEER_ADDR) ?:
		       args_addr(a, "to", &peer->addr);
	case WORD_PORT:
		return once(a, "port", peer, GEMCAST_A_PEER_PORT) ?:
		       args_u16(a, "port", 1, &peer->port);
	default:
		return once(a, "dev", peer, GEMCAST_A_PEER_DEV) ?:
		       args_dev(a, peer->dev);
	}
}

static int read_words(struct args *a, struct gemcast_peer *peer)
{
	unsigned int word;
	int err = CLI_OK;

	while (!err && a->left)
		err = args_word(a, "word", peer_words, &word) ?:
		      read_word(a, word, peer);
	return err;
}

static int change(struct cli *cli, struct args *a, peer_call call)
{
	struct gemcast_peer peer = { 0 };
	int err;

	err = read_words(a, &peer) ?:
	      args_need(a, "group", peer.present, GEMCAST_A_PEER_GROUP) ?:
	      args_need(a, "to", peer.present, GEMCAST_A_PEER_ADDR) ?:
	      cli_open(cli);
	return err ?: cli_result(cli, call(cli->handle, &peer));
}

static int add(struct cli *cli, struct args *a)
{
	return change(cli, a, gemcast_peer_add);
}

static int replace(struct cli *cli, struct args *a)
{
	return change(cli, a, gemcast_peer_replace);
}

static int del(struct cli *cli, struct args *a)
{
	return change(cli, a, gemcast_peer_del);
}

static int print(const struct gemcast_peer *peer, void *arg)
{
	struct cli *cli = arg;
	struct print *p = &cli->print;

	print_object_begin(p);
	print_number(p, "group", "group", peer->group);
	print_addr(p, "to", "to", &peer->addr);
	print_number(p, "port", "port", peer->port);
	if (GEMCAST_HAS(peer, GEMCAST_A_PEER_DEV))
		print_string(p, "dev", "dev", peer->dev);
	if (cli->statistics) {
		print_line(p, "    ");
		print_number(p, "out_packets", "out-packets",
			     peer->out_packets);
		print_number(p, "out_bytes", "out-bytes", peer->out_bytes);
	}
	print_object_end(p);
	return 0;
}

static int show(struct cli *cli, struct args *a)
{
	struct gemcast_peer filter = { 0 };
	int err;

	err = read_words(a, &filter) ?: cli_open(cli);
	if (err)
		return err;
	print_list_begin(&cli->print);
	err = gemcast_peer_dump(cli->handle, &filter, print, cli);
	print_list_end(&cli->print);
	return cli_result(cli, err);
}

const struct object peer_object = {
	.name = "peer",
	.help = CHANGE SHOW,
	.commands = {
		{ "show", SHOW, show },
		{ "add", CHANGE, add },
		{ "replace", CHANGE, replace },
		{ "del", CHANGE, del },
	},
};
