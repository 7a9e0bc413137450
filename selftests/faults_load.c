// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * timeout=900
 *
 * Loading the module, with each of its last allocations failing once: it is
 * all or nothing. What comes before them is the kernel's own reading of the
 * file. Only the debug kernel can do it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include "kselftest.h"
#include "fault.h"

#define LAST	64

/* An errno, or 0. @left: of so many allocations, those that were not made. */
static int load(unsigned int nth, unsigned int *left)
{
	int fd = open(getenv("GEMCAST_KO"), O_RDONLY | O_CLOEXEC), err;

	fault_arm(nth);
	err = syscall(SYS_finit_module, fd, "", 0) ? errno : 0;
	*left = fault_left();
	close(fd);
	return err;
}

static int unload(void)
{
	return syscall(SYS_delete_module, "gemcast", O_NONBLOCK) ? errno : 0;
}

int main(void)
{
	unsigned int nth, total, left;
	int err, failed = 0;

	setlinebuf(stdout);
	ksft_print_header();
	if (!fault_possible())
		ksft_exit_skip("this kernel fails no allocations\n");
	ksft_set_plan(2);
	unload();
	if (fault_open() || load(1000000, &left) || unload())
		ksft_exit_fail_msg("the module does not load\n");
	total = 1000000 - left;
	ksft_print_msg("%u allocations\n", total);
	for (nth = total > LAST ? total - LAST : 1; nth <= total; nth++) {
		err = load(nth, &left);
		if (!err)
			err = unload();
		else if (err == ENOMEM && !left)
			err = 0;
		if (err) {
			ksft_print_msg("%u of %u: %s\n", nth, total, strerror(err));
			failed++;
		}
	}
	ksft_test_result(!failed, "loading without memory fails, or works\n");
	err = load(1000000, &left);
	ksft_test_result(!err && !unload(), "with memory it works again\n");
	ksft_finished();
}
