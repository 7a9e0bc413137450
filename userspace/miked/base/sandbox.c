// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Giving up what a key daemon does not need. The calls are denied one by one, and not
 * all but some: a C library that learns a new one has to go on working. systemd's
 * filter, which is updated with the system, is the other way round.
 */
#include <cap-ng.h>
#include <errno.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/log.h"
#include "base/sandbox.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* More than any kernel has. */
#define DOMAINS		64

static const unsigned int kept[] = { CAP_NET_ADMIN, CAP_NET_BIND_SERVICE };

static const char * const denied[] = {
	/* other programs, and processes */
	"execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev",
	"process_madvise", "pidfd_getfd", "kcmp", "uselib",
	/* privileges */
	"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid",
	"setfsgid", "setgroups", "capset", "add_key", "request_key", "keyctl",
	/* namespaces and mounts */
	"unshare", "setns", "chroot", "pivot_root", "mount", "umount", "umount2", "move_mount",
	"open_tree", "fsopen", "fsmount", "fsconfig", "fspick", "mount_setattr", "mknod",
	"mknodat", "open_by_handle_at", "name_to_handle_at",
	/* the system */
	"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
	"swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "sethostname", "setdomainname",
	"syslog", "iopl", "ioperm", "vhangup", "personality", "nfsservctl",
	"clock_settime", "clock_adjtime", "adjtimex", "settimeofday", "stime",
	/* large ways into the kernel */
	"bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter",
	"io_uring_register", "lookup_dcookie", "modify_ldt", "fanotify_init", "migrate_pages",
	"move_pages", "mbind", "set_mempolicy",
};

static const int domains[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };

__attribute__((format(printf, 4, 5)))
static int fail(char *why, size_t size, int error, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(why, size, format, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < size)
		snprintf(why + n, size - (size_t)n, ": %s", strerror(-error));
	return error;
}

/* Of the two, those that we have: a test may have none. */
static void keep_capabilities(void)
{
	bool had[ARRAY_SIZE(kept)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kept); i++)
		had[i] = capng_have_capability(CAPNG_PERMITTED, kept[i]);
	capng_clear(CAPNG_SELECT_ALL);
	for (i = 0; i < ARRAY_SIZE(kept); i++)
		if (had[i])
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, kept[i]);
}

static int change_user(const char *user, char *why, size_t size)
{
	const struct passwd *pw;
	int err;

	errno = 0;
	pw = getpwnam(user);
	if (!pw)
		return fail(why, size, errno ? -errno : -ENOENT, "user \"%s\"", user);
	/* Its groups, too; the bounding set is what nothing comes back from. */
	err = capng_change_id((int)pw->pw_uid, (int)pw->pw_gid,
			      CAPNG_INIT_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT);
	return err ? fail(why, size, -EPERM, "become user \"%s\" (%d)", user, err) : 0;
}

int sandbox_user(const char *user, char *why, size_t size)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	if (capng_get_caps_process())
		return fail(why, size, -EPERM, "capabilities");
	keep_capabilities();
	if (!geteuid()) {
		/* For sandbox_memory(), while it can be done. */
		setrlimit(RLIMIT_MEMLOCK, &none);
		if (change_user(user, why, size))
			return -EPERM;
	} else if (capng_apply(CAPNG_SELECT_CAPS)) {
		return fail(why, size, -EPERM, "give up capabilities");
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return fail(why, size, -errno, "PR_SET_NO_NEW_PRIVS");
	return 0;
}

/* Under a limit, to lock what comes later means to run out of it. */
static void lock_memory(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur != RLIM_INFINITY)
		log_notice(AREA_CONF, "memory is not locked: RLIMIT_MEMLOCK is not infinity");
	else if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		log_notice(AREA_CONF, "memory is not locked: %s", strerror(errno));
}

int sandbox_memory(char *why, size_t size)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none))
		return fail(why, size, -errno, "RLIMIT_CORE");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return fail(why, size, -errno, "PR_SET_DUMPABLE");
	lock_memory();
	return 0;
}

static int deny(scmp_filter_ctx ctx, const char *name, int error)
{
	int number = seccomp_syscall_resolve_name(name);

	/* Not every machine has each. */
	return number == __NR_SCMP_ERROR ? 0 :
					   seccomp_rule_add(ctx, SCMP_ACT_ERRNO(error), number, 0);
}

static int deny_if(scmp_filter_ctx ctx, const char *name, struct scmp_arg_cmp arg)
{
	int number = seccomp_syscall_resolve_name(name);

	return number == __NR_SCMP_ERROR ?
		       0 :
		       seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(EPERM), number, 1, &arg);
}

static bool is_allowed(int domain)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(domains); i++)
		if (domains[i] == domain)
			return true;
	return false;
}

/* The kernel looks at the lower half of the argument, and has no domain above. */
static int deny_sockets(scmp_filter_ctx ctx)
{
	struct scmp_arg_cmp domain = { .arg = 0, .op = SCMP_CMP_MASKED_EQ, .datum_a = UINT32_MAX };
	int err = 0;

	for (; !err && domain.datum_b < DOMAINS; domain.datum_b++)
		if (!is_allowed((int)domain.datum_b))
			err = deny_if(ctx, "socket", domain);
	return err;
}

/* clone3()'s flags cannot be seen here; without it libc makes threads by clone(). */
static int deny_processes(scmp_filter_ctx ctx)
{
	int err;

	err = deny(ctx, "clone3", ENOSYS);
	return err ? err : deny_if(ctx, "clone", SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
}

/* Memory that was written is not run. */
static int deny_executable(scmp_filter_ctx ctx)
{
	const scmp_datum_t both = PROT_WRITE | PROT_EXEC;
	int err;

	err = deny_if(ctx, "mmap", SCMP_A2(SCMP_CMP_MASKED_EQ, both, both));
	if (!err)
		err = deny_if(ctx, "mprotect", SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
	if (!err)
		err = deny_if(ctx, "pkey_mprotect",
			      SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
	if (!err)
		err = deny_if(ctx, "shmat", SCMP_A2(SCMP_CMP_MASKED_EQ, SHM_EXEC, SHM_EXEC));
	return err;
}

static int fill_filter(scmp_filter_ctx ctx)
{
	int err = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	size_t i;

	for (i = 0; !err && i < ARRAY_SIZE(denied); i++)
		err = deny(ctx, denied[i], EPERM);
	if (!err)
		err = deny_sockets(ctx);
	if (!err)
		err = deny_processes(ctx);
	return err ? err : deny_executable(ctx);
}

int sandbox_calls(char *why, size_t size)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int err = ctx ? fill_filter(ctx) : -ENOMEM;

	if (!err)
		err = seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	return err ? fail(why, size, err, "seccomp") : 0;
}
