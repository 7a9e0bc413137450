// SPDX-License-Identifier: GPL-2.0-or-later
/* gemcast ks: miked as a key server */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli.h"

#define GROUP \
"gemcast ks group show [ NAME ]\n" \
"gemcast ks group add file { PATH | - }      what an entry of key-server.groups in miked.conf has\n" \
"gemcast ks group set file { PATH | - } [ dry-run | yes ]\n" \
"gemcast ks group del NAME\n"
#define MEMBER \
"gemcast ks member show [ group NAME ] [ ID ]...\n" \
"gemcast ks member admit group NAME [ as { sender | receiver | both } ] ID...\n" \
"gemcast ks member expel group NAME ID...\n"
#define REKEY \
"gemcast ks rekey group NAME [ now ]\n"

#define POLICY_MAX	131072
#define IDS_MAX		128	/* more words than a line of a batch has */

/* A verb of a part: "ks group add". */
struct verb {
	const char *name;
	const char *where;
	int (*run)(struct cli *cli, struct args *args);
};

/* The verb that the next word names; without one, the first. The last has no name. */
static int run_verb(struct cli *cli, struct args *a, const struct verb *verbs)
{
	const char *names[5] = { NULL };
	unsigned int i, index = 0;
	int err = CLI_OK;

	for (i = 0; verbs[i].name; i++)
		names[i] = verbs[i].name;
	if (a->left && !args_default(a, names[0]))
		err = args_word(a, "COMMAND", names, &index);
	a->where = verbs[index].where;
	return err ?: verbs[index].run(cli, a);
}

/* What changes with the group's keys and members; the rest is its policy. */
#define GROUP_STATE	(GEMCAST_BIT(GEMCAST_KS_GROUP_EPOCH) |				\
			 GEMCAST_BIT(GEMCAST_KS_GROUP_SAS) |				\
			 GEMCAST_BIT(GEMCAST_KS_GROUP_MEMBERS) |			\
			 GEMCAST_BIT(GEMCAST_KS_GROUP_SENDERS) |			\
			 GEMCAST_BIT(GEMCAST_KS_GROUP_CURRENT) |			\
			 GEMCAST_BIT(GEMCAST_KS_GROUP_NEXT_ROLLOVER) |			\
			 GEMCAST_BIT(GEMCAST_KS_GROUP_CONVERGED) |			\
			 GEMCAST_BIT(GEMCAST_KS_GROUP_CONVERGENCE))

/* For how many members each is the newest, and how that is known. */
static void print_epochs(struct print *p, const struct gemcast_ks_epochs *epochs)
{
	const struct gemcast_ks_epoch *epoch;
	size_t i;

	print_inner_list_begin(p, "epochs");
	for (i = 0; i < epochs->count; i++) {
		epoch = &epochs->epoch[i];
		print_inner_begin(p);
		print_number(p, "epoch", "epoch", epoch->number);
		print_number(p, "members", "members", epoch->members);
		print_number(p, "registered", "registered", epoch->registered);
		print_number(p, "answered", "answered", epoch->answered);
		print_number(p, "acknowledged", "acknowledged", epoch->acknowledged);
		print_inner_end(p);
	}
	print_list_end(p);
}

static int print_group(const struct gemcast_ks_group *group, void *arg)
{
	struct cli *cli = arg;
	struct print *p = &cli->print;
	const struct print_field numbers[] = {
		{ GEMCAST_KS_GROUP_EPOCH, "epoch", "epoch", group->epoch },
		{ GEMCAST_KS_GROUP_SAS, "sas", "sas", group->sas },
		{ GEMCAST_KS_GROUP_MEMBERS, "members", "members", group->members },
		{ GEMCAST_KS_GROUP_SENDERS, "senders", "senders", group->senders },
		{ GEMCAST_KS_GROUP_CURRENT, "current", "current", group->current },
		{ GEMCAST_KS_GROUP_LISTENING, "listening", "listening", group->listening },
	};

	print_object_begin(p);
	print_string(p, "name", "", group->name);
	if (GEMCAST_HAS(group, GEMCAST_KS_GROUP_ID))
		print_string(p, "id", "id", group->id);
	if (GEMCAST_HAS(group, GEMCAST_KS_GROUP_ENCRYPTION))
		print_string(p, "encryption", "encryption", group->encryption);
	if (GEMCAST_HAS(group, GEMCAST_KS_GROUP_REKEY))
		print_string(p, "rekey", "rekey", group->rekey);
	if (group->present & GROUP_STATE)
		print_line(p, "    ");
	print_numbers(p, group->present, numbers, ARRAY_SIZE(numbers));
	if (GEMCAST_HAS(group, GEMCAST_KS_GROUP_NEXT_ROLLOVER))
		print_seconds(p, "next_rollover", "next-rollover", group->next_rollover);
	if (GEMCAST_HAS(group, GEMCAST_KS_GROUP_CONVERGED))
		print_seconds(p, "converged", "converged", group->converged);
	if (GEMCAST_HAS(group, GEMCAST_KS_GROUP_CONVERGENCE))
		print_seconds(p, "convergence", "convergence", group->convergence);
	if (GEMCAST_HAS(group, GEMCAST_KS_GROUP_EPOCHS))
		print_epochs(p, &group->epochs);
	print_object_end(p);
	return 0;
}

static int group_show(struct cli *cli, struct args *a)
{
	const char *name = NULL;
	int err = CLI_OK;

	if (a->left)
		err = args_name(a, "NAME", &name);
	err = err ?: args_end(a) ?: cli_open_control(cli);
	if (err)
		return err;
	print_list_begin(&cli->print);
	err = gemcast_ks_group_show(cli->control, name, print_group, cli);
	print_list_end(&cli->print);
	return cli_control_result(cli, err);
}

/* All that the descriptor has, which the caller frees. */
static int read_all(struct cli *cli, const char *path, int fd, char **text)
{
	size_t len = 0;
	ssize_t n = 1;

	*text = malloc(POLICY_MAX + 1);
	if (!*text)
		return cli_error(cli, "no memory");
	while (n && len < POLICY_MAX) {
		n = read(fd, *text + len, POLICY_MAX - len);
		if (n < 0 && errno != EINTR)
			return cli_error(cli, "policy file %s: %s", path, strerror(errno));
		len += n > 0 ? (size_t)n : 0;
	}
	(*text)[len] = '\0';
	if (len == POLICY_MAX)
		return cli_error(cli, "policy file %s: longer than any policy", path);
	if (strlen(*text) != len)
		return cli_error(cli, "policy file %s: not a text", path);
	return CLI_OK;
}

static int read_policy(struct cli *cli, const char *path, char **text)
{
	bool standard = !strcmp(path, "-");
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int err;

	if (fd < 0)
		return cli_error(cli, "policy file %s: %s", path, strerror(errno));
	err = read_all(cli, path, fd, text);
	if (!standard)
		close(fd);
	return err;
}

static int group_add(struct cli *cli, struct args *a)
{
	char *text = NULL;
	const char *path;
	int err;

	err = args_expect(a, "file") ?: args_string(a, "PATH", &path) ?: args_end(a) ?:
	      read_policy(cli, path, &text) ?: cli_open_control(cli);
	if (!err)
		err = cli_control_result(cli, gemcast_ks_group_add(cli->control, text));
	free(text);
	return err;
}

static int print_unfit(const struct gemcast_ks_unfit *unfit, void *arg)
{
	struct cli *cli = arg;
	struct print *p = &cli->print;

	print_object_begin(p);
	print_string(p, "id", "", unfit->id);
	if (GEMCAST_HAS(unfit, GEMCAST_KS_UNFIT_REASON))
		print_string(p, "reason", "reason", unfit->reason);
	print_object_end(p);
	return 0;
}

/* Who could not live with it is told first; then it is put in force, or refused. */
static int set_policy(struct cli *cli, const char *text, bool dry_run, bool yes)
{
	int err;

	print_list_begin(&cli->print);
	err = gemcast_ks_group_check(cli->control, text, print_unfit, cli);
	print_list_end(&cli->print);
	if (!err && !dry_run)
		err = gemcast_ks_group_set(cli->control, text, yes);
	return cli_control_result(cli, err);
}

static int group_set(struct cli *cli, struct args *a)
{
	static const char * const words[] = { "dry-run", "yes", NULL };
	unsigned int how = ARRAY_SIZE(words);
	char *text = NULL;
	const char *path;
	int err;

	err = args_expect(a, "file") ?: args_string(a, "PATH", &path);
	if (!err && a->left)
		err = args_word(a, "HOW", words, &how);
	err = err ?: args_end(a) ?: read_policy(cli, path, &text) ?: cli_open_control(cli);
	if (!err)
		err = set_policy(cli, text, how == 0, how == 1);
	free(text);
	return err;
}

static int group_del(struct cli *cli, struct args *a)
{
	const char *name;
	int err;

	err = args_name(a, "NAME", &name) ?: args_end(a) ?: cli_open_control(cli);
	return err ?: cli_control_result(cli, gemcast_ks_group_del(cli->control, name));
}

static int group(struct cli *cli, struct args *a)
{
	static const struct verb verbs[] = {
		{ "show", "ks group show", group_show },
		{ "add", "ks group add", group_add },
		{ "set", "ks group set", group_set },
		{ "del", "ks group del", group_del },
		{ NULL, NULL, NULL },
	};

	return run_verb(cli, a, verbs);
}

/* Which members, of which group. */
struct selection {
	const char *group;
	const char *role;
	const char *ids[IDS_MAX];
	size_t count;
};

/* group NAME, if it is there */
static int read_group(struct args *a, struct selection *selection, bool needed)
{
	if (!needed && (!a->left || strcmp(a->next[0], "group") != 0))
		return CLI_OK;
	return args_expect(a, "group") ?: args_name(a, "group", &selection->group);
}

/* as ROLE, if it is there */
static int read_role(struct args *a, struct selection *selection)
{
	unsigned int role;
	int err;

	if (!a->left || strcmp(a->next[0], "as") != 0)
		return CLI_OK;
	err = args_expect(a, "as") ?: args_word(a, "as", role_words, &role);
	if (!err)
		selection->role = role_words[role];
	return err;
}

static int read_ids(struct cli *cli, struct args *a, struct selection *selection, bool needed)
{
	int err = CLI_OK;

	while (!err && (a->left || (needed && !selection->count))) {
		if (selection->count == IDS_MAX)
			return cli_error(cli, "%s: more than %d at once", a->where, IDS_MAX);
		err = args_id(a, "ID", &selection->ids[selection->count++]);
	}
	return err;
}

static int print_member(const struct gemcast_ks_member *member, void *arg)
{
	struct cli *cli = arg;
	struct print *p = &cli->print;

	print_object_begin(p);
	print_string(p, "group", "group", member->group);
	print_string(p, "id", "", member->id);
	if (GEMCAST_HAS(member, GEMCAST_KS_MEMBER_STATE))
		print_string(p, "state", "state", member->state);
	if (GEMCAST_HAS(member, GEMCAST_KS_MEMBER_ROLE))
		print_string(p, "role", "as", member->role);
	if (GEMCAST_HAS(member, GEMCAST_KS_MEMBER_ADDR))
		print_addr(p, "addr", "addr", &member->addr);
	if (GEMCAST_HAS(member, GEMCAST_KS_MEMBER_PORT))
		print_number(p, "port", "port", member->port);
	if (GEMCAST_HAS(member, GEMCAST_KS_MEMBER_EPOCH))
		print_number(p, "epoch", "epoch", member->epoch);
	if (cli->statistics && GEMCAST_HAS(member, GEMCAST_KS_MEMBER_PROOF))
		print_string(p, "proof", "proof", member->proof);
	if (cli->statistics && GEMCAST_HAS(member, GEMCAST_KS_MEMBER_SIDS))
		print_number(p, "sids", "sids", member->sids);
	if (GEMCAST_HAS(member, GEMCAST_KS_MEMBER_SINCE))
		print_seconds(p, "since", "since", member->since);
	print_object_end(p);
	return 0;
}

/* Once for each identity, or once for all members. */
static int show_members(struct cli *cli, const struct selection *selection)
{
	struct gemcast_ks_member filter = { 0 };
	size_t i = 0;
	int err;

	if (selection->group) {
		filter.present |= GEMCAST_BIT(GEMCAST_KS_MEMBER_GROUP);
		snprintf(filter.group, sizeof(filter.group), "%s", selection->group);
	}
	do {
		if (selection->count) {
			filter.present |= GEMCAST_BIT(GEMCAST_KS_MEMBER_ID);
			snprintf(filter.id, sizeof(filter.id), "%s", selection->ids[i]);
		}
		err = gemcast_ks_member_show(cli->control, &filter, print_member, cli);
	} while (!err && ++i < selection->count);
	return err;
}

static int member_show(struct cli *cli, struct args *a)
{
	struct selection selection = { 0 };
	int err;

	err = read_group(a, &selection, false) ?: read_ids(cli, a, &selection, false) ?:
	      cli_open_control(cli);
	if (err)
		return err;
	print_list_begin(&cli->print);
	err = show_members(cli, &selection);
	print_list_end(&cli->print);
	return cli_control_result(cli, err);
}

static int member_admit(struct cli *cli, struct args *a)
{
	struct selection s = { 0 };
	int err;

	err = read_group(a, &s, true) ?: read_role(a, &s) ?: read_ids(cli, a, &s, true) ?:
	      cli_open_control(cli);
	return err ?: cli_control_result(cli, gemcast_ks_member_admit(cli->control, s.group,
								      s.role, s.ids, s.count));
}

static int member_expel(struct cli *cli, struct args *a)
{
	struct selection s = { 0 };
	int err;

	err = read_group(a, &s, true) ?: read_ids(cli, a, &s, true) ?: cli_open_control(cli);
	return err ?: cli_control_result(cli, gemcast_ks_member_expel(cli->control, s.group,
								      s.ids, s.count));
}

static int member(struct cli *cli, struct args *a)
{
	static const struct verb verbs[] = {
		{ "show", "ks member show", member_show },
		{ "admit", "ks member admit", member_admit },
		{ "expel", "ks member expel", member_expel },
		{ NULL, NULL, NULL },
	};

	return run_verb(cli, a, verbs);
}

static int rekey(struct cli *cli, struct args *a)
{
	const char *name;
	bool now;
	int err;

	err = args_expect(a, "group") ?: args_name(a, "group", &name);
	now = !err && a->left;
	if (now)
		err = args_expect(a, "now");
	err = err ?: args_end(a) ?: cli_open_control(cli);
	return err ?: cli_control_result(cli, gemcast_ks_rekey(cli->control, name, now));
}

const struct object ks_object = {
	.name = "ks",
	.help = GROUP MEMBER REKEY,
	.commands = {
		{ "group", GROUP, group },
		{ "member", MEMBER, member },
		{ "rekey", REKEY, rekey },
	},
};
