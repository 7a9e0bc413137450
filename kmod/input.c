// SPDX-License-Identifier: GPL-2.0
/*
 * The way of a packet inbound: ESP to its SA, out of it to an inner header that
 * is checked like one from the wire, and through the inbound policies. Native
 * packets are rewritten where they stand and go on; what came by UDP, and what
 * cannot go on in the same traversal, is injected anew; and where an interface is
 * to have its packets in trains, they wait for those that belong to the same one.
 *
 * All of it runs under RCU with softirqs off; the only lock it takes is that of
 * a replay window.
 */
#include <linux/netfilter_bridge.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/xfrm.h>
#include "defrag.h"
#include "esp.h"
#include "event.h"
#include "gro.h"
#include "inner.h"
#include "input.h"
#include "member.h"
#include "output.h"
#include "parallel.h"
#include "policy.h"
#include "reinject.h"
#include "resume.h"
#include "verdict.h"

static void gemcast_in_audit(const struct gemcast_in *in,
			     enum gemcast_stats_attr drop)
{
	struct gemcast_audit audit = {
		.reason = drop,
		.esp = in->esp.spi,
		.spi = in->esp.spi,
		.seq = in->esp.seq,
		.src = in->src,
		.dst = in->dst,
		.flow_label = in->flow_label,
		.ifindex = in->ifindex,
	};

	switch (drop) {
	case GEMCAST_A_STATS_IN_DISCARD:
	case GEMCAST_A_STATS_IN_DUMMY:
	case GEMCAST_A_STATS_IN_NO_DEV:
	case GEMCAST_A_STATS_IN_NO_MEMORY:
	case GEMCAST_A_STATS_IN_CRYPTO:
	case GEMCAST_A_STATS_IN_QUEUE_FULL:
		return;
	default:
		gemcast_event_audit(in->gn, &audit);
	}
}

static void gemcast_in_drop(const struct gemcast_in *in,
			    enum gemcast_stats_attr drop)
{
	gemcast_stats_inc(in->gn, drop);
	gemcast_in_audit(in, drop);
}

/*
 * Who seems to have sent it to whom, by the header the packet came with; @in is empty.
 */
static void gemcast_in_outer(struct gemcast_in *in, struct gemcast_net *gn,
			     const struct sk_buff *skb)
{
	in->gn = gn;
	in->ifindex = skb->dev->ifindex;
	if (ip_hdr(skb)->version == 6) {
		const struct ipv6hdr *ip = ipv6_hdr(skb);

		in->src = ip->saddr;
		in->dst = ip->daddr;
		in->tos = ipv6_get_dsfield(ip);
		in->flow_label = ntohl(ip6_flowlabel(ip));
		in->v6 = true;
	} else {
		ipv6_addr_set_v4mapped(ip_hdr(skb)->saddr, &in->src);
		ipv6_addr_set_v4mapped(ip_hdr(skb)->daddr, &in->dst);
		in->tos = ip_hdr(skb)->tos;
	}
}

/* SPI and, if it is there, sequence number; false if even that is too much. */
static bool gemcast_in_head(struct gemcast_in *in, const struct sk_buff *skb,
			    unsigned int offset)
{
	__be32 buf, *word;

	word = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (!word)
		return false;
	in->esp.spi = ntohl(*word);
	word = skb_header_pointer(skb, offset + sizeof(buf), sizeof(buf), &buf);
	if (word)
		in->esp.seq = ntohl(*word);
	return true;
}

/* Its number was accepted. */
static int gemcast_in_opened(const struct gemcast_in *in)
{
	/* RFC 4303 2.6: a dummy is complete, and nothing. */
	if (in->esp.next == IPPROTO_NONE)
		return GEMCAST_A_STATS_IN_DUMMY;
	gemcast_stats_inc(in->gn, GEMCAST_A_STATS_IN_PACKETS);
	return 0;
}

/* What can be known before decryption; 0, or the counter of drops to count. */
static int gemcast_in_check(struct gemcast_in *in, struct sk_buff *skb,
			    unsigned int offset)
{
	int drop = gemcast_esp_check(in->sa, skb, offset, &in->src, &in->esp);

	if (drop == GEMCAST_A_STATS_IN_TRUNCATED)
		gemcast_in_head(in, skb, offset);
	return drop;
}

/*
 * Decrypts @skb, whose ESP header is @offset bytes from skb->data; afterwards
 * that is where skb->data is. 0, or the counter of drops to count.
 */
static int gemcast_in_open(struct gemcast_in *in, struct sk_buff *skb,
			   unsigned int offset)
{
	int drop = gemcast_in_check(in, skb, offset);

	if (drop)
		return drop;
	/* Never in place what others see, taps above all. */
	if (skb_linearize_cow(skb))
		return GEMCAST_A_STATS_IN_NO_MEMORY;
	__skb_pull(skb, offset);
	drop = gemcast_esp_open(in->gn, in->sa, skb, &in->src, &in->esp);
	return drop ?: gemcast_in_opened(in);
}

/*
 * RFC 5374 5.2: what came out must match the policy that it came in by. The
 * packet is cleartext, skb->data at its network header.
 */
static int gemcast_in_policy(struct gemcast_in *in, struct sk_buff *skb)
{
	const struct gemcast_policy_config *cfg;
	const struct gemcast_verdict *v;

	/* The policies of a udp group name the interface on its other side. */
	v = gemcast_verdict_get(rcu_dereference(in->gn->ruleset),
				GEMCAST_GSPD_IN, skb,
				in->sa->key.port ? GEMCAST_FLOW_ANY_DEV :
						   in->ifindex);
	if (!v)
		return GEMCAST_A_STATS_IN_BAD_INNER;
	in->policy = v->policy;
	if (v->denied)
		return GEMCAST_A_STATS_IN_SSM;
	if (!in->policy || in->policy->group != in->sa->group)
		return GEMCAST_A_STATS_IN_POLICY;
	cfg = &in->policy->cfg;
	if (cfg->mode != (in->tunnel ? GEMCAST_MODE_TUNNEL :
				       GEMCAST_MODE_TRANSPORT))
		return GEMCAST_A_STATS_IN_POLICY;
	if (in->tunnel && !in->sa->key.port) {
		if (cfg->preserve & GEMCAST_PRESERVE_SRC &&
		    !ipv6_addr_equal(&v->flow.src, &in->src))
			return GEMCAST_A_STATS_IN_ADDRESS;
		if (cfg->preserve & GEMCAST_PRESERVE_DST &&
		    !ipv6_addr_equal(&v->flow.dst, &in->dst))
			return GEMCAST_A_STATS_IN_ADDRESS;
	}
	if (!gemcast_sa_charge(in->sa, 1, skb->len))
		return GEMCAST_A_STATS_IN_EXPIRED;
	if (cfg->decap_dscp == GEMCAST_DECAP_DSCP_OUTER)
		gemcast_inner_dscp(skb, in->tos);
	gemcast_counters_add(in->policy->count[GEMCAST_GSPD_IN], 1, skb->len);
	gemcast_counters_add(in->sa->in, 1, skb->len);
	return 0;
}

/* The packet goes on as if it had come in the clear. */
static unsigned int gemcast_in_accept(struct gemcast_in *in,
				      struct sk_buff *skb,
				      const struct nf_hook_state *state)
{
	skb->ip_summed = CHECKSUM_NONE;
	skb->encapsulation = 0;
	skb_clear_hash(skb);
	secpath_reset(skb);
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	if (skb->pkt_type == PACKET_HOST && gemcast_flow_multicast(skb))
		skb->pkt_type = PACKET_MULTICAST;
	if (in->v6 && ipv6_hdr(skb)->nexthdr == NEXTHDR_HOP) {
		/* The stack looks at these before this hook. */
		skb_mac_header_rebuild(skb);
		gemcast_reinject_receive(skb, skb->dev);
		return NF_STOLEN;
	}
	if (gemcast_gro_wants(state)) {
		gemcast_gro_receive(skb, state);
		return NF_STOLEN;
	}
	skb_mac_header_rebuild(skb);
	gemcast_input_cb(skb);
	return NF_ACCEPT;
}

/*
 * The lane of ESP, or NULL if it is to be opened here. What shares a replay window
 * shares a lane, too: nothing may get there late because of another lane.
 */
static noinline struct gemcast_lane *
gemcast_in_lane(const struct gemcast_in *in, struct gemcast_lanes *lanes,
		const struct sk_buff *skb, unsigned int offset)
{
	const struct gemcast_sa *sa = in->sa;
	u8 buf[GEMCAST_ESP_IV_LEN], *iv;

	switch (sa->replay) {
	case GEMCAST_REPLAY_SA:
		return gemcast_lane_in(lanes, sa->key.spi);
	case GEMCAST_REPLAY_SID:
		iv = skb_header_pointer(skb, offset + sizeof(struct ip_esp_hdr),
					sizeof(buf), buf);
		if (!iv)
			return NULL;
		return gemcast_lane_in(lanes, get_unaligned_be64(iv) >>
					      (64 - sa->sid_bits));
	default:
		return gemcast_lane_in(lanes, ipv6_addr_hash(&in->src));
	}
}

/*
 * ESP of a parallel group waits in a lane, and holds whatever it needs then; 0, or
 * the counter of drops to count. @offset is that of the ESP header; @okfn is where it
 * goes on, if it is native.
 */
static noinline int gemcast_in_queue(struct gemcast_in *in,
				     struct gemcast_lane *lane,
				     struct sk_buff *skb, unsigned int offset,
				     gemcast_okfn okfn)
{
	int drop = gemcast_in_check(in, skb, offset);

	if (drop)
		return drop;
	if (gemcast_lane_full(lane, 1))
		return GEMCAST_A_STATS_IN_QUEUE_FULL;
	if (!gemcast_sa_hold(in->sa))
		return GEMCAST_A_STATS_IN_EXPIRED;
	skb_orphan(skb);
	skb_dst_drop(skb);
	dev_hold(skb->dev);
	*gemcast_job(skb) = (struct gemcast_job){
		.sa = in->sa, .seq = in->esp.seq, .head = offset,
		.okfn = okfn,
	};
	return gemcast_lane_add(lane, skb);
}

void gemcast_input_work(struct sk_buff *skb)
{
	struct gemcast_job *job = gemcast_job(skb);

	if (skb_linearize_cow(skb)) {
		job->drop = GEMCAST_A_STATS_IN_NO_MEMORY;
		return;
	}
	__skb_pull(skb, job->head);
	job->drop = gemcast_esp_decrypt(job->sa, skb, job->iv);
}

/* The rest of what is done to a packet that was decrypted in a lane. */
static int gemcast_in_rest(struct gemcast_in *in, struct sk_buff *skb,
			   const struct gemcast_job *job)
{
	int drop;

	drop = gemcast_esp_accept(in->gn, in->sa, skb, job->iv, &in->src,
				  &in->esp);
	if (!drop)
		drop = gemcast_in_opened(in);
	if (!drop)
		drop = in->sa->key.port ?
			       gemcast_inner_tunnel(in, skb) :
			       gemcast_inner_native(in, skb, job->head);
	return drop ?: gemcast_in_policy(in, skb);
}

/* It goes on, and is consumed, if 0. */
static int gemcast_in_go_on(struct gemcast_in *in, struct sk_buff *skb,
			    const struct gemcast_job *job)
{
	struct gemcast_resume resume;

	if (in->sa->key.port)
		return gemcast_reinject(in->policy, skb);
	/* Where there are no hooks any more there are no policies either. */
	if (!gemcast_resume_init(&resume, in->gn->net, skb, job->okfn))
		return GEMCAST_A_STATS_IN_POLICY;
	if (gemcast_in_accept(in, skb, &resume.state) == NF_ACCEPT)
		gemcast_resume(&resume, skb);
	return 0;
}

void gemcast_input_end(struct sk_buff *skb)
{
	const struct gemcast_job job = *gemcast_job(skb);
	struct gemcast_in in = {
		.sa = job.sa,
		.esp = { .spi = job.sa->key.spi, .seq = job.seq },
	};
	struct net_device *dev = skb->dev;
	int drop = job.drop;

	memset(skb->cb, 0, sizeof(skb->cb));
	gemcast_in_outer(&in, job.sa->gn, skb);
	/* It may have gone, into another namespace too. */
	if (!drop && (!(READ_ONCE(dev->flags) & IFF_UP) ||
		      !net_eq(dev_net(dev), in.gn->net)))
		drop = GEMCAST_A_STATS_IN_NO_DEV;
	if (!drop)
		drop = gemcast_in_rest(&in, skb, &job);
	if (!drop)
		drop = gemcast_in_go_on(&in, skb, &job);
	if (drop) {
		gemcast_in_drop(&in, drop);
		kfree_skb(skb);
	}
	dev_put(dev);
}

/* Native ESP whose SA is known; @offset is that of the ESP header. */
static unsigned int gemcast_in_esp(struct gemcast_in *in, struct sk_buff *skb,
				   unsigned int offset,
				   const struct nf_hook_state *state)
{
	struct gemcast_lanes *lanes = rcu_dereference(in->sa->group->lanes);
	struct gemcast_lane *lane = NULL;
	int drop;

	if (unlikely(lanes) && gemcast_resume_may(state))
		lane = gemcast_in_lane(in, lanes, skb, offset);
	if (unlikely(lane)) {
		drop = gemcast_in_queue(in, lane, skb, offset, state->okfn);
		if (!drop)
			return NF_STOLEN;
		gemcast_in_drop(in, drop);
		return NF_DROP;
	}
	drop = gemcast_in_open(in, skb, offset);
	if (!drop)
		drop = gemcast_inner_native(in, skb, offset);
	if (!drop)
		drop = gemcast_in_policy(in, skb);
	if (!drop)
		return gemcast_in_accept(in, skb, state);
	gemcast_in_drop(in, drop);
	return NF_DROP;
}

/* Drops what policies discard as it came, to a source-specific group above all. */
static bool gemcast_in_discard(const struct gemcast_in *in,
			       const struct gemcast_verdict *v)
{
	if (v->denied)
		gemcast_in_drop(in, GEMCAST_A_STATS_IN_SSM);
	else if (v->policy && v->policy->cfg.action == GEMCAST_ACTION_DISCARD)
		gemcast_in_drop(in, GEMCAST_A_STATS_IN_DISCARD);
	else
		return false;
	return true;
}

/* Cleartext that policies speak of: may it be here? */
static bool gemcast_in_clear(struct gemcast_net *gn, const struct sk_buff *skb,
			     const struct gemcast_verdict *v)
{
	const struct gemcast_group *group = v->policy ? v->policy->group : NULL;
	struct gemcast_in in = {};

	gemcast_in_outer(&in, gn, skb);
	if (gemcast_in_discard(&in, v))
		return false;
	if (group && !group->port) {
		gemcast_in_drop(&in, GEMCAST_A_STATS_IN_SPOOF);
		return false;
	}
	return true;
}

/*
 * ESP for a group of ours, and there is no SA: new keys may not have come here, or
 * nothing is wrong at all. It is told, and not counted, since it is not dropped.
 */
static unsigned int gemcast_in_unknown(const struct gemcast_in *in,
				       const struct gemcast_flow *flow)
{
	if (!flow->fragment &&
	    gemcast_ruleset_receives(rcu_dereference(in->gn->ruleset), flow))
		gemcast_in_audit(in, GEMCAST_A_STATS_IN_NO_SA);
	return NF_ACCEPT;
}

/*
 * ESP by no SA of ours may be another's: XFRM's, or a gateway's further on. It
 * goes on unless policies discard it as it is (RFC 5374 5.2).
 */
static unsigned int gemcast_in_find(struct gemcast_net *gn, struct sk_buff *skb,
				    struct gemcast_verdict *v,
				    const struct nf_hook_state *state)
{
	const struct gemcast_flow *flow = &v->flow;
	struct gemcast_in in = {};

	gemcast_in_outer(&in, gn, skb);
	if (!gemcast_in_head(&in, skb, flow->upper))
		return NF_ACCEPT;
	in.sa = gemcast_sa_lookup(gn, in.esp.spi, 0, &in.dst, &in.src);
	if (!in.sa)
		return gemcast_in_discard(&in, v) ?
		       NF_DROP : gemcast_in_unknown(&in, flow);
	/* Its copy may come in where it belongs: that one is to be counted. */
	if (gemcast_verdict_elsewhere(rcu_dereference(gn->ruleset), v,
				      in.sa->group))
		return NF_ACCEPT;
	if (flow->fragment) {
		gemcast_in_drop(&in, GEMCAST_A_STATS_IN_FRAGMENT);
		return NF_DROP;
	}
	return gemcast_in_esp(&in, skb, flow->upper, state);
}

/* ESP of the plainest kind, whose SA is known. */
static unsigned int gemcast_in_plain(struct gemcast_net *gn, struct sk_buff *skb,
				     struct gemcast_sa *sa,
				     const struct nf_hook_state *state)
{
	struct gemcast_in in = { .sa = sa };

	gemcast_in_outer(&in, gn, skb);
	return gemcast_in_esp(&in, skb, sizeof(struct iphdr), state);
}

/* All the rest. */
static unsigned int gemcast_in_other(struct gemcast_net *gn,
				     struct gemcast_ruleset *rs,
				     struct sk_buff *skb,
				     const struct nf_hook_state *state)
{
	unsigned int verdict = gemcast_defrag(skb, state);
	struct gemcast_verdict *v;

	if (verdict != NF_ACCEPT)
		return verdict;
	v = gemcast_verdict_get(rs, GEMCAST_GSPD_IN, skb, state->in->ifindex);
	if (!v)
		return NF_ACCEPT;
	gemcast_member_see(gn, skb, &v->flow, false);
	if (v->flow.proto == IPPROTO_ESP)
		return gemcast_in_find(gn, skb, v, state);
	if ((v->policy || v->denied) && !gemcast_in_clear(gn, skb, v))
		return NF_DROP;
	if (gemcast_ruleset_arriving(rs))
		gemcast_output_arriving(gn, skb, state);
	return NF_ACCEPT;
}

/* One that there may be something for. */
static noinline unsigned int
gemcast_in_wanted(struct gemcast_net *gn, struct sk_buff *skb,
		  const struct nf_hook_state *state)
{
	struct gemcast_ruleset *rs = rcu_dereference(gn->ruleset);
	struct gemcast_sa *sa;

	/*
	 * Our own cleartext, looped back; or already read and injected anew; or
	 * what never left this host; or a bridge's, which would forward it in
	 * the clear: that which goes up to this host comes again.
	 */
	if (skb->pkt_type == PACKET_LOOPBACK ||
	    state->in->flags & IFF_LOOPBACK || nf_bridge_in_prerouting(skb))
		return NF_ACCEPT;
	sa = gemcast_verdict_sa(rs, skb, state->in->ifindex);
	return sa ? gemcast_in_plain(gn, skb, sa, state) :
		    gemcast_in_other(gn, rs, skb, state);
}

/**
 * gemcast_input() - Decide on a packet that came in.
 * @priv: namespace
 * @skb: the packet
 * @state: of the hook
 *
 * Context: RCU, softirqs off.
 * Return: a netfilter verdict.
 */
unsigned int gemcast_input(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	/* By a jump: what is not ours saves no registers. */
	return gemcast_input_wants(priv, skb, state->in->ifindex) ?
	       gemcast_in_wanted(priv, skb, state) : NF_ACCEPT;
}

static int gemcast_in_udp(struct gemcast_in *in, struct sk_buff *skb, u16 port)
{
	struct gemcast_lane *lane = NULL;
	struct gemcast_lanes *lanes;
	int drop;

	if (!gemcast_in_head(in, skb, 0))
		return GEMCAST_A_STATS_IN_TRUNCATED;
	in->sa = gemcast_sa_lookup(in->gn, in->esp.spi, port, &in->dst,
				   &in->src);
	if (!in->sa)
		return GEMCAST_A_STATS_IN_NO_SA;
	lanes = rcu_dereference(in->sa->group->lanes);
	if (unlikely(lanes))
		lane = gemcast_in_lane(in, lanes, skb, 0);
	if (unlikely(lane))
		return gemcast_in_queue(in, lane, skb, 0, NULL);
	drop = gemcast_in_open(in, skb, 0);
	if (!drop)
		drop = gemcast_inner_tunnel(in, skb);
	if (!drop)
		drop = gemcast_in_policy(in, skb);
	return drop ?: gemcast_reinject(in->policy, skb);
}

void gemcast_input_udp(struct gemcast_net *gn, struct sk_buff *skb, u16 port)
{
	struct gemcast_in in = {};
	int drop;

	gemcast_in_outer(&in, gn, skb);
	drop = gemcast_in_udp(&in, skb, port);
	if (!drop)
		return;
	gemcast_in_drop(&in, drop);
	kfree_skb(skb);
}
