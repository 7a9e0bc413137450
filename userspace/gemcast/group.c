// SPDX-License-Identifier: GPL-2.0-or-later
/* gemcast group */
#include "cli.h"

#define ADD \
"gemcast group { add | replace } GROUP [ encap { none | udp [ port PORT ] } ]\n" \
"        [ parallel { on | off } ]\n"
#define SELECT \
"gemcast group { show | del | flush } [ GROUP ]         del needs GROUP\n"
#define VALUES \
"GROUP := 1..4294967295\n" \
"PORT := the local UDP port                             default 4500\n"

typedef int (*group_call)(struct gemcast_handle *h,
			  const struct gemcast_group *group);

static int read_id(struct args *a, struct gemcast_group *group)
{
	group->present |= GEMCAST_BIT(GEMCAST_A_GROUP_ID);
	return args_u32(a, "GROUP", 1, UINT32_MAX, &group->id);
}

enum { WORD_ENCAP, WORD_PORT, WORD_PARALLEL };

static const char * const group_words[] = {
	[WORD_ENCAP] = "encap",
	[WORD_PORT] = "port",
	[WORD_PARALLEL] = "parallel",
	NULL
};

static int once(struct args *a, const char *name, struct gemcast_group *group,
		unsigned int attr)
{
	return args_once(a, name, &group->present, attr);
}

static int read_word(struct args *a, unsigned int word,
		     struct gemcast_group *group)
{
	switch (word) {
	case WORD_ENCAP:
		return once(a, "encap", group, GEMCAST_A_GROUP_ENCAP) ?:
		       args_enum(a, "encap", encap_words, &group->encap);
	case WORD_PORT:
		return once(a, "port", group, GEMCAST_A_GROUP_PORT) ?:
		       args_u16(a, "port", 1, &group->port);
	default:
		return once(a, "parallel", group, GEMCAST_A_GROUP_PARALLEL) ?:
		       args_enum(a, "parallel", parallel_words,
				 &group->parallel);
	}
}

static int put(struct cli *cli, struct args *a, group_call call)
{
	struct gemcast_group group = { 0 };
	unsigned int word;
	int err;

	err = read_id(a, &group);
	while (!err && a->left)
		err = args_word(a, "word", group_words, &word) ?:
		      read_word(a, word, &group);
	if (!err)
		err = cli_open(cli);
	return err ? err : cli_result(cli, call(cli->handle, &group));
}

static int add(struct cli *cli, struct args *a)
{
	return put(cli, a, gemcast_group_add);
}

static int replace(struct cli *cli, struct args *a)
{
	return put(cli, a, gemcast_group_replace);
}

static void print_parallel(struct print *p, const struct gemcast_group *group)
{
	if (!GEMCAST_HAS(group, GEMCAST_A_GROUP_PARALLEL_PACKETS))
		return;
	print_number(p, "parallel_packets", "parallel-packets",
		     group->parallel_packets);
	print_number(p, "parallel_cpus", "parallel-cpus", group->parallel_cpus);
	print_number(p, "parallel_busiest", "parallel-busiest",
		     group->parallel_busiest);
}

static int print(const struct gemcast_group *group, void *arg)
{
	struct cli *cli = arg;
	struct print *p = &cli->print;
	char buf[12];

	print_object_begin(p);
	print_number(p, "group", "", group->id);
	print_string(p, "encap", group->encap ? "encap" : NULL,
		     word_of(encap_words, group->encap, buf));
	if (GEMCAST_HAS(group, GEMCAST_A_GROUP_PORT))
		print_number(p, "port", "port", group->port);
	if (GEMCAST_HAS(group, GEMCAST_A_GROUP_PARALLEL))
		print_string(p, "parallel", group->parallel ? "parallel" : NULL,
			     word_of(parallel_words, group->parallel, buf));
	if (cli->statistics) {
		print_line(p, "    ");
		print_number(p, "policies", "policies", group->policies);
		print_number(p, "sas", "sas", group->sas);
		print_number(p, "peers", "peers", group->peers);
		if (GEMCAST_HAS(group, GEMCAST_A_GROUP_CURRENT_SPI))
			print_hex(p, "current_spi", "current-spi",
				  group->current_spi);
		print_parallel(p, group);
	}
	print_object_end(p);
	return 0;
}

/* [ GROUP ], and nothing behind it */
static int read_key(struct cli *cli, struct args *a,
		    struct gemcast_group *group)
{
	int err = CLI_OK;

	if (a->left)
		err = read_id(a, group);
	if (!err)
		err = args_end(a);
	return err ? err : cli_open(cli);
}

static int show_one(struct cli *cli, const struct gemcast_group *key)
{
	struct gemcast_group group;
	int err;

	err = gemcast_group_get(cli->handle, key, &group);
	if (err)
		return cli_result(cli, err);
	print_list_begin(&cli->print);
	print(&group, cli);
	print_list_end(&cli->print);
	return CLI_OK;
}

static int show(struct cli *cli, struct args *a)
{
	struct gemcast_group key = { 0 };
	int err;

	err = read_key(cli, a, &key);
	if (err)
		return err;
	if (key.present)
		return show_one(cli, &key);
	print_list_begin(&cli->print);
	err = gemcast_group_dump(cli->handle, NULL, print, cli);
	print_list_end(&cli->print);
	return cli_result(cli, err);
}

static int del(struct cli *cli, struct args *a)
{
	struct gemcast_group key = { 0 };
	int err;

	err = read_id(a, &key);
	if (!err)
		err = args_end(a);
	if (!err)
		err = cli_open(cli);
	return err ? err : cli_result(cli, gemcast_group_del(cli->handle, &key));
}

static int flush(struct cli *cli, struct args *a)
{
	struct gemcast_group key = { 0 };
	int err;

	err = read_key(cli, a, &key);
	if (err)
		return err;
	return cli_result(cli, gemcast_group_flush(cli->handle, &key));
}

const struct object group_object = {
	.name = "group",
	.help = ADD SELECT VALUES,
	.commands = {
		{ "show", SELECT VALUES, show },
		{ "add", ADD VALUES, add },
		{ "replace", ADD VALUES, replace },
		{ "del", SELECT VALUES, del },
		{ "flush", SELECT VALUES, flush },
	},
};
