// SPDX-License-Identifier: GPL-2.0
/*
 * The way of a packet outbound. gemcast_output() finds its policy and SA and
 * decides; gemcast_out_packet() and below make ESP packets of it, each in one
 * linear buffer, and send them. That is the cleartext's own where nobody else
 * wants it and there is room; else a fresh one, and the cleartext is only read:
 * it becomes the copy for local members, or is freed.
 *
 * All of it runs under RCU with softirqs off and takes no lock.
 */
#include <linux/mroute6.h>
#include <linux/netfilter_bridge.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/route.h>
#include "defrag.h"
#include "esp.h"
#include "event.h"
#include "member.h"
#include "outer.h"
#include "output.h"
#include "policy.h"
#include "segment.h"
#include "toobig.h"
#include "verdict.h"

/* In a lane packets are numbered when they get there. */
static int gemcast_out_take(struct gemcast_out *out, unsigned int n, u32 *seq)
{
	*seq = 0;
	return unlikely(out->lane) ? 0 : gemcast_sa_take(out->sa, n, seq);
}

static int gemcast_out_whole(struct gemcast_out *out, struct sk_buff *skb,
			     u32 seq)
{
	u8 *payload, next = out->v6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
	unsigned int strip = 0, len = skb->len;
	struct sk_buff *esp;

	if (gemcast_outer_take(out, skb))
		return gemcast_outer_send(out, skb, skb, len, next, seq);
	if (out->policy->cfg.mode == GEMCAST_MODE_TRANSPORT) {
		strip = out->flow.frag_part;
		next = gemcast_outer_next(skb, strip);
	}
	esp = gemcast_outer_alloc(out, skb->len - strip);
	if (!esp)
		return GEMCAST_A_STATS_OUT_NO_MEMORY;
	payload = esp->data + GEMCAST_ESP_HEAD;
	if (skb_copy_bits(skb, strip, payload, skb->len - strip)) {
		kfree_skb(esp);
		return GEMCAST_A_STATS_OUT_MALFORMED;
	}
	gemcast_outer_checksum(skb, strip, payload);
	return gemcast_outer_send(out, skb, esp, skb->len - strip, next, seq);
}

/* One IP fragment of a datagram, in a tunnel packet of its own. */
static int
gemcast_out_slice(struct gemcast_out *out, const struct sk_buff *skb,
		  const struct gemcast_slice *slice, u32 seq)
{
	unsigned int len = gemcast_slice_len(slice);
	struct sk_buff *esp = gemcast_outer_alloc(out, len);
	u8 next = out->v6 ? IPPROTO_IPV6 : IPPROTO_IPIP;

	if (!esp)
		return GEMCAST_A_STATS_OUT_NO_MEMORY;
	if (!gemcast_slice_copy(slice, skb, esp->data + GEMCAST_ESP_HEAD)) {
		kfree_skb(esp);
		return GEMCAST_A_STATS_OUT_MALFORMED;
	}
	return gemcast_outer_send(out, skb, esp, len, next, seq);
}

/* Fragmented before encryption: what no ESP packet can hold, or policy says. */
static noinline int
gemcast_out_sliced(struct gemcast_out *out, struct sk_buff *skb)
{
	int drop;
	struct gemcast_slice slice;
	u32 seq;

	if (out->policy->cfg.mode == GEMCAST_MODE_TRANSPORT)
		return GEMCAST_A_STATS_OUT_TOO_BIG;
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		return GEMCAST_A_STATS_OUT_NO_MEMORY;
	if (!gemcast_slice_first(&slice, out, skb))
		return GEMCAST_A_STATS_OUT_TOO_BIG;
	drop = gemcast_out_take(out, gemcast_slices(&slice), &seq);
	if (drop)
		return drop;
	do {
		drop = gemcast_out_slice(out, skb, &slice, seq++);
		if (drop)
			return drop;
	} while (gemcast_slice_next(&slice));
	return 0;
}

/* One datagram, or one IP fragment of it. */
static int gemcast_out_one(struct gemcast_out *out, struct sk_buff *skb)
{
	int drop;
	u32 seq;

	switch (gemcast_outer_fit(out, skb, skb->len)) {
	case GEMCAST_FIT_SLICES:
		return gemcast_out_sliced(out, skb);
	case GEMCAST_FIT_NOT:
		return GEMCAST_A_STATS_OUT_TOO_BIG;
	case GEMCAST_FIT_WHOLE:
		break;
	}
	drop = gemcast_out_take(out, 1, &seq);
	return drop ?: gemcast_out_whole(out, skb, seq);
}

/* One datagram of a batch has gone, or was dropped. */
static void gemcast_out_done(struct gemcast_out *out, struct sk_buff *seg)
{
	if (!out->consumed)
		consume_skb(seg);
	out->consumed = false;
}

/* The datagrams of a batch; numbers are taken for all of them at once. */
static int gemcast_out_batch(struct gemcast_out *out, struct sk_buff *segs)
{
	struct sk_buff *seg, *next;
	unsigned int n = 0;
	int drop;
	u32 seq;

	skb_list_walk_safe(segs, seg, next)
		n++;
	drop = gemcast_out_take(out, n, &seq);
	skb_list_walk_safe(segs, seg, next) {
		/* It may go out as it stands, and then alone. */
		skb_mark_not_on_list(seg);
		if (!drop && gemcast_outer_fit(out, seg, seg->len) ==
			     GEMCAST_FIT_NOT)
			drop = GEMCAST_A_STATS_OUT_TOO_BIG;
		if (!drop)
			drop = gemcast_out_whole(out, seg, seq++);
		gemcast_out_done(out, seg);
	}
	return drop;
}

/* The same where each may have to be cut. */
static int gemcast_out_batch_cut(struct gemcast_out *out, struct sk_buff *segs)
{
	struct sk_buff *seg, *next;
	int drop = 0;

	skb_list_walk_safe(segs, seg, next) {
		skb_mark_not_on_list(seg);
		if (!drop)
			drop = gemcast_out_one(out, seg);
		gemcast_out_done(out, seg);
	}
	return drop;
}

/* A batch that the stack has to cut. */
static int gemcast_out_segmented(struct gemcast_out *out, struct sk_buff *skb)
{
	struct sk_buff *clone, *segs;

	/* Segmentation moves the headers about, of what must stay as it is. */
	clone = skb_clone(skb, GFP_ATOMIC);
	if (!clone)
		return GEMCAST_A_STATS_OUT_NO_MEMORY;
	segs = __skb_gso_segment(clone, 0, false);
	consume_skb(clone);
	if (IS_ERR_OR_NULL(segs))
		return GEMCAST_A_STATS_OUT_MALFORMED;
	return out->policy->cfg.fragment == GEMCAST_FRAGMENT_BEFORE ?
		       gemcast_out_batch_cut(out, segs) :
		       gemcast_out_batch(out, segs);
}

static int gemcast_out_segment(struct gemcast_out *out,
			       const struct sk_buff *skb,
			       const struct gemcast_segment *seg, u32 seq)
{
	u8 next = out->v6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
	unsigned int len, strip = 0;
	struct sk_buff *esp;

	if (out->policy->cfg.mode == GEMCAST_MODE_TRANSPORT) {
		strip = out->flow.frag_part;
		next = gemcast_outer_next(skb, strip);
	}
	len = gemcast_segment_len(seg) - strip;
	esp = gemcast_outer_alloc(out, len);
	if (!esp)
		return GEMCAST_A_STATS_OUT_NO_MEMORY;
	if (!gemcast_segment_copy(seg, skb, strip,
				  esp->data + GEMCAST_ESP_HEAD)) {
		kfree_skb(esp);
		return GEMCAST_A_STATS_OUT_MALFORMED;
	}
	return gemcast_outer_send(out, skb, esp, len, next, seq);
}

/* Many datagrams at once. */
static noinline int gemcast_out_gso(struct gemcast_out *out, struct sk_buff *skb)
{
	struct gemcast_segment seg;
	int drop;
	u32 seq;

	if (!gemcast_segment_first(&seg, out, skb))
		return gemcast_out_segmented(out, skb);
	switch (gemcast_outer_fit(out, skb, gemcast_segment_len(&seg))) {
	case GEMCAST_FIT_SLICES:
		return gemcast_out_segmented(out, skb);
	case GEMCAST_FIT_NOT:
		return GEMCAST_A_STATS_OUT_TOO_BIG;
	case GEMCAST_FIT_WHOLE:
		break;
	}
	drop = gemcast_out_take(out, gemcast_segments(&seg), &seq);
	if (drop)
		return drop;
	do {
		drop = gemcast_out_segment(out, skb, &seg, seq++);
	} while (!drop && gemcast_segment_next(&seg));
	return drop;
}

/* 0, or the counter of drops to count. */
static int gemcast_out_packet(struct gemcast_out *out, struct sk_buff *skb)
{
	unsigned int packets = skb_is_gso(skb) ? skb_shinfo(skb)->gso_segs : 1;

	out->lane = gemcast_lane_out(out->policy->group);
	if (unlikely(out->lane) && gemcast_lane_full(out->lane, packets))
		return GEMCAST_A_STATS_OUT_QUEUE_FULL;
	if (READ_ONCE(out->sa->dead) ||
	    !gemcast_sa_charge(out->sa, packets ?: 1, skb->len))
		return GEMCAST_A_STATS_OUT_EXPIRED;
	return skb_is_gso(skb) ? gemcast_out_gso(out, skb) :
				 gemcast_out_one(out, skb);
}

/* Would the stack have given a copy to local members, or to a local router? */
static bool gemcast_out_loops(const struct nf_hook_state *state,
			      struct sk_buff *skb)
{
	const struct dst_entry *dst = skb_dst(skb);

	if (state->hook != NF_INET_LOCAL_OUT || !gemcast_flow_multicast(skb) ||
	    !sk_mc_loop(state->sk))
		return false;
	if (state->pf == NFPROTO_IPV6) {
		skb->dev = state->out;	/* as when the stack asks */
		return mroute6_is_socket(state->net, skb) ||
		       gemcast_member_joined6(state->out,
					      &ipv6_hdr(skb)->daddr);
	}
	return skb_rtable(skb)->rt_flags & RTCF_LOCAL ||
	       dst->output != ip_output;
}

/* What becomes of the cleartext when its ESP is on the way. */
static void gemcast_out_finish(const struct gemcast_out *out,
			       struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	skb->dev = state->out;
	if (!out->loops) {
		consume_skb(skb);
		return;
	}
	nf_reset_ct(skb);
	dev_loopback_xmit(state->net, state->sk, skb);
}

static unsigned int gemcast_out_drop(struct gemcast_net *gn,
				     enum gemcast_stats_attr drop,
				     const struct nf_hook_state *state)
{
	gemcast_stats_inc(gn, drop);
	if (state->hook != NF_INET_LOCAL_OUT)
		return NF_DROP;
	switch (drop) {
	case GEMCAST_A_STATS_OUT_TOO_BIG:
		return NF_DROP_ERR(-EMSGSIZE);
	case GEMCAST_A_STATS_OUT_QUEUE_FULL:
		/* As of a device whose queue is full. */
		return NF_DROP_ERR(-ENOBUFS);
	default:
		return NF_DROP;
	}
}

static unsigned int gemcast_out_no_sa(struct gemcast_net *gn,
				      struct gemcast_policy *policy,
				      const struct gemcast_flow *flow,
				      const struct nf_hook_state *state)
{
	gemcast_event_acquire(policy, flow);
	if (policy->cfg.no_sa == GEMCAST_NO_SA_BYPASS) {
		gemcast_stats_inc(gn, GEMCAST_A_STATS_OUT_BYPASS);
		return NF_ACCEPT;
	}
	return gemcast_out_drop(gn, GEMCAST_A_STATS_OUT_NO_SA, state);
}

/* RFC 5374 6.3.3 */
static unsigned int gemcast_out_denied(struct gemcast_net *gn,
				       const struct gemcast_flow *flow,
				       const struct nf_hook_state *state)
{
	struct gemcast_audit audit = {
		.reason = GEMCAST_A_STATS_OUT_SSM,
		.src = flow->src,
		.dst = flow->dst,
		.ifindex = flow->ifindex,
	};

	gemcast_event_audit(gn, &audit);
	return gemcast_out_drop(gn, GEMCAST_A_STATS_OUT_SSM, state);
}

static void gemcast_out_audit(struct gemcast_net *gn,
			      const struct gemcast_out *out,
			      enum gemcast_stats_attr drop)
{
	struct gemcast_audit audit = {
		.reason = drop,
		.esp = true,
		.spi = out->sa->key.spi,
		.seq = out->sa->seq_last,
		.src = out->flow.src,
		.dst = out->flow.dst,
		.ifindex = out->flow.ifindex,
	};

	if (drop == GEMCAST_A_STATS_OUT_SEQ_END)
		gemcast_event_audit(gn, &audit);
}

/* Routers do not cut IPv6, and a sender may want it so on its own link. */
static bool gemcast_out_uncut(const struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	const struct sock *sk = skb->sk;

	if (state->hook == NF_INET_FORWARD)
		return true;
	return sk && sk_fullsock(sk) && sk->sk_family == AF_INET6 &&
	       (gemcast_sock_dontfrag6(sk) ||
		inet6_sk(sk)->pmtudisc == IPV6_PMTUDISC_DO);
}

static unsigned int gemcast_out_protect(struct gemcast_net *gn,
					struct sk_buff *skb,
					const struct gemcast_verdict *v,
					const struct nf_hook_state *state)
{
	struct gemcast_policy *policy = v->policy;
	/* By a tunnel of its own a device may send what we send: @v ends then. */
	struct gemcast_out out = {
		.gn = gn,
		.policy = policy,
		.flow = v->flow,
		.v6 = state->pf == NFPROTO_IPV6,
		.forwarded = state->hook == NF_INET_FORWARD,
		.loops = gemcast_out_loops(state, skb),
		.whole = gemcast_out_uncut(skb, state),
	};
	int drop = 0;

	if (out.v6 && out.forwarded)
		out.pieces = IP6CB(skb)->frag_max_size;
	if (out.flow.frag_part > skb_headlen(skb))
		drop = GEMCAST_A_STATS_OUT_MALFORMED;
	if (policy->cfg.mode == GEMCAST_MODE_TRANSPORT) {
		/* RFC 5374 3, RFC 4303 3.3.4 */
		if (out.forwarded)
			drop = GEMCAST_A_STATS_OUT_FORWARDED;
		else if (out.flow.fragment)
			drop = GEMCAST_A_STATS_OUT_FRAGMENT;
	}
	if (!drop)
		drop = gemcast_outer_route(&out, skb, state);
	if (drop)
		return gemcast_out_drop(gn, drop, state);
	out.sa = gemcast_group_send_sa(policy->group, &out.dst, &out.src);
	if (!out.sa) {
		gemcast_outer_done(&out);
		return gemcast_out_no_sa(gn, policy, &out.flow, state);
	}
	/* Hop limit 0 stays on this host. */
	if (gemcast_outer_ttl(skb))
		drop = gemcast_out_packet(&out, skb);
	if (drop == GEMCAST_A_STATS_OUT_TOO_BIG)
		gemcast_toobig_tell(&out, skb, state);
	gemcast_outer_done(&out);
	if (drop) {
		gemcast_out_audit(gn, &out, drop);
		if (!out.sent && !out.consumed)
			return gemcast_out_drop(gn, drop, state);
		gemcast_stats_inc(gn, drop);
	}
	if (!out.consumed)
		gemcast_out_finish(&out, skb, state);
	return NF_STOLEN;
}

/* br_netfilter shows what a bridge forwards; that is not routed by us. */
static bool gemcast_out_bridged(const struct sk_buff *skb,
				const struct nf_hook_state *state)
{
#if IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
	return state->hook == NF_INET_FORWARD && state->in == state->out &&
	       nf_bridge_info_exists(skb);
#else
	return false;
#endif
}

/* One that there may be something for. */
static noinline unsigned int
gemcast_out_wanted(struct gemcast_net *gn, struct sk_buff *skb,
		   const struct nf_hook_state *state)
{
	struct gemcast_ruleset *rs = rcu_dereference(gn->ruleset);
	const struct gemcast_verdict *v;
	struct gemcast_policy *policy;
	unsigned int verdict;

	/* Through the loopback interface nothing leaves. */
	if (state->out->flags & IFF_LOOPBACK || gemcast_out_bridged(skb, state))
		return NF_ACCEPT;
	/* What is forwarded was made whole when it came in. */
	if (state->hook == NF_INET_LOCAL_OUT) {
		verdict = gemcast_defrag(skb, state);
		if (verdict != NF_ACCEPT)
			return verdict;
	}
	v = gemcast_verdict_get(rs, GEMCAST_GSPD_OUT, skb, state->out->ifindex);
	if (!v)
		return gemcast_out_drop(gn, GEMCAST_A_STATS_OUT_MALFORMED,
					state);
	if (state->hook == NF_INET_LOCAL_OUT)
		gemcast_member_see(gn, skb, &v->flow, true);
	if (v->denied)
		return gemcast_out_denied(gn, &v->flow, state);
	policy = v->policy;
	if (!policy)
		return NF_ACCEPT;
	gemcast_counters_add(policy->count[GEMCAST_GSPD_OUT], 1, skb->len);
	switch (policy->cfg.action) {
	case GEMCAST_ACTION_BYPASS:
		return NF_ACCEPT;
	case GEMCAST_ACTION_DISCARD:
		return gemcast_out_drop(gn, GEMCAST_A_STATS_OUT_DISCARD, state);
	case GEMCAST_ACTION_PROTECT:
		break;
	}
	return gemcast_out_protect(gn, skb, v, state);
}

/**
 * gemcast_output() - Decide on a packet that leaves or is forwarded.
 * @priv: namespace
 * @skb: the packet
 * @state: of the hook
 *
 * Context: RCU, softirqs off.
 * Return: a netfilter verdict.
 */
unsigned int gemcast_output(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	struct gemcast_net *gn = priv;

	/* By a jump: what is not ours saves no registers. */
	return gemcast_ruleset_wants(rcu_dereference(gn->ruleset), skb,
				     state->out->ifindex) ?
	       gemcast_out_wanted(gn, skb, state) : NF_ACCEPT;
}

/**
 * gemcast_output_arriving() - Send on by UDP what a policy takes on arrival.
 * @gn: namespace
 * @skb: a multicast packet that came in; it goes on as if nothing were
 * @state: of the hook
 *
 * The sending end of a unicast tunnel need not be a multicast router: a policy
 * of a udp group that names an interface takes what arrives there.
 *
 * Context: RCU, softirqs off.
 */
void gemcast_output_arriving(struct gemcast_net *gn, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	const struct gemcast_verdict *v;
	struct gemcast_out out = {
		.gn = gn,
		.v6 = state->pf == NFPROTO_IPV6,
		.forwarded = true,
	};
	int drop;

	v = gemcast_verdict_get(rcu_dereference(gn->ruleset), GEMCAST_GSPD_OUT,
				skb, state->in->ifindex);
	if (!v || !v->policy || !gemcast_policy_arriving(v->policy))
		return;
	out.policy = v->policy;
	out.flow = v->flow;
	if (out.flow.frag_part > skb_headlen(skb))
		return;
	gemcast_counters_add(out.policy->count[GEMCAST_GSPD_OUT], 1, skb->len);
	out.sa = gemcast_group_send_sa(out.policy->group, &out.flow.dst,
				       &out.flow.src);
	if (!out.sa) {
		gemcast_event_acquire(out.policy, &out.flow);
		drop = GEMCAST_A_STATS_OUT_NO_SA;
	} else {
		drop = gemcast_out_packet(&out, skb);
	}
	if (drop) {
		gemcast_stats_inc(gn, drop);
		if (out.sa)
			gemcast_out_audit(gn, &out, drop);
	}
}
