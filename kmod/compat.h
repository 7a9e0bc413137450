/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where kernels differ. Included before every source file; features are
 * probed, versions asked only where there is nothing to probe.
 */
#ifndef GEMCAST_COMPAT_H
#define GEMCAST_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/kconfig.h>
#include <linux/moduleparam.h>
#include <linux/skbuff.h>
#include <linux/version.h>

#if __has_include(<net/gso.h>)
#include <net/gso.h>
#else
#include <linux/netdevice.h>
#endif

#if __has_include(<linux/unaligned.h>)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void gemcast_hrtimer_setup(struct hrtimer *timer,
					 enum hrtimer_restart (*function)
					 (struct hrtimer *),
					 clockid_t clock,
					 enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}

#define hrtimer_setup	gemcast_hrtimer_setup
#endif

/* A socket whose packets are not looped back to this host. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define gemcast_sock_no_loop4(sk)	(inet_sk(sk)->mc_loop = 0)
#define gemcast_sock_no_loop6(sk)	(inet6_sk(sk)->mc_loop = 0)
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define gemcast_sock_no_loop4(sk)	inet_clear_bit(MC_LOOP, sk)
#define gemcast_sock_no_loop6(sk)	(inet6_sk(sk)->mc_loop = 0)
#else
#define gemcast_sock_no_loop4(sk)	inet_clear_bit(MC_LOOP, sk)
#define gemcast_sock_no_loop6(sk)	inet6_clear_bit(MC6_LOOP, sk)
#endif

#endif
