/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where kernels differ. Included before every source file; what a kernel has,
 * Kbuild finds out by looking at its headers.
 */
#ifndef GEMCAST_COMPAT_H
#define GEMCAST_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#ifdef GEMCAST_HAVE_NET_GSO_H
#include <net/gso.h>
#endif

#ifdef GEMCAST_HAVE_LINUX_UNALIGNED_H
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#ifndef GEMCAST_HAVE_HRTIMER_SETUP
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

/* A device that is nothing but what a NAPI belongs to. */
#ifdef GEMCAST_HAVE_ALLOC_NETDEV_DUMMY
#define gemcast_netdev_dummy_alloc()	alloc_netdev_dummy(0)
#define gemcast_netdev_dummy_free(dev)	free_netdev(dev)
#else
static inline struct net_device *gemcast_netdev_dummy_alloc(void)
{
	struct net_device *dev = kmalloc(sizeof(*dev), GFP_KERNEL);

	if (dev)
		init_dummy_netdev(dev);
	return dev;
}

#define gemcast_netdev_dummy_free(dev)	kfree(dev)
#endif

/* When a packet is to leave, as its sender said. */
static inline void gemcast_skb_copy_time(struct sk_buff *to,
					 const struct sk_buff *from)
{
	to->tstamp = from->tstamp;
#ifdef GEMCAST_HAVE_TSTAMP_TYPE
	to->tstamp_type = from->tstamp_type;
#else
	to->mono_delivery_time = from->mono_delivery_time;
#endif
}

/*
 * A socket whose packets are not looped back to this host; one that wants to
 * hear of errors; one that wants its packets whole; one that wants its fragments so.
 */
#ifdef GEMCAST_HAVE_MC_LOOP_BIT
#define gemcast_sock_recverr4(sk)	inet_test_bit(RECVERR, sk)
#define gemcast_sock_recverr6(sk)	inet6_test_bit(RECVERR6, sk)
#define gemcast_sock_dontfrag6(sk)	inet6_test_bit(DONTFRAG, sk)
#define gemcast_sock_nodefrag4(sk)	inet_test_bit(NODEFRAG, sk)
#define gemcast_sock_no_loop4(sk)	inet_clear_bit(MC_LOOP, sk)
#define gemcast_sock_no_loop6(sk)	inet6_clear_bit(MC6_LOOP, sk)
#else
#define gemcast_sock_recverr4(sk)	(inet_sk(sk)->recverr)
#define gemcast_sock_recverr6(sk)	(inet6_sk(sk)->recverr)
#define gemcast_sock_dontfrag6(sk)	(inet6_sk(sk)->dontfrag)
#define gemcast_sock_nodefrag4(sk)	(inet_sk(sk)->nodefrag)
#define gemcast_sock_no_loop4(sk)	(inet_sk(sk)->mc_loop = 0)
#define gemcast_sock_no_loop6(sk)	(inet6_sk(sk)->mc_loop = 0)
#endif

#endif
