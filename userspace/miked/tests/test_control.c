// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The control socket before ops of our own: what is asked and answered, and clients that
 * are slow, rude or too many.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "control/control.h"
#include "json.h"
#include "test.h"

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *len);

static struct ucred peer;	/* who connects */
static gid_t peer_groups[100];
static size_t peer_group_count;

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	if (level == SOL_SOCKET && name == SO_PEERCRED) {
		memcpy(value, &peer, sizeof(peer));
		return 0;
	}
	if (level == SOL_SOCKET && name == 59) {
		socklen_t room = *len;

		*len = (socklen_t)(peer_group_count * sizeof(gid_t));
		if (room < *len) {
			errno = ERANGE;
			return -1;
		}
		memcpy(value, peer_groups, *len);
		return 0;
	}
	return __real_getsockopt(fd, level, name, value, len);
}

static sd_event *event;
static struct control *control;
static struct conf_control conf;
static struct control_call *pending;
static char done[8192];		/* what the ops were asked */
static unsigned int members;	/* in the list */
static unsigned int members_asked;
static char dir[] = "/tmp/miked-control.XXXXXX";

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void note(const char *format, ...)
{
	size_t len = strlen(done);
	va_list ap;

	va_start(ap, format);
	vsnprintf(done + len, sizeof(done) - len, format, ap);
	va_end(ap);
}

static int fake_membership(void *context, const struct gemcast_membership *after,
			   struct gemcast_membership *out)
{
	static const char * const names[] = { "audio", "control", "video" };
	size_t i = 0;

	assert_ptr_equal(context, &conf);
	while (after && i < 3 && strcmp(names[i], after->name) <= 0)
		i++;
	if (i == 3)
		return -ENOENT;
	out->present = GEMCAST_BIT(GEMCAST_MEMBERSHIP_NAME) |
		       GEMCAST_BIT(GEMCAST_MEMBERSHIP_SAS);
	snprintf(out->name, sizeof(out->name), "%s", names[i]);
	out->sas = (uint32_t)i;
	return 0;
}

static int fake_ks_member(void *context, const struct gemcast_ks_member *after,
			  struct gemcast_ks_member *out)
{
	unsigned int number = after ? after->epoch + 1 : 0;

	(void)context;
	members_asked++;
	if (number == members)
		return -ENOENT;
	out->present = GEMCAST_BIT(GEMCAST_KS_MEMBER_GROUP) | GEMCAST_BIT(GEMCAST_KS_MEMBER_ID) |
		       GEMCAST_BIT(GEMCAST_KS_MEMBER_EPOCH) | GEMCAST_BIT(GEMCAST_KS_MEMBER_ADDR);
	memcpy(out->group, "video", sizeof("video"));
	snprintf(out->id, sizeof(out->id), "gm%u", number);
	out->addr.family = AF_INET;
	out->epoch = number;
	return 0;
}

static void forget(void *arg)
{
	assert_ptr_equal(arg, &pending);
	note("forget;");
	pending = NULL;
}

static void fake_join(void *context, struct control_call *call, const struct gemcast_join *join)
{
	(void)context;
	note("join %s%s %s %llu;", join->name, join->id, join->role,
	     (unsigned long long)join->wait);
	if (!strcmp(join->name, "nosuch")) {
		control_refuse(call, -ENOENT, "\"%s\": no such group", join->name);
	} else if (join->wait) {
		assert_null(pending);
		pending = call;
		control_defer(call, forget, &pending);
	} else {
		control_done(call);
	}
}

static void fake_leave(void *context, struct control_call *call, const char *name)
{
	(void)context;
	note("leave %s;", name);
	control_done(call);
}

static void fake_add(void *context, struct control_call *call, struct conf_group *group)
{
	(void)context;
	note("add %s %s;", group->name, (const char *)group->id.data);
	conf_group_free(group);
	control_done(call);
}

static int fake_unfit(void *context, const struct conf_group *group,
		      const struct gemcast_ks_unfit *after, struct gemcast_ks_unfit *out)
{
	static const char * const names[] = { "gm1", "gm2" };
	size_t i = after ? (size_t)(after->id[2] - '0') : 0;

	(void)context;
	assert_string_equal(group->name, "v");
	if (i == 2)
		return -ENOENT;
	out->present = GEMCAST_BIT(GEMCAST_KS_UNFIT_ID) | GEMCAST_BIT(GEMCAST_KS_UNFIT_REASON);
	snprintf(out->id, sizeof(out->id), "%s", names[i]);
	snprintf(out->reason, sizeof(out->reason), "old");
	return 0;
}

static void fake_check(void *context, struct control_call *call, struct conf_group *group)
{
	(void)context;
	if (!strcmp(group->name, "v")) {
		control_tell_unfit(call, group);
		return;
	}
	conf_group_free(group);
	control_refuse(call, -ENOENT, "no such group");
}

static void fake_set(void *context, struct control_call *call, struct conf_group *group, bool yes)
{
	(void)context;
	note("set %s %d;", group->name, yes);
	conf_group_free(group);
	control_done(call);
}

static void fake_admit(void *context, struct control_call *call, const char *group,
		       enum conf_role role, const struct conf_identity *ids, size_t count)
{
	size_t i;

	(void)context;
	note("admit %s %d", group, role);
	for (i = 0; i < count; i++)
		note(" %s", (const char *)ids[i].data);
	note(";");
	control_done(call);
}

static void fake_expel(void *context, struct control_call *call, const char *group,
		       const struct conf_identity *ids, size_t count)
{
	fake_admit(context, call, group, 0, ids, count);
}

static void fake_rekey(void *context, struct control_call *call, const char *group, bool now)
{
	(void)context;
	note("rekey %s %d;", group, now);
	control_done(call);
}

static const struct control_ops ops = {
	.membership = fake_membership,
	.ks_member = fake_ks_member,
	.join = fake_join,
	.leave = fake_leave,
	.ks_group_add = fake_add,
	.ks_unfit = fake_unfit,
	.ks_group_check = fake_check,
	.ks_group_set = fake_set,
	.ks_member_admit = fake_admit,
	.ks_member_expel = fake_expel,
	.ks_rekey = fake_rekey,
};

static int setup(void **state)
{
	(void)state;
	memset(dir + strlen(dir) - 6, 'X', 6);
	if (!mkdtemp(dir))
		return -1;
	memset(&conf, 0, sizeof(conf));
	snprintf(conf.socket, sizeof(conf.socket), "%s/s", dir);
	conf.gid = (gid_t)-1;
	conf.clients = 4;
	conf.clients_per_user = 2;
	conf.timeout_ms = 60000;
	peer = (struct ucred){ 1, 0, 0 };
	peer_group_count = 0;
	done[0] = '\0';
	pending = NULL;
	members = 0;
	if (sd_event_new(&event) < 0)
		return -1;
	control = control_new(event, &conf, &ops, &conf);
	return control ? control_listen(control) : -1;
}

static int teardown(void **state)
{
	int err;

	(void)state;
	control_free(control);
	sd_event_unref(event);
	/* Nothing is left. */
	err = access(conf.socket, F_OK) ? 0 : -1;
	return rmdir(dir) || err ? -1 : 0;
}

static int client(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	memcpy(addr.sun_path, conf.socket, sizeof(addr.sun_path));
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static void turn(void)
{
	assert_true(sd_event_run(event, 20000) >= 0);
}

/* Turns that find nothing to do. */
static void settle(void)
{
	while (sd_event_run(event, 0) > 0)
		;
}

static void say_bytes(int fd, const char *text, size_t len)
{
	ssize_t n;

	while (len) {
		n = send(fd, text, len, MSG_NOSIGNAL);
		if (n < 0) {
			assert_int_equal(errno, EAGAIN);
			turn();
			continue;
		}
		text += n;
		len -= (size_t)n;
	}
}

static void say(int fd, const char *text)
{
	say_bytes(fd, text, strlen(text) + 1);
}

/* The next message, or "" at the end, waiting for as many turns as it takes. */
static const char *hear(int fd)
{
	static char text[GEMCAST_MESSAGE_MAX];
	size_t len = 0;
	ssize_t n;

	for (;;) {
		n = recv(fd, text + len, 1, 0);
		if (n < 0 && errno == EAGAIN) {
			turn();
			continue;
		}
		if (n <= 0) {
			assert_int_equal(len, 0);
			return "";
		}
		if (!text[len++])
			return text;
	}
}

static const char *ask(int fd, const char *text)
{
	say(fd, text);
	return hear(fd);
}

#define OK	"{\"parameters\":{}}"
#define REFUSED(name, reason)	\
	"{\"error\":\"" name "\",\"parameters\":{\"reason\":\"" reason "\"}}"

static void lists(void **state)
{
	int fd = client();

	(void)state;
	assert_string_equal(ask(fd, "{\"method\":\"status\"}"),
			    "{\"parameters\":{\"name\":\"audio\",\"sas\":0},\"continues\":true}");
	assert_string_equal(hear(fd), "{\"parameters\":{\"name\":\"control\",\"sas\":1},\"continues\":true}");
	assert_string_equal(hear(fd), "{\"parameters\":{\"name\":\"video\",\"sas\":2}}");
	assert_string_equal(ask(fd, "{\"method\":\"status\",\"parameters\":{\"name\":\"control\"}}"),
			    "{\"parameters\":{\"name\":\"control\",\"sas\":1}}");
	assert_string_equal(ask(fd, "{\"method\":\"status\",\"parameters\":{\"name\":\"x\"}}"),
			    REFUSED("not-found", "there is no group of this name"));
	assert_string_equal(ask(fd, "{\"method\":\"ks.member.show\"}"), OK);
	members = 3;
	assert_string_equal(ask(fd, "{\"method\":\"ks.member.show\",\"parameters\":{\"group\":\"video\",\"id\":\"gm1\"}}"),
			    "{\"parameters\":{\"group\":\"video\",\"id\":\"gm1\",\"addr\":\"0.0.0.0\",\"epoch\":1}}");
	close(fd);
}

#define POLICY(name)	"\"name: " name "\\ntraffic: [ { destination: ff15::1 } ]\\n"	\
			"members: [ { identity: '*' } ]\\n\""
#define V		POLICY("v")

/* The list goes by the policy, which is there as long as it is told. */
static void unfit(void **state)
{
	int fd = client();

	(void)state;
	assert_string_equal(ask(fd, "{\"method\":\"ks.group.check\",\"parameters\":{\"policy\":" V "}}"),
			    "{\"parameters\":{\"id\":\"gm1\",\"reason\":\"old\"},\"continues\":true}");
	assert_string_equal(hear(fd), "{\"parameters\":{\"id\":\"gm2\",\"reason\":\"old\"}}");
	assert_string_equal(ask(fd, "{\"method\":\"ks.group.check\",\"parameters\":{\"policy\":" POLICY("w") "}}"),
			    REFUSED("not-found", "no such group"));
	close(fd);
}

static void actions(void **state)
{
	static const struct {
		const char *request;
		const char *asked;
	} cases[] = {
		{ "{\"method\":\"join\",\"parameters\":{\"name\":\"video\"}}", "join video  0;" },
		{ "{\"method\":\"join\",\"parameters\":{\"id\":\"a\",\"at\":\"::1\",\"role\":\"both\"}}",
		  "join a both 0;" },
		{ "{\"method\":\"leave\",\"parameters\":{\"name\":\"video\"}}", "leave video;" },
		{ "{\"method\":\"ks.rekey\",\"parameters\":{\"group\":\"g\",\"now\":true}}",
		  "rekey g 1;" },
		{ "{\"method\":\"ks.rekey\",\"parameters\":{\"group\":\"g\"}}", "rekey g 0;" },
		{ "{\"method\":\"ks.member.admit\",\"parameters\":{\"group\":\"g\",\"role\":\"sender\",\"ids\":[\"a.b\",\"x@y\"]}}",
		  "admit g 2 a.b x@y;" },
		{ "{\"method\":\"ks.member.expel\",\"parameters\":{\"group\":\"g\",\"ids\":[\"a\"]}}",
		  "admit g 0 a;" },
		{ "{\"method\":\"ks.group.add\",\"parameters\":{\"policy\":\"name: v\\ntraffic: [ { destination: ff15::1 } ]\\nmembers: [ { identity: '*' } ]\\n\"}}",
		  "add v v;" },
		{ "{\"method\":\"ks.group.set\",\"parameters\":{\"policy\":" V ",\"yes\":true}}",
		  "set v 1;" },
		{ "{\"method\":\"ks.group.set\",\"parameters\":{\"policy\":" V "}}", "set v 0;" },
		{ "{\"method\":\"log.level\",\"parameters\":{\"level\":\"info\",\"area\":\"net\"}}", "" },
	};
	int fd = client();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		done[0] = '\0';
		assert_string_equal(ask(fd, cases[i].request), OK);
		assert_string_equal(done, cases[i].asked);
	}
	assert_int_equal(log_level(AREA_NET), LEVEL_INFO);
	assert_int_equal(log_level(AREA_IKE), LEVEL_ERROR);
	ask(fd, "{\"method\":\"log.level\",\"parameters\":{\"level\":\"error\"}}");
	assert_int_equal(log_level(AREA_NET), LEVEL_ERROR);
	close(fd);
}

static void bad_requests(void **state)
{
	static const struct {
		const char *request;
		const char *answer;
	} cases[] = {
		{ "", REFUSED("invalid", "not a JSON object: '[' or '{' expected near end of file (byte 0)") },
		{ "[]", REFUSED("invalid", "not a JSON object") },
		{ "{\"method\":\"status\"", REFUSED("invalid", "not a JSON object: '}' expected near end of file (byte 18)") },
		{ "{\"method\":\"a\",\"method\":\"b\"}", REFUSED("invalid", "not a JSON object: duplicate object key near '\\\"method\\\"' (byte 22)") },
		{ "{}", REFUSED("invalid", "method: expected a string") },
		{ "{\"method\":1}", REFUSED("invalid", "method: expected a string") },
		{ "{\"method\":\"fly\"}", REFUSED("not-supported", "there is no such method") },
		{ "{\"method\":\"status\",\"more\":true}", REFUSED("invalid", "expected method and parameters, and nothing else") },
		{ "{\"method\":\"status\",\"parameters\":[]}", REFUSED("invalid", "parameters: expected an object") },
		{ "{\"method\":\"status\",\"parameters\":{\"nmae\":\"x\"}}", REFUSED("invalid", "nmae: there is no such parameter") },
		{ "{\"method\":\"status\",\"parameters\":{\"name\":1}}", REFUSED("invalid", "name: expected a string") },
		{ "{\"method\":\"status\",\"parameters\":{\"name\":\"0123456789012345678901234567890123456789012345678901234567890123\"}}",
		  REFUSED("invalid", "name: too long") },
		{ "{\"method\":\"leave\"}", REFUSED("invalid", "name: is missing") },
		{ "{\"method\":\"ks.group.show\"}", REFUSED("not-supported", "this miked does not do that") },
		{ "{\"method\":\"join\"}", REFUSED("invalid", "expected a name, or an id and at") },
		{ "{\"method\":\"join\",\"parameters\":{\"name\":\"a\",\"at\":\"::1\"}}", REFUSED("invalid", "expected a name, or an id and at") },
		{ "{\"method\":\"join\",\"parameters\":{\"id\":\"a\"}}", REFUSED("invalid", "expected a name, or an id and at") },
		{ "{\"method\":\"join\",\"parameters\":{\"id\":\"a\",\"at\":\"host\"}}", REFUSED("invalid", "at: expected an IPv4 or IPv6 address") },
		{ "{\"method\":\"join\",\"parameters\":{\"name\":\"a\",\"role\":\"king\"}}", REFUSED("invalid", "role: expected receiver, sender or both") },
		{ "{\"method\":\"join\",\"parameters\":{\"name\":\"a\",\"wait\":-1}}", REFUSED("invalid", "wait: expected a number, not below 0 and not too large") },
		{ "{\"method\":\"join\",\"parameters\":{\"name\":\"a\",\"wait\":1.5}}", REFUSED("invalid", "wait: expected a number, not below 0 and not too large") },
		{ "{\"method\":\"join\",\"parameters\":{\"name\":\"nosuch\"}}", REFUSED("not-found", "\\\"nosuch\\\": no such group") },
		{ "{\"method\":\"ks.rekey\",\"parameters\":{\"group\":\"a\",\"now\":1}}", REFUSED("invalid", "now: expected true or false") },
		{ "{\"method\":\"ks.member.expel\",\"parameters\":{\"group\":\"a\",\"ids\":[]}}", REFUSED("invalid", "ids: expected a list of strings") },
		{ "{\"method\":\"ks.member.expel\",\"parameters\":{\"group\":\"a\",\"ids\":[\"a\",1]}}", REFUSED("invalid", "ids: expected a list of strings") },
		{ "{\"method\":\"ks.member.expel\",\"parameters\":{\"group\":\"a\",\"ids\":[\"a\",\"*\"]}}", REFUSED("invalid", "\\\"*\\\": expected an identity") },
		{ "{\"method\":\"ks.member.expel\",\"parameters\":{\"group\":\"a\",\"role\":\"both\",\"ids\":[\"a\"]}}", REFUSED("invalid", "role: there is no such parameter") },
		{ "{\"method\":\"ks.group.add\",\"parameters\":{\"policy\":\"name: v\\nlifetime: 0\\n\"}}",
		  REFUSED("invalid", "policy:1: traffic: is missing") },
		{ "{\"method\":\"ks.group.set\",\"parameters\":{\"policy\":\"name: v\"}}",
		  REFUSED("invalid", "policy:1: traffic: is missing") },
		{ "{\"method\":\"ks.group.check\",\"parameters\":{\"policy\":\"name: v\"}}",
		  REFUSED("invalid", "policy:1: traffic: is missing") },
		{ "{\"method\":\"ks.group.check\",\"parameters\":{\"policy\":\"name: v\",\"yes\":true}}",
		  REFUSED("invalid", "yes: there is no such parameter") },
		{ "{\"method\":\"ks.group.add\",\"parameters\":{\"policy\":\"name: v\",\"yes\":true}}",
		  REFUSED("invalid", "yes: there is no such parameter") },
		{ "{\"method\":\"log.level\",\"parameters\":{\"level\":\"loud\"}}", REFUSED("invalid", "level: the log has no such word") },
		{ "{\"method\":\"log.level\",\"parameters\":{\"level\":\"info\",\"area\":\"51\"}}", REFUSED("invalid", "area: the log has no such word") },
	};
	int fd = client();
	size_t i;

	(void)state;
	/* The connection goes on behind each. */
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(ask(fd, cases[i].request), cases[i].answer);
	assert_string_equal(done, "join nosuch  0;");
	close(fd);
}

/* Several at once are answered in turn; one that comes byte by byte, too. */
static void framing(void **state)
{
	static const char two[] = "{\"method\":\"leave\",\"parameters\":{\"name\":\"a\"}}\0"
				  "{\"method\":\"leave\",\"parameters\":{\"name\":\"b\"}}";
	int fd = client();
	size_t i;

	(void)state;
	say_bytes(fd, two, sizeof(two));
	assert_string_equal(hear(fd), OK);
	assert_string_equal(hear(fd), OK);
	for (i = 0; i < sizeof(two); i++) {
		say_bytes(fd, two + i, 1);
		settle();
	}
	assert_string_equal(hear(fd), OK);
	assert_string_equal(hear(fd), OK);
	assert_string_equal(done, "leave a;leave b;leave a;leave b;");
	/* It says no more, but hears the answer. */
	say_bytes(fd, two, sizeof(two) + 0);
	shutdown(fd, SHUT_WR);
	assert_string_equal(hear(fd), OK);
	assert_string_equal(hear(fd), OK);
	assert_string_equal(hear(fd), "");
	close(fd);
	/* It does not even hear it. */
	fd = client();
	say(fd, "{\"method\":\"leave\",\"parameters\":{\"name\":\"c\"}}");
	close(fd);
	settle();
	assert_non_null(strstr(done, "leave c;"));
}

static void deferred(void **state)
{
	static const char join[] =
		"{\"method\":\"join\",\"parameters\":{\"name\":\"a\",\"wait\":60000}}";
	int fd = client();

	(void)state;
	say(fd, join);
	say(fd, "{\"method\":\"leave\",\"parameters\":{\"name\":\"a\"}}");
	settle();
	/* One at a time: the second waits for the first. */
	assert_string_equal(done, "join a  60000;");
	assert_non_null(pending);
	control_done(pending);
	pending = NULL;
	assert_string_equal(hear(fd), OK);
	assert_string_equal(hear(fd), OK);
	assert_string_equal(done, "join a  60000;leave a;");

	say(fd, join);
	settle();
	control_refuse(pending, -EPERM, "no");
	pending = NULL;
	assert_string_equal(hear(fd), REFUSED("refused", "no"));

	/* The client goes away: the call is forgotten. */
	done[0] = '\0';
	say(fd, join);
	settle();
	close(fd);
	settle();
	assert_string_equal(done, "join a  60000;forget;");
	assert_null(pending);
}

static void wait_over(void **state)
{
	int fd = client();

	(void)state;
	assert_string_equal(ask(fd, "{\"method\":\"join\",\"parameters\":{\"name\":\"a\",\"wait\":20}}"),
			    REFUSED("timeout", "not joined yet; miked goes on"));
	assert_string_equal(done, "join a  20;forget;");
	assert_string_equal(ask(fd, "{\"method\":\"leave\",\"parameters\":{\"name\":\"a\"}}"), OK);
	/* Forgotten with all others at the end. */
	say(fd, "{\"method\":\"join\",\"parameters\":{\"name\":\"a\",\"wait\":9223372036854775807}}");
	settle();
	control_free(control);
	control = NULL;
	assert_null(pending);
	assert_string_equal(hear(fd), "");
	close(fd);
}

static void too_long(void **state)
{
	static char text[1 << 20];
	int fd = client();
	size_t sent = 0;
	ssize_t n;

	(void)state;
	memset(text, 'x', sizeof(text));
	/* It is heard no more of long before the end. */
	while (sent < sizeof(text)) {
		n = send(fd, text + sent, sizeof(text) - sent, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			break;
		sent += n > 0 ? (size_t)n : 0;
		settle();
	}
	assert_true(sent < sizeof(text));
	assert_string_equal(hear(fd), REFUSED("refused", "a message of more than 262144 bytes"));
	close(fd);

	/* The longest that is taken. */
	fd = client();
	text[GEMCAST_MESSAGE_MAX - 1] = '\0';
	memcpy(text, "{\"method\":\"leave\",\"parameters\":{\"name\":\"a\"}}", 45);
	memset(text + 45, ' ', GEMCAST_MESSAGE_MAX - 46);
	assert_string_equal(ask(fd, text), OK);
	close(fd);
}

static void set_timeout(uint64_t ms)
{
	conf.timeout_ms = ms;
	control_reload(control, &conf);
}

static void half_a_message(void **state)
{
	int fd, other;

	(void)state;
	set_timeout(20);
	fd = client();
	say_bytes(fd, "{\"method\"", 9);
	assert_string_equal(hear(fd), REFUSED("refused", "it sends but half a message"));
	assert_string_equal(hear(fd), "");
	close(fd);
	/* Bytes that come slowly do not put the end off. */
	fd = client();
	other = client();
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		turn();
	assert_string_equal(hear(fd), REFUSED("refused", "it sends but half a message"));
	close(fd);
	close(other);
}

static void silence(void **state)
{
	int fd;

	(void)state;
	set_timeout(20);
	fd = client();
	assert_string_equal(hear(fd), REFUSED("refused", "it has nothing to say"));
	assert_string_equal(hear(fd), "");
	close(fd);
}

static bool hung_up(int fd)
{
	struct pollfd pfd = { .fd = fd };

	return poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLHUP);
}

/* Who does not read, or byte by byte, is dropped; meanwhile not much is kept for it. */
static void unread(void **state)
{
	static const char show[] = "{\"method\":\"ks.member.show\"}";
	int fd, slow, other;
	char buf[4096];
	size_t total = 0;
	ssize_t n;

	(void)state;
	members = 1000000;
	set_timeout(50);
	fd = client();
	slow = client();
	other = client();
	say(fd, show);
	say(slow, show);
	assert_string_equal(ask(other, "{\"method\":\"leave\",\"parameters\":{\"name\":\"a\"}}"), OK);
	while (!hung_up(fd) || !hung_up(slow)) {
		turn();
		(void)!recv(slow, buf, 1, 0);
	}
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		total += (size_t)n;
	assert_int_equal(n, 0);
	assert_in_range(total, 1, 1000000);
	close(fd);
	close(slow);
	close(other);
}

static void long_list(void **state)
{
	char expected[128];
	int fd = client(), other = client();
	unsigned int i;

	(void)state;
	members = 20000;
	say(fd, "{\"method\":\"ks.member.show\"}");
	for (i = 0; i < members; i++) {
		snprintf(expected, sizeof(expected),
			 "{\"parameters\":{\"group\":\"video\",\"id\":\"gm%u\",\"addr\":\"0.0.0.0\",\"epoch\":%u}%s}",
			 i, i, i == members - 1 ? "" : ",\"continues\":true");
		assert_string_equal(hear(fd), expected);
		if (i == 1000)
			assert_string_equal(ask(other, "{\"method\":\"leave\",\"parameters\":{\"name\":\"x\"}}"), OK);
	}
	/* One of many is found without telling the others. */
	snprintf(expected, sizeof(expected),
		 "{\"method\":\"ks.member.show\",\"parameters\":{\"id\":\"gm%u\"}}", members - 1);
	assert_non_null(strstr(ask(fd, expected), "\"id\":\"gm19999\""));
	close(fd);
	close(other);
}

/* So much of a list is made as there is room for, and the rest when that was read. */
static void unread_list(void **state)
{
	int fd = client();
	unsigned int i;

	(void)state;
	members = 100000;
	members_asked = 0;
	say(fd, "{\"method\":\"ks.member.show\"}");
	settle();
	assert_in_range(members_asked, 1, members / 5);
	for (i = 0; i < members; i++)
		assert_non_null(strstr(hear(fd), "\"group\":\"video\""));
	assert_int_equal(members_asked, members + 1);
	close(fd);
}

static void crowd(void **state)
{
	int fd[8];
	size_t i;

	(void)state;
	/* One user has two places, */
	peer.uid = 1000;
	conf.gid = 50;
	peer.gid = 50;
	control_reload(control, &conf);
	for (i = 0; i < 3; i++) {
		fd[i] = client();
		settle();
	}
	assert_string_equal(ask(fd[1], "{\"method\":\"leave\",\"parameters\":{\"name\":\"x\"}}"), OK);
	assert_string_equal(hear(fd[2]), REFUSED("busy", "too many clients of this user"));
	assert_string_equal(hear(fd[2]), "");
	close(fd[2]);
	/* all users four, */
	for (i = 2; i < 5; i++) {
		peer.uid = 1001 + (uid_t)i / 4;
		fd[i] = client();
		settle();
	}
	assert_string_equal(hear(fd[4]), REFUSED("busy", "too many clients"));
	close(fd[4]);
	/* and root one more. */
	peer.uid = 0;
	fd[4] = client();
	fd[5] = client();
	settle();
	assert_string_equal(ask(fd[4], "{\"method\":\"leave\",\"parameters\":{\"name\":\"x\"}}"), OK);
	assert_string_equal(hear(fd[5]), REFUSED("busy", "too many clients"));
	close(fd[5]);
	/* A place that is free again is given again. */
	close(fd[4]);
	settle();
	fd[4] = client();
	assert_string_equal(ask(fd[4], "{\"method\":\"leave\",\"parameters\":{\"name\":\"x\"}}"), OK);
	for (i = 0; i < 5; i++)
		close(fd[i]);
}

static void who_may(void **state)
{
	static const char denied[] =
		REFUSED("denied", "not permitted: be root, or in the group that miked.conf names");
	static const char ask_it[] = "{\"method\":\"leave\",\"parameters\":{\"name\":\"x\"}}";
	size_t i;
	int fd;

	(void)state;
	peer = (struct ucred){ 1, 1000, 50 };
	fd = client();
	assert_string_equal(hear(fd), denied);
	assert_string_equal(hear(fd), "");
	close(fd);
	/* by the group it runs as */
	conf.gid = 50;
	control_reload(control, &conf);
	fd = client();
	assert_string_equal(ask(fd, ask_it), OK);
	close(fd);
	/* by another one it is in */
	peer.gid = 51;
	fd = client();
	assert_string_equal(hear(fd), denied);
	close(fd);
	for (i = 0; i < 100; i++)
		peer_groups[i] = 1000 + (gid_t)i;
	peer_groups[99] = 50;
	peer_group_count = 99;
	fd = client();
	assert_string_equal(hear(fd), denied);
	close(fd);
	peer_group_count = 100;
	fd = client();
	assert_string_equal(ask(fd, ask_it), OK);
	close(fd);
	/* who miked itself is */
	peer = (struct ucred){ 1, geteuid(), 51 };
	peer_group_count = 0;
	fd = client();
	assert_string_equal(ask(fd, ask_it), OK);
	close(fd);
}

static mode_t mode_of_socket(void)
{
	struct stat st;

	assert_int_equal(stat(conf.socket, &st), 0);
	return st.st_mode & 07777;
}

static void the_file(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct control *other;
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(mode_of_socket(), 0600);
	/* A second one is refused, and the first goes on. */
	other = control_new(event, &conf, &ops, &conf);
	assert_int_equal(control_listen(other), -EADDRINUSE);
	control_free(other);
	fd = client();
	assert_string_equal(ask(fd, "{\"method\":\"leave\",\"parameters\":{\"name\":\"a\"}}"), OK);
	close(fd);
	/* A group that is new has to get at it, one that is no more does not. */
	conf.gid = getegid();
	control_reload(control, &conf);
	assert_int_equal(mode_of_socket(), 0660);
	conf.gid = (gid_t)-1;
	control_reload(control, &conf);
	assert_int_equal(mode_of_socket(), 0600);
	control_free(control);
	assert_int_equal(access(conf.socket, F_OK), -1);

	/* What somebody who died left is replaced, */
	memcpy(addr.sun_path, conf.socket, sizeof(addr.sun_path));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
	conf.gid = getegid();
	control = control_new(event, &conf, &ops, &conf);
	assert_int_equal(control_listen(control), 0);
	assert_int_equal(mode_of_socket(), 0660);
	assert_int_equal(stat(conf.socket, &st), 0);
	assert_int_equal(st.st_gid, getegid());

	/* a file that is no socket stays, */
	unlink(conf.socket);
	fd = open(conf.socket, O_CREAT | O_WRONLY, 0600);
	close(fd);
	other = control_new(event, &conf, &ops, &conf);
	assert_int_equal(control_listen(other), -EADDRINUSE);
	control_free(other);
	/* and so does what is not ours any more when we end. */
	control_free(control);
	assert_int_equal(access(conf.socket, F_OK), 0);
	unlink(conf.socket);

	snprintf(conf.socket, sizeof(conf.socket), "%s/no/s", dir);
	control = control_new(event, &conf, &ops, &conf);
	assert_int_equal(control_listen(control), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lists),
		TEST(actions),
		TEST(unfit),
		TEST(bad_requests),
		TEST(framing),
		TEST(deferred),
		TEST(wait_over),
		TEST(too_long),
		TEST(half_a_message),
		TEST(silence),
		TEST(unread),
		TEST(long_list),
		TEST(unread_list),
		TEST(crowd),
		TEST(who_may),
		TEST(the_file),
	};

	int i;

	for (i = 0; i < AREAS; i++)
		log_set_level(i, LEVEL_ERROR);
	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
