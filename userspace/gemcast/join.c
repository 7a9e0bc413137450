// SPDX-License-Identifier: GPL-2.0-or-later
/* gemcast join, leave, status: what miked is to be a member of */
#include <string.h>
#include "cli.h"

#define JOIN \
"gemcast join { NAME | GROUP-ID at ADDR } [ as { sender | receiver | both } ] [ wait SECONDS ]\n" \
"NAME := a group of miked's configuration               GROUP-ID at ADDR: of this key server\n"
#define LEAVE \
"gemcast leave NAME\n"
#define STATUS \
"gemcast status [ NAME ]\n"

enum { WORD_AT, WORD_AS, WORD_WAIT };

static const char * const join_words[] = { "at", "as", "wait", NULL };

static int read_role(struct args *a, struct gemcast_join *join)
{
	unsigned int role = 0;
	int err;

	err = args_once(a, "as", &join->present, GEMCAST_JOIN_ROLE) ?:
	      args_word(a, "as", role_words, &role);
	if (!err)
		snprintf(join->role, sizeof(join->role), "%s", role_words[role]);
	return err;
}

static int read_word(struct args *a, unsigned int word, struct gemcast_join *join)
{
	switch (word) {
	case WORD_AT:
		return args_once(a, "at", &join->present, GEMCAST_JOIN_AT) ?:
		       args_addr(a, "at", &join->at);
	case WORD_AS:
		return read_role(a, join);
	default:
		return args_once(a, "wait", &join->present, GEMCAST_JOIN_WAIT) ?:
		       args_seconds(a, "wait", &join->wait);
	}
}

/* The first word is a name, unless it is behind it where the group is. */
static int read_which(struct args *a, const char *which, struct gemcast_join *join)
{
	struct args again = { .cli = a->cli, .where = a->where, .help = a->help };
	char *word = (char *)which;
	int err;

	again.next = &word;
	again.left = 1;
	if (GEMCAST_HAS(join, GEMCAST_JOIN_AT)) {
		err = args_id(&again, "GROUP-ID", &which);
		snprintf(join->id, sizeof(join->id), "%s", which);
		join->present |= GEMCAST_BIT(GEMCAST_JOIN_ID);
	} else {
		err = args_name(&again, "NAME", &which);
		snprintf(join->name, sizeof(join->name), "%s", which);
		join->present |= GEMCAST_BIT(GEMCAST_JOIN_NAME);
	}
	return err;
}

static int run_join(struct cli *cli, struct args *a)
{
	struct gemcast_join join = { 0 };
	const char *which;
	unsigned int word;
	int err;

	err = args_any(a, "NAME", &which);
	while (!err && a->left)
		err = args_word(a, "word", join_words, &word) ?: read_word(a, word, &join);
	err = err ?: read_which(a, which, &join) ?: cli_open_control(cli);
	return err ?: cli_control_result(cli, gemcast_control_join(cli->control, &join));
}

/* Who joined by a group's id has that for its name. */
static int run_leave(struct cli *cli, struct args *a)
{
	const char *name;
	int err;

	err = args_id(a, "NAME", &name) ?: args_end(a) ?: cli_open_control(cli);
	return err ?: cli_control_result(cli, gemcast_control_leave(cli->control, name));
}

static bool has_times(const struct gemcast_membership *m)
{
	return GEMCAST_HAS(m, GEMCAST_MEMBERSHIP_SINCE) ||
	       GEMCAST_HAS(m, GEMCAST_MEMBERSHIP_NEXT_ROLLOVER) ||
	       GEMCAST_HAS(m, GEMCAST_MEMBERSHIP_RETRY);
}

static void print_times(struct print *p, const struct gemcast_membership *m)
{
	if (has_times(m))
		print_line(p, "    ");
	if (GEMCAST_HAS(m, GEMCAST_MEMBERSHIP_SINCE))
		print_seconds(p, "since", "since", m->since);
	if (GEMCAST_HAS(m, GEMCAST_MEMBERSHIP_NEXT_ROLLOVER))
		print_seconds(p, "next_rollover", "next-rollover", m->next_rollover);
	if (GEMCAST_HAS(m, GEMCAST_MEMBERSHIP_RETRY))
		print_seconds(p, "retry", "retry", m->retry);
}

static void print_rekey_sa(struct print *p, const struct gemcast_membership *m)
{
	const struct print_field numbers[] = {
		{ GEMCAST_MEMBERSHIP_REKEY_PORT, "rekey_port", "rekey-port", m->rekey_port },
		{ GEMCAST_MEMBERSHIP_REKEY_MESSAGE_ID, "rekey_message_id", "rekey-message-id",
		  m->rekey_message_id },
	};

	if (!GEMCAST_HAS(m, GEMCAST_MEMBERSHIP_REKEY_SPI))
		return;
	print_line(p, "    ");
	print_string(p, "rekey_spi", "rekey-spi", m->rekey_spi);
	if (GEMCAST_HAS(m, GEMCAST_MEMBERSHIP_REKEY_ADDR))
		print_addr(p, "rekey_addr", "rekey-addr", &m->rekey_addr);
	print_numbers(p, m->present, numbers, ARRAY_SIZE(numbers));
	if (GEMCAST_HAS(m, GEMCAST_MEMBERSHIP_REKEY_LEFT))
		print_seconds(p, "rekey_left", "rekey-left", m->rekey_left);
}

static int print(const struct gemcast_membership *m, void *arg)
{
	struct cli *cli = arg;
	struct print *p = &cli->print;
	const struct print_field numbers[] = {
		{ GEMCAST_MEMBERSHIP_GROUP, "group", "group", m->group },
		{ GEMCAST_MEMBERSHIP_EPOCH, "epoch", "epoch", m->epoch },
		{ GEMCAST_MEMBERSHIP_SAS, "sas", "sas", m->sas },
	};

	print_object_begin(p);
	print_string(p, "name", "", m->name);
	if (GEMCAST_HAS(m, GEMCAST_MEMBERSHIP_STATE))
		print_string(p, "state", "state", m->state);
	if (GEMCAST_HAS(m, GEMCAST_MEMBERSHIP_ROLE))
		print_string(p, "role", "as", m->role);
	if (GEMCAST_HAS(m, GEMCAST_MEMBERSHIP_KEY_SERVER))
		print_string(p, "key_server", "key-server", m->key_server);
	print_numbers(p, m->present, numbers, ARRAY_SIZE(numbers));
	if (cli->statistics && GEMCAST_HAS(m, GEMCAST_MEMBERSHIP_ID))
		print_string(p, "id", "id", m->id);
	print_times(p, m);
	print_rekey_sa(p, m);
	if (GEMCAST_HAS(m, GEMCAST_MEMBERSHIP_ERROR)) {
		print_line(p, "    ");
		print_string(p, "error", "error", m->error);
	}
	print_object_end(p);
	return 0;
}

static int run_status(struct cli *cli, struct args *a)
{
	const char *name = NULL;
	int err = CLI_OK;

	if (a->left)
		err = args_id(a, "NAME", &name);
	err = err ?: args_end(a) ?: cli_open_control(cli);
	if (err)
		return err;
	print_list_begin(&cli->print);
	err = gemcast_control_status(cli->control, name, print, cli);
	print_list_end(&cli->print);
	return cli_control_result(cli, err);
}

const struct object join_object = {
	.name = "join",
	.help = JOIN,
	.commands = {
		{ "", JOIN, run_join },
	},
};

const struct object leave_object = {
	.name = "leave",
	.help = LEAVE,
	.commands = {
		{ "", LEAVE, run_leave },
	},
};

const struct object status_object = {
	.name = "status",
	.help = STATUS,
	.commands = {
		{ "", STATUS, run_status },
	},
};
