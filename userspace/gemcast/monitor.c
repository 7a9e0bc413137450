// SPDX-License-Identifier: GPL-2.0-or-later
/* gemcast monitor: events as they come, each in a line of its own. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "cli.h"

#define HELP "gemcast monitor [ all | sa | policy | acquire | expire | audit ]\n"

static void print_acquire(struct print *p, const struct gemcast_acquire *acquire)
{
	char buf[12];

	print_number(p, "group", "group", acquire->group);
	print_number(p, "policy", "policy", acquire->policy);
	if (GEMCAST_HAS(acquire, GEMCAST_A_ACQUIRE_DST))
		print_addr(p, "dst", "dst", &acquire->dst);
	if (GEMCAST_HAS(acquire, GEMCAST_A_ACQUIRE_SRC))
		print_addr(p, "src", "src", &acquire->src);
	if (GEMCAST_HAS(acquire, GEMCAST_A_ACQUIRE_PROTO))
		print_string(p, "proto", "proto",
			     proto_name(acquire->proto, buf));
	if (GEMCAST_HAS(acquire, GEMCAST_A_ACQUIRE_SPORT))
		print_number(p, "sport", "sport", acquire->sport);
	if (GEMCAST_HAS(acquire, GEMCAST_A_ACQUIRE_DPORT))
		print_number(p, "dport", "dport", acquire->dport);
	if (GEMCAST_HAS(acquire, GEMCAST_A_ACQUIRE_DEV))
		print_string(p, "dev", "dev", acquire->dev);
	if (GEMCAST_HAS(acquire, GEMCAST_A_ACQUIRE_KIND))
		print_string(p, "kind", "kind",
			     word_of(acquire_kind_words, acquire->kind, buf));
}

static void print_expire(struct cli *cli, const struct gemcast_event *event)
{
	const struct gemcast_expire *expire = &event->expire;
	bool hard = GEMCAST_HAS(expire, GEMCAST_A_EXPIRE_HARD);
	char buf[12];

	print_string(&cli->print, "limit", "", hard ? "hard" : "soft");
	print_string(&cli->print, "cause", "",
		     word_of(expire_cause_words, expire->cause, buf));
	sa_print(cli, &event->sa, NULL);
}

static void print_audit(struct print *p, const struct gemcast_audit *audit)
{
	const char *reason = gemcast_stats_name(audit->reason);
	char buf[12];

	snprintf(buf, sizeof(buf), "%u", audit->reason);
	print_string(p, "reason", "", reason ? reason : buf);
	if (GEMCAST_HAS(audit, GEMCAST_A_AUDIT_SPI))
		print_hex(p, "spi", "spi", audit->spi);
	if (GEMCAST_HAS(audit, GEMCAST_A_AUDIT_SEQ))
		print_number(p, "seq", "seq", audit->seq);
	if (GEMCAST_HAS(audit, GEMCAST_A_AUDIT_DST))
		print_addr(p, "dst", "dst", &audit->dst);
	if (GEMCAST_HAS(audit, GEMCAST_A_AUDIT_SRC))
		print_addr(p, "src", "src", &audit->src);
	if (GEMCAST_HAS(audit, GEMCAST_A_AUDIT_FLOW))
		print_number(p, "flow", "flow", audit->flow);
	if (GEMCAST_HAS(audit, GEMCAST_A_AUDIT_DEV))
		print_string(p, "dev", "dev", audit->dev);
	if (GEMCAST_HAS(audit, GEMCAST_A_AUDIT_SUPPRESSED))
		print_number(p, "suppressed", "suppressed", audit->suppressed);
}

static const char *event_name(enum gemcast_cmd cmd)
{
	switch (cmd) {
	case GEMCAST_CMD_SA_NTF:
		return "sa";
	case GEMCAST_CMD_SA_DEL_NTF:
		return "sa-del";
	case GEMCAST_CMD_POLICY_NTF:
		return "policy";
	case GEMCAST_CMD_POLICY_DEL_NTF:
		return "policy-del";
	case GEMCAST_CMD_ACQUIRE_NTF:
		return "acquire";
	case GEMCAST_CMD_EXPIRE_NTF:
		return "expire";
	default:
		return "audit";
	}
}

static int print(const struct gemcast_event *event, void *arg)
{
	struct cli *cli = arg;
	struct print *p = &cli->print;

	print_object_begin(p);
	print_string(p, "event", "", event_name(event->cmd));
	switch (event->cmd) {
	case GEMCAST_CMD_SA_NTF:
	case GEMCAST_CMD_SA_DEL_NTF:
		sa_print(cli, &event->sa, NULL);
		break;
	case GEMCAST_CMD_POLICY_NTF:
	case GEMCAST_CMD_POLICY_DEL_NTF:
		policy_print(cli, &event->policy, NULL);
		break;
	case GEMCAST_CMD_ACQUIRE_NTF:
		print_acquire(p, &event->acquire);
		break;
	case GEMCAST_CMD_EXPIRE_NTF:
		print_expire(cli, event);
		break;
	default:
		print_audit(p, &event->audit);
		break;
	}
	print_object_end(p);
	return fflush(p->file);
}

/* A descriptor that is readable when monitor is to end. */
static int open_signals(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, old))
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Take the signal that ended it, and let later ones through again. */
static void close_signals(int fd, const sigset_t *old)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) > 0)
		;
	close(fd);
	sigprocmask(SIG_SETMASK, old, NULL);
}

static int follow(struct cli *cli, int signals)
{
	struct pollfd fds[2] = {
		{ .fd = gemcast_event_fd(cli->handle), .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	int err;

	for (;;) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return cli_failed(cli, "poll");
		if (fds[1].revents)
			return CLI_OK;
		err = gemcast_dispatch(cli->handle, print, cli);
		if (ferror(cli->print.file))
			return cli_failed(cli, "write");
		/* What was lost is said; what follows is still worth having. */
		if (err && cli_result(cli, err) && err != -ENOBUFS &&
		    err != -EBADMSG)
			return CLI_REFUSED;
	}
}

static int read_events(struct args *a, unsigned int *events)
{
	static const char * const words[] = {
		"all", "sa", "policy", "acquire", "expire", "audit", NULL
	};
	static const unsigned int bits[] = {
		GEMCAST_EVENTS_ALL, GEMCAST_EVENTS_SA, GEMCAST_EVENTS_POLICY,
		GEMCAST_EVENTS_ACQUIRE, GEMCAST_EVENTS_EXPIRE,
		GEMCAST_EVENTS_AUDIT,
	};
	unsigned int word;
	int err;

	*events = a->left ? 0 : GEMCAST_EVENTS_ALL;
	while (a->left) {
		err = args_word(a, "event", words, &word);
		if (err)
			return err;
		*events |= bits[word];
	}
	return CLI_OK;
}

static int monitor(struct cli *cli, struct args *a)
{
	unsigned int events;
	sigset_t old;
	int signals, err;

	err = read_events(a, &events) ?: cli_open(cli);
	if (err)
		return err;
	err = cli_result(cli, gemcast_subscribe(cli->handle, events));
	if (err)
		return err;
	signals = open_signals(&old);
	if (signals < 0)
		return cli_failed(cli, "signals");
	err = follow(cli, signals);
	close_signals(signals, &old);
	return err;
}

const struct object monitor_object = {
	.name = "monitor",
	.help = HELP,
	.commands = {
		{ "", HELP, monitor },
	},
};
