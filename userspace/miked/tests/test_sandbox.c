// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is given up is gone, and what the daemon does goes on. Each test does so in a
 * process of its own, whose exit status is the line that went wrong.
 */
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <unistd.h>
#include "base/log.h"
#include "base/sandbox.h"
#include "test.h"

#define NEED(what)						\
	do {							\
		if (!(what))					\
			_exit(__LINE__ % 255 ? __LINE__ % 255 : 1);	\
	} while (0)

#define EPERM_OF(call)	(errno = 0, (call) == -1 && errno == EPERM)

static char why[128];

static void in_child(void (*fn)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		log_set_level(AREA_CONF, LEVEL_ERROR);
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void *thread(void *arg)
{
	*(int *)arg = 1;
	return NULL;
}

static int on_event(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	char c;

	(void)source;
	(void)events;
	NEED(read(fd, &c, 1) == 1 && c == 'x');
	sd_event_exit(arg, 7);
	return 0;
}

/* The loop, a timer's and a socket's event, threads, files, groups by name. */
static void what_goes_on(void)
{
	sd_event *event;
	pthread_t id;
	int fd[2], ran = 0;

	NEED(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	NEED(!sandbox_calls(why, sizeof(why)));
	NEED(sd_event_new(&event) >= 0);
	NEED(!socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
	NEED(sd_event_add_io(event, NULL, fd[0], 1, on_event, event) >= 0);
	NEED(write(fd[1], "x", 1) == 1);
	NEED(sd_event_loop(event) == 7);
	NEED(!pthread_create(&id, NULL, thread, &ran) && !pthread_join(id, NULL) && ran);
	NEED(socket(AF_INET, SOCK_DGRAM, 0) >= 0);
	NEED(socket(AF_NETLINK, SOCK_RAW, 0) >= 0);
	NEED(open("/etc/passwd", O_RDONLY) >= 0);
	NEED(getgrnam("root"));
	NEED(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	     MAP_FAILED);
}

static void what_does_not(void)
{
	static char *none[] = { NULL };
	void *page;

	NEED(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	NEED(!sandbox_calls(why, sizeof(why)));
	NEED(EPERM_OF(execve("/bin/true", none, none)));
	NEED(EPERM_OF(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL)));
	NEED(EPERM_OF((int)fork()));
	NEED(EPERM_OF(unshare(CLONE_NEWUSER)));
	NEED(EPERM_OF(mount("a", "/", "tmpfs", 0, NULL)));
	NEED(EPERM_OF(chroot("/")));
	NEED(EPERM_OF(setuid(getuid())));
	NEED(EPERM_OF(syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0)));
	NEED(EPERM_OF(syscall(SYS_bpf, 0, NULL, 0)));
	NEED(EPERM_OF(syscall(SYS_keyctl, 0, 0, 0, 0, 0)));
	NEED(EPERM_OF(syscall(SYS_io_uring_setup, 1, NULL)));
	NEED(EPERM_OF(socket(AF_PACKET, SOCK_RAW, 0)));
	NEED(EPERM_OF(socket(AF_ALG, SOCK_SEQPACKET, 0)));
	NEED(EPERM_OF(socket(AF_VSOCK, SOCK_STREAM, 0)));
	/* the kernel takes the lower half of it */
	NEED(EPERM_OF((int)syscall(SYS_socket, AF_PACKET | 1UL << 32, SOCK_RAW, 0)));
	NEED(EPERM_OF(mprotect(page, 4096, PROT_READ | PROT_EXEC)));
	errno = 0;
	NEED(mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		     MAP_FAILED && errno == EPERM);
	errno = 0;
	NEED(syscall(SYS_clone3, NULL, 0) == -1 && errno == ENOSYS);
}

static void no_dumps(void)
{
	struct rlimit limit;

	NEED(!sandbox_memory(why, sizeof(why)));
	NEED(!prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	NEED(!getrlimit(RLIMIT_CORE, &limit) && !limit.rlim_cur && !limit.rlim_max);
}

/* Which of the two the test itself has. */
static bool had[2];

static bool has(unsigned int capability)
{
	return capng_have_capability(CAPNG_EFFECTIVE, capability);
}

static void no_more_root(void)
{
	const struct passwd *pw = getpwnam("nobody");
	int i;

	NEED(pw);
	NEED(!sandbox_user("nobody", why, sizeof(why)));
	NEED(getuid() == pw->pw_uid && geteuid() == pw->pw_uid && getgid() == pw->pw_gid);
	NEED(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	NEED(!capng_get_caps_process());
	NEED(has(CAP_NET_ADMIN) == had[0] && has(CAP_NET_BIND_SERVICE) == had[1]);
	for (i = 0; i <= CAP_LAST_CAP; i++) {
		if (i == CAP_NET_ADMIN || i == CAP_NET_BIND_SERVICE)
			continue;
		NEED(!has((unsigned int)i));
		NEED(!capng_have_capability(CAPNG_PERMITTED, (unsigned int)i));
		NEED(!capng_have_capability(CAPNG_BOUNDING_SET, (unsigned int)i));
	}
	NEED(setuid(0) == -1);
	NEED(open("/etc/shadow", O_RDONLY) == -1);
	/* once more, as who started it as this user: nothing to give up, nothing gained */
	NEED(!sandbox_user("root", why, sizeof(why)) && geteuid() == pw->pw_uid);
}

static void unknown_user(void)
{
	NEED(sandbox_user("no-such-user", why, sizeof(why)) < 0);
	NEED(!strcmp(why, "user \"no-such-user\": No such file or directory"));
}

static void calls(void **state)
{
	(void)state;
	in_child(what_goes_on);
	in_child(what_does_not);
}

static void memory(void **state)
{
	(void)state;
	in_child(no_dumps);
}

static void user(void **state)
{
	(void)state;
	if (geteuid()) {
		print_message("# not root\n");
		skip();
	}
	capng_get_caps_process();
	had[0] = has(CAP_NET_ADMIN);
	had[1] = has(CAP_NET_BIND_SERVICE);
	in_child(no_more_root);
	in_child(unknown_user);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls),
		cmocka_unit_test(memory),
		cmocka_unit_test(user),
	};

	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
