// SPDX-License-Identifier: GPL-2.0-or-later
/* gemcast policy */
#include "cli.h"

#define ADD \
"gemcast policy { add | replace } [ group GROUP ] dst PREFIX [ src PREFIX ]\n" \
"        [ proto { udp | igmp | ... | NUMBER } ]\n" \
"        [ sport PORT[-PORT] ] [ dport PORT[-PORT] ] [ dev IFNAME ]\n" \
"        [ dir { both | send | receive } ]              default both\n" \
"        [ action { protect | bypass | discard } ]      default protect; protect needs a group\n" \
"        [ mode { tunnel | transport } ]                default tunnel\n" \
"        [ preserve { both | src | dst | none } [ local ADDR ] [ remote ADDR ] ]   default both\n" \
"        [ on-no-sa { discard | bypass } ]              default discard\n" \
"        [ df { clear | set | copy } ]                  default clear\n" \
"        [ fragment { after | before } ]                encryption; default after\n" \
"        [ dscp 0..63 ] [ ecn { copy | clear } ]        of the outer header; default: copied\n" \
"        [ decap-dscp { inner | outer } ]               default inner\n" \
"        [ prio NUMBER ]                                lower wins; default 1000\n" \
"        [ reinject { rx | tx } dev IFNAME ]            where what came by UDP goes\n"
#define ONE \
"gemcast policy { get | del } SELECTOR                  exactly one must match\n"
#define MANY \
"gemcast policy { show | flush } [ SELECTOR ]           all that match\n"
#define TRANSACTION \
"gemcast policy { begin | commit | abort }              in a batch: all policies at once\n"
#define SELECTOR \
"SELECTOR := [ group GROUP ] [ dst PREFIX ] [ src PREFIX ]\n" \
"        [ proto { udp | igmp | ... | NUMBER } ]\n" \
"        [ sport PORT[-PORT] ] [ dport PORT[-PORT] ] [ dev IFNAME ]\n" \
"        [ dir { both | send | receive } ] [ prio NUMBER ]\n" \
"        [ action { protect | bypass | discard } ] [ index NUMBER ]\n"

/* Words of a selector, then those that only an added policy has. */
enum {
	WORD_GROUP, WORD_DST, WORD_SRC, WORD_PROTO, WORD_SPORT, WORD_DPORT,
	WORD_DEV, WORD_DIR, WORD_PRIO, WORD_ACTION,
	WORD_INDEX,
	WORD_MODE = WORD_INDEX, WORD_PRESERVE, WORD_LOCAL, WORD_REMOTE,
	WORD_ON_NO_SA, WORD_DF, WORD_FRAGMENT, WORD_DSCP, WORD_ECN,
	WORD_DECAP_DSCP, WORD_REINJECT,
};

#define COMMON_WORDS \
	"group", "dst", "src", "proto", "sport", "dport", "dev", "dir", \
	"prio", "action"

static const char * const selector_words[] = { COMMON_WORDS, "index", NULL };

static const char * const policy_words[] = {
	COMMON_WORDS, "mode", "preserve", "local", "remote",
	"on-no-sa", "df", "fragment", "dscp", "ecn", "decap-dscp",
	"reinject", NULL
};

typedef int (*policy_call)(struct gemcast_handle *h,
			   const struct gemcast_policy *policy);

static int once(struct args *a, const char *name, struct gemcast_policy *policy,
		unsigned int attr)
{
	return args_once(a, name, &policy->present, attr);
}

/* The value behind one of COMMON_WORDS. */
static int read_common(struct args *a, unsigned int word,
		       struct gemcast_policy *p)
{
	switch (word) {
	case WORD_GROUP:
		return once(a, "group", p, GEMCAST_A_POLICY_GROUP) ?:
		       args_u32(a, "group", 1, UINT32_MAX, &p->group);
	case WORD_DST:
		return once(a, "dst", p, GEMCAST_A_POLICY_DST) ?:
		       once(a, "dst", p, GEMCAST_A_POLICY_DST_LEN) ?:
		       args_prefix(a, "dst", &p->dst, &p->dst_len);
	case WORD_SRC:
		return once(a, "src", p, GEMCAST_A_POLICY_SRC) ?:
		       once(a, "src", p, GEMCAST_A_POLICY_SRC_LEN) ?:
		       args_prefix(a, "src", &p->src, &p->src_len);
	case WORD_PROTO:
		return once(a, "proto", p, GEMCAST_A_POLICY_PROTO) ?:
		       args_proto(a, &p->proto);
	case WORD_SPORT:
		return once(a, "sport", p, GEMCAST_A_POLICY_SPORT_MIN) ?:
		       once(a, "sport", p, GEMCAST_A_POLICY_SPORT_MAX) ?:
		       args_ports(a, "sport", &p->sport_min, &p->sport_max);
	case WORD_DPORT:
		return once(a, "dport", p, GEMCAST_A_POLICY_DPORT_MIN) ?:
		       once(a, "dport", p, GEMCAST_A_POLICY_DPORT_MAX) ?:
		       args_ports(a, "dport", &p->dport_min, &p->dport_max);
	case WORD_DEV:
		return once(a, "dev", p, GEMCAST_A_POLICY_DEV) ?:
		       args_dev(a, p->dev);
	case WORD_DIR:
		return once(a, "dir", p, GEMCAST_A_POLICY_DIR) ?:
		       args_enum(a, "dir", policy_dir_words, &p->dir);
	case WORD_PRIO:
		return once(a, "prio", p, GEMCAST_A_POLICY_PRIO) ?:
		       args_u32(a, "prio", 0, UINT32_MAX, &p->prio);
	default:
		return once(a, "action", p, GEMCAST_A_POLICY_ACTION) ?:
		       args_enum(a, "action", action_words, &p->action);
	}
}

/* { rx | tx } dev IFNAME */
static int read_reinject(struct args *a, struct gemcast_policy *p)
{
	return once(a, "reinject", p, GEMCAST_A_POLICY_REINJECT) ?:
	       args_enum(a, "reinject", reinject_words, &p->reinject) ?:
	       args_expect(a, "dev") ?:
	       once(a, "reinject dev", p, GEMCAST_A_POLICY_REINJECT_DEV) ?:
	       args_dev(a, p->reinject_dev);
}

/* The value behind a word that only an added policy has. */
static int read_own(struct args *a, unsigned int word, struct gemcast_policy *p)
{
	switch (word) {
	case WORD_MODE:
		return once(a, "mode", p, GEMCAST_A_POLICY_MODE) ?:
		       args_enum(a, "mode", mode_words, &p->mode);
	case WORD_PRESERVE:
		return once(a, "preserve", p, GEMCAST_A_POLICY_PRESERVE) ?:
		       args_enum(a, "preserve", preserve_words, &p->preserve);
	case WORD_LOCAL:
		return once(a, "local", p, GEMCAST_A_POLICY_LOCAL) ?:
		       args_addr(a, "local", &p->local);
	case WORD_REMOTE:
		return once(a, "remote", p, GEMCAST_A_POLICY_REMOTE) ?:
		       args_addr(a, "remote", &p->remote);
	case WORD_ON_NO_SA:
		return once(a, "on-no-sa", p, GEMCAST_A_POLICY_NO_SA) ?:
		       args_enum(a, "on-no-sa", no_sa_words, &p->no_sa);
	case WORD_DF:
		return once(a, "df", p, GEMCAST_A_POLICY_DF) ?:
		       args_enum(a, "df", df_words, &p->df);
	case WORD_FRAGMENT:
		return once(a, "fragment", p, GEMCAST_A_POLICY_FRAGMENT) ?:
		       args_enum(a, "fragment", fragment_words, &p->fragment);
	case WORD_DSCP:
		return once(a, "dscp", p, GEMCAST_A_POLICY_DSCP) ?:
		       args_u32(a, "dscp", 0, GEMCAST_DSCP_MAX, &p->dscp);
	case WORD_ECN:
		return once(a, "ecn", p, GEMCAST_A_POLICY_ECN) ?:
		       args_enum(a, "ecn", ecn_words, &p->ecn);
	case WORD_DECAP_DSCP:
		return once(a, "decap-dscp", p, GEMCAST_A_POLICY_DECAP_DSCP) ?:
		       args_enum(a, "decap-dscp", decap_dscp_words,
				 &p->decap_dscp);
	default:
		return read_reinject(a, p);
	}
}

static int put(struct cli *cli, struct args *a, policy_call call)
{
	struct gemcast_policy policy = { 0 };
	unsigned int word;
	int err = CLI_OK;

	while (!err && a->left) {
		err = args_word(a, "word", policy_words, &word);
		if (err)
			break;
		err = word < WORD_INDEX ? read_common(a, word, &policy) :
					   read_own(a, word, &policy);
	}
	if (!err)
		err = args_need(a, "dst", policy.present, GEMCAST_A_POLICY_DST);
	if (!err)
		err = cli_open(cli);
	return err ? err : cli_result(cli, call(cli->handle, &policy));
}

static int add(struct cli *cli, struct args *a)
{
	return put(cli, a, gemcast_policy_add);
}

static int replace(struct cli *cli, struct args *a)
{
	return put(cli, a, gemcast_policy_replace);
}

static int read_selector(struct cli *cli, struct args *a,
			 struct gemcast_policy *policy)
{
	unsigned int word;
	int err = CLI_OK;

	while (!err && a->left) {
		err = args_word(a, "word", selector_words, &word);
		if (err)
			break;
		if (word == WORD_INDEX)
			err = once(a, "index", policy,
				   GEMCAST_A_POLICY_INDEX) ?:
			      args_u32(a, "index", 1, UINT32_MAX,
				       &policy->index);
		else
			err = read_common(a, word, policy);
	}
	return err ? err : cli_open(cli);
}

static void print_ports(struct print *p, const char *key_min,
			const char *key_max, const char *word, uint16_t min,
			uint16_t max)
{
	char buf[16];

	snprintf(buf, sizeof(buf), min == max ? "%u" : "%u-%u", min, max);
	print_string(p, NULL, word, buf);
	print_number(p, key_min, NULL, min);
	print_number(p, key_max, NULL, max);
}

static void print_selector(struct print *p, const struct gemcast_policy *policy)
{
	char buf[12];

	if (GEMCAST_HAS(policy, GEMCAST_A_POLICY_GROUP))
		print_number(p, "group", "group", policy->group);
	print_prefix(p, "dst", "dst", &policy->dst, policy->dst_len);
	if (GEMCAST_HAS(policy, GEMCAST_A_POLICY_SRC))
		print_prefix(p, "src", "src", &policy->src, policy->src_len);
	if (GEMCAST_HAS(policy, GEMCAST_A_POLICY_PROTO))
		print_string(p, "proto", "proto",
			     proto_name(policy->proto, buf));
	if (GEMCAST_HAS(policy, GEMCAST_A_POLICY_SPORT_MIN))
		print_ports(p, "sport_min", "sport_max", "sport",
			    policy->sport_min, policy->sport_max);
	if (GEMCAST_HAS(policy, GEMCAST_A_POLICY_DPORT_MIN))
		print_ports(p, "dport_min", "dport_max", "dport",
			    policy->dport_min, policy->dport_max);
	if (GEMCAST_HAS(policy, GEMCAST_A_POLICY_DEV))
		print_string(p, "dev", "dev", policy->dev);
	print_string(p, "dir", "dir",
		     word_of(policy_dir_words, policy->dir, buf));
	print_string(p, "action", "action",
		     word_of(action_words, policy->action, buf));
}

/* What the kernel does not tell is as by default. */
static void print_outer(struct print *p, const struct gemcast_policy *policy)
{
	char buf[12];

	if (GEMCAST_HAS(policy, GEMCAST_A_POLICY_FRAGMENT))
		print_string(p, "fragment", "fragment",
			     word_of(fragment_words, policy->fragment, buf));
	if (GEMCAST_HAS(policy, GEMCAST_A_POLICY_DSCP))
		print_number(p, "dscp", "dscp", policy->dscp);
	if (GEMCAST_HAS(policy, GEMCAST_A_POLICY_ECN))
		print_string(p, "ecn", "ecn",
			     word_of(ecn_words, policy->ecn, buf));
	if (GEMCAST_HAS(policy, GEMCAST_A_POLICY_DECAP_DSCP))
		print_string(p, "decap_dscp", "decap-dscp",
			     word_of(decap_dscp_words, policy->decap_dscp,
				     buf));
}

/* Only action protect has any of these. */
static void print_protect(struct print *p, const struct gemcast_policy *policy)
{
	char buf[12];

	if (GEMCAST_HAS(policy, GEMCAST_A_POLICY_MODE))
		print_string(p, "mode", "mode",
			     word_of(mode_words, policy->mode, buf));
	if (GEMCAST_HAS(policy, GEMCAST_A_POLICY_PRESERVE))
		print_string(p, "preserve", "preserve",
			     word_of(preserve_words, policy->preserve, buf));
	if (GEMCAST_HAS(policy, GEMCAST_A_POLICY_LOCAL))
		print_addr(p, "local", "local", &policy->local);
	if (GEMCAST_HAS(policy, GEMCAST_A_POLICY_REMOTE))
		print_addr(p, "remote", "remote", &policy->remote);
	if (GEMCAST_HAS(policy, GEMCAST_A_POLICY_NO_SA))
		print_string(p, "on_no_sa", "on-no-sa",
			     word_of(no_sa_words, policy->no_sa, buf));
	if (GEMCAST_HAS(policy, GEMCAST_A_POLICY_DF))
		print_string(p, "df", "df", word_of(df_words, policy->df, buf));
	print_outer(p, policy);
	if (GEMCAST_HAS(policy, GEMCAST_A_POLICY_REINJECT))
		print_string(p, "reinject", "reinject",
			     word_of(reinject_words, policy->reinject, buf));
	if (GEMCAST_HAS(policy, GEMCAST_A_POLICY_REINJECT_DEV))
		print_string(p, "reinject_dev", "dev", policy->reinject_dev);
}

/*
 * The members of a policy; its first line is what add takes. The lines behind
 * it begin with line, or there is but one if that is NULL.
 */
void policy_print(struct cli *cli, const struct gemcast_policy *policy,
		  const char *line)
{
	struct print *p = &cli->print;

	print_number(p, "index", NULL, policy->index);
	print_selector(p, policy);
	print_protect(p, policy);
	print_number(p, "prio", "prio", policy->prio);
	if (!cli->statistics)
		return;
	if (line)
		print_line(p, line);
	print_number(p, NULL, "index", policy->index);
	print_number(p, "out_packets", "out-packets", policy->out_packets);
	print_number(p, "in_packets", "in-packets", policy->in_packets);
}

static int print(const struct gemcast_policy *policy, void *arg)
{
	struct cli *cli = arg;

	print_object_begin(&cli->print);
	policy_print(cli, policy, "    ");
	print_object_end(&cli->print);
	return 0;
}

static int show(struct cli *cli, struct args *a)
{
	struct gemcast_policy filter = { 0 };
	int err;

	err = read_selector(cli, a, &filter);
	if (err)
		return err;
	print_list_begin(&cli->print);
	err = gemcast_policy_dump(cli->handle, &filter, print, cli);
	print_list_end(&cli->print);
	return cli_result(cli, err);
}

static int get(struct cli *cli, struct args *a)
{
	struct gemcast_policy key = { 0 }, policy;
	int err;

	err = read_selector(cli, a, &key);
	if (err)
		return err;
	err = gemcast_policy_get(cli->handle, &key, &policy);
	if (err)
		return cli_result(cli, err);
	print_list_begin(&cli->print);
	print(&policy, cli);
	print_list_end(&cli->print);
	return CLI_OK;
}

static int change(struct cli *cli, struct args *a, policy_call call)
{
	struct gemcast_policy key = { 0 };
	int err;

	err = read_selector(cli, a, &key);
	return err ? err : cli_result(cli, call(cli->handle, &key));
}

static int del(struct cli *cli, struct args *a)
{
	return change(cli, a, gemcast_policy_del);
}

static int flush(struct cli *cli, struct args *a)
{
	return change(cli, a, gemcast_policy_flush);
}

static int transact(struct cli *cli, struct args *a,
		    int (*call)(struct gemcast_handle *h), bool begins)
{
	int err;

	err = args_end(a);
	if (!err && !cli->batch)
		err = cli_error(cli, "%s: a transaction is for a batch",
				a->where);
	if (!err)
		err = cli_open(cli);
	if (!err)
		err = cli_result(cli, call(cli->handle));
	if (!err)
		cli->transaction = begins ? cli->line : 0;
	return err;
}

static int begin(struct cli *cli, struct args *a)
{
	return transact(cli, a, gemcast_policy_begin, true);
}

static int commit(struct cli *cli, struct args *a)
{
	return transact(cli, a, gemcast_policy_commit, false);
}

static int drop(struct cli *cli, struct args *a)
{
	return transact(cli, a, gemcast_policy_abort, false);
}

const struct object policy_object = {
	.name = "policy",
	.help = ADD ONE MANY TRANSACTION SELECTOR,
	.commands = {
		{ "show", MANY SELECTOR, show },
		{ "add", ADD, add },
		{ "replace", ADD, replace },
		{ "get", ONE SELECTOR, get },
		{ "del", ONE SELECTOR, del },
		{ "flush", MANY SELECTOR, flush },
		{ "begin", TRANSACTION, begin },
		{ "commit", TRANSACTION, commit },
		{ "abort", TRANSACTION, drop },
	},
};
