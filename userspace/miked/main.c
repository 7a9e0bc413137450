// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * miked: options, the life of the process, and the order in which its parts start and
 * stop.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <systemd/sd-daemon.h>
#include "base/log.h"
#include "base/sandbox.h"
#include "daemon/services.h"

/* The exit status, as gemcast has it. */
enum {
	EXIT_DONE,
	EXIT_USAGE,	/* bad usage or a bad configuration */
	EXIT_REFUSED,	/* the system refused something */
};

static const char help[] =
"miked [ --config FILE ] [ --user NAME ]\n"
"miked --check [ --user NAME ] [ FILE ]\n"
"miked { --help | --version }\n"
"FILE := the configuration                  default " CONF_PATH "\n"
"NAME := the user to become if started by root      default gemcast\n";

struct options {
	const char *path;
	const char *user;
	bool check;
};

static const struct service * const services[] = {
	&control_service, &net_service, &kernel_service, &keys_service,
};

#define SERVICES	(sizeof(services) / sizeof(services[0]))

static void set_log(const struct conf_log *log)
{
	size_t i;

	log_to((enum log_target)log->target);
	for (i = 0; i < AREAS; i++)
		log_set_level((enum log_area)i, (enum log_level)log->areas[i]);
}

static void stop_services(struct miked *miked, size_t started)
{
	while (started--)
		services[started]->stop(miked);
}

static int start_services(struct miked *miked)
{
	size_t i;

	if (control_taken(&miked->conf->control)) {
		log_error(AREA_CONTROL, "%s: another miked runs", miked->conf->control.socket);
		return -1;
	}
	for (i = 0; i < SERVICES; i++) {
		if (!services[i]->start(miked))
			continue;
		log_error(AREA_CONF, "%s does not start", services[i]->name);
		stop_services(miked, i);
		return -1;
	}
	return 0;
}

static void log_changes(const struct conf_diff *diff)
{
	const struct conf_change *change;
	size_t i;

	for (i = 0; i < diff->count; i++) {
		change = &diff->changes[i];
		log_notice(AREA_CONF, "%s: %s is %s", conf_list_name(change->list), change->name,
			   !change->before ? "added" :
			   !change->after  ? "removed" :
					     "changed");
	}
}

static void report_to_log(void *arg, const char *text)
{
	(void)arg;
	log_error(AREA_CONF, "%s", text);
}

static void apply(struct miked *miked, struct conf *conf, const struct conf_diff *diff)
{
	struct conf *before = miked->conf;
	size_t i;

	if (diff->parts & CONF_PART_LOG)
		set_log(&conf->log);
	log_changes(diff);
	miked->conf = conf;
	for (i = 0; i < SERVICES; i++)
		if (services[i]->reload)
			services[i]->reload(miked, before, diff);
	conf_free(before);
}

static void cancel(struct miked *miked, size_t prepared)
{
	while (prepared--)
		if (services[prepared]->cancel)
			services[prepared]->cancel(miked);
}

/* All services, or none. */
static bool prepare(struct miked *miked, const struct conf *conf)
{
	size_t i;

	for (i = 0; i < SERVICES; i++) {
		if (!services[i]->prepare || !services[i]->prepare(miked, conf))
			continue;
		cancel(miked, i);
		return false;
	}
	return true;
}

/* A configuration with an error in it changes nothing. */
static void reload(struct miked *miked, const char *path)
{
	struct conf *conf = conf_load(path, report_to_log, NULL);
	struct conf_diff diff = { 0 };

	if (conf && conf_diff(miked->conf, conf, &diff) && prepare(miked, conf)) {
		apply(miked, conf, &diff);
		conf_diff_free(&diff);
		log_notice(AREA_CONF, "%s: reloaded", path);
		return;
	}
	conf_diff_free(&diff);
	conf_free(conf);
	log_error(AREA_CONF, "%s: not reloaded: what was in force before stays", path);
}

/* What the signals' handlers need. */
struct life {
	struct miked miked;
	const char *path;
};

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *arg)
{
	struct life *life = arg;
	struct timespec now;

	(void)source;
	(void)info;
	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		   (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
	reload(&life->miked, life->path);
	sd_notify(0, "READY=1");
	return 0;
}

static int on_end(sd_event_source *source, const struct signalfd_siginfo *info, void *arg)
{
	struct life *life = arg;

	(void)source;
	log_notice(AREA_CONF, "ends: signal %u", info->ssi_signo);
	return sd_event_exit(life->miked.event, EXIT_DONE);
}

/* Signals come by the loop; who closed a socket before us is no reason to die. */
static int take_signals(struct life *life)
{
	sd_event *event = life->miked.event;
	sigset_t mask;
	int err;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &mask, NULL))
		return -errno;
	err = sd_event_add_signal(event, NULL, SIGTERM, on_end, life);
	if (err >= 0)
		err = sd_event_add_signal(event, NULL, SIGINT, on_end, life);
	if (err >= 0)
		err = sd_event_add_signal(event, NULL, SIGHUP, on_hangup, life);
	return err < 0 ? err : 0;
}

/* Every client and every member is a descriptor or two. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int loop(struct life *life)
{
	char why[128];
	int status;

	if (sandbox_calls(why, sizeof(why))) {
		log_error(AREA_CONF, "%s", why);
		return EXIT_REFUSED;
	}
	sd_notify(0, "READY=1");
	log_notice(AREA_CONF, "runs: " VERSION ", %s", life->path);
	status = sd_event_loop(life->miked.event);
	sd_notify(0, "STOPPING=1");
	if (status >= 0)
		return status;
	log_error(AREA_CONF, "the event loop: %s", strerror(-status));
	return EXIT_REFUSED;
}

static int live(struct life *life)
{
	int status = EXIT_REFUSED, err;

	err = sd_event_new(&life->miked.event);
	if (err >= 0)
		err = take_signals(life);
	if (err >= 0)
		err = sd_event_set_watchdog(life->miked.event, true);
	if (err < 0) {
		log_error(AREA_CONF, "no event loop: %s", strerror(-err));
	} else if (!start_services(&life->miked)) {
		status = loop(life);
		stop_services(&life->miked, SERVICES);
	}
	sd_event_unref(life->miked.event);
	return status;
}

static void report_to_stderr(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "%s\n", text);
}

static int run(const struct options *options)
{
	struct life life = { .path = options->path };
	char why[128];
	int status;

	raise_descriptors();
	if (sandbox_user(options->user, why, sizeof(why))) {
		fprintf(stderr, "miked: %s\n", why);
		return EXIT_REFUSED;
	}
	life.miked.conf = conf_load(options->path, report_to_stderr, NULL);
	if (!life.miked.conf)
		return EXIT_USAGE;
	if (options->check) {
		status = EXIT_DONE;
	} else {
		set_log(&life.miked.conf->log);
		if (sandbox_memory(why, sizeof(why))) {
			log_error(AREA_CONF, "%s", why);
			status = EXIT_REFUSED;
		} else {
			status = live(&life);
		}
	}
	conf_free(life.miked.conf);
	return status;
}

__attribute__((format(printf, 1, 2)))
static int usage(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("miked: ", stderr);
	vfprintf(stderr, format, ap);
	fprintf(stderr, "\n%s", help);
	va_end(ap);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	static const struct option words[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "user", required_argument, NULL, 'u' },
		{ "check", no_argument, NULL, 'C' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 }
	};
	struct options options = { .user = "gemcast" };
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:u:hV", words, NULL)) >= 0) {
		switch (option) {
		case 'c':
			options.path = optarg;
			break;
		case 'u':
			options.user = optarg;
			break;
		case 'C':
			options.check = true;
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_DONE;
		case 'V':
			puts("miked " VERSION);
			return EXIT_DONE;
		case ':':
			return usage("%s: its value is missing", argv[optind - 1]);
		default:
			return usage("%s: no such option", argv[optind - 1]);
		}
	}
	if (options.check && optind < argc && !options.path)
		options.path = argv[optind++];
	if (optind < argc)
		return usage("\"%s\" is one word too many", argv[optind]);
	if (!options.path)
		options.path = CONF_PATH;
	return run(&options);
}
