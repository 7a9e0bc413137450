// SPDX-License-Identifier: GPL-2.0
/*
 * Reports: reads messages of IGMP (RFC 1112, 2236, 3376) and MLD (RFC 2710,
 * 3810). Their checksums are not looked at: what is made of them is only that
 * somebody is told. Stateless; never writes to the packet.
 */
#include <linux/igmp.h>
#include <net/mld.h>
#include "report.h"

/* Before the records of IGMPv3, and of MLDv2. */
#define GEMCAST_REPORT_HEAD	8

/* What a list of records is read by: IGMPv3's and MLDv2's differ in length. */
struct gemcast_report_list {
	const struct sk_buff *skb;
	int offset;
	unsigned int records;
	bool v6;
};

/* A group that a router forwards: not of one link, or one host. */
static bool gemcast_report_routed(const struct in6_addr *group)
{
	if (ipv6_addr_v4mapped(group))
		return ipv4_is_multicast(gemcast_addr_v4(group)) &&
		       !ipv4_is_local_multicast(gemcast_addr_v4(group));
	return ipv6_addr_is_multicast(group) &&
	       IPV6_ADDR_MC_SCOPE(group) > IPV6_ADDR_SCOPE_LINKLOCAL;
}

static unsigned int gemcast_report_one(struct gemcast_report *report,
				       enum gemcast_report_kind kind,
				       const struct in6_addr *group)
{
	bool all = kind == GEMCAST_REPORT_QUERY && ipv6_addr_any(group);

	if (!all && !gemcast_report_routed(group))
		return 0;
	report->kind = kind;
	report->group = *group;
	return 1;
}

/* Of a record's type and number of sources; false: neither came nor went. */
static bool gemcast_report_record(u8 type, u16 sources,
				  enum gemcast_report_kind *kind)
{
	switch (type) {
	case IGMPV3_MODE_IS_EXCLUDE:
	case IGMPV3_CHANGE_TO_EXCLUDE:
		*kind = GEMCAST_REPORT_JOIN;
		return true;
	case IGMPV3_MODE_IS_INCLUDE:
	case IGMPV3_CHANGE_TO_INCLUDE:
	case IGMPV3_ALLOW_NEW_SOURCES:
		*kind = sources ? GEMCAST_REPORT_JOIN : GEMCAST_REPORT_LEAVE;
		return true;
	}
	return false;
}

static unsigned int gemcast_report_records(struct gemcast_report_list *list,
					   struct gemcast_report *reports)
{
	unsigned int address = list->v6 ? sizeof(struct in6_addr) :
					  sizeof(__be32);
	unsigned int n = 0, sources;
	enum gemcast_report_kind kind;
	struct in6_addr group;
	struct {
		u8 type;
		u8 aux_words;
		__be16 sources;
	} *record, buf;
	__be32 v4;

	while (list->records-- && n < GEMCAST_REPORTS_MAX) {
		record = skb_header_pointer(list->skb, list->offset,
					    sizeof(buf), &buf);
		if (!record)
			break;
		buf = *record;
		if (list->v6 ? skb_copy_bits(list->skb, list->offset + sizeof(buf),
					     &group, sizeof(group)) :
			       skb_copy_bits(list->skb, list->offset + sizeof(buf),
					     &v4, sizeof(v4)))
			break;
		if (!list->v6)
			ipv6_addr_set_v4mapped(v4, &group);
		sources = ntohs(buf.sources);
		if (gemcast_report_record(buf.type, sources, &kind))
			n += gemcast_report_one(reports + n, kind, &group);
		list->offset += sizeof(buf) + address * (1 + sources) +
				buf.aux_words * 4;
	}
	return n;
}

static unsigned int gemcast_report_igmp(const struct sk_buff *skb, int offset,
					struct gemcast_report *reports)
{
	struct gemcast_report_list list = {
		.skb = skb,
		.offset = offset + GEMCAST_REPORT_HEAD,
	};
	struct in6_addr group = in6addr_any;
	struct igmphdr buf, *igmp;

	igmp = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (!igmp)
		return 0;
	if (igmp->group)
		ipv6_addr_set_v4mapped(igmp->group, &group);
	switch (igmp->type) {
	case IGMP_HOST_MEMBERSHIP_QUERY:
		return gemcast_report_one(reports, GEMCAST_REPORT_QUERY,
					  &group);
	case IGMP_HOST_MEMBERSHIP_REPORT:
	case IGMPV2_HOST_MEMBERSHIP_REPORT:
		return gemcast_report_one(reports, GEMCAST_REPORT_JOIN, &group);
	case IGMP_HOST_LEAVE_MESSAGE:
		return gemcast_report_one(reports, GEMCAST_REPORT_LEAVE,
					  &group);
	case IGMPV3_HOST_MEMBERSHIP_REPORT:
		/* Here the number of records stands behind two empty bytes. */
		list.records = ntohl(igmp->group) & 0xffff;
		return gemcast_report_records(&list, reports);
	}
	return 0;
}

static unsigned int gemcast_report_mld(const struct sk_buff *skb, int offset,
				       u16 type, struct gemcast_report *reports)
{
	struct gemcast_report_list list = {
		.skb = skb,
		.offset = offset + GEMCAST_REPORT_HEAD,
		.v6 = true,
	};
	struct icmp6hdr buf, *icmp;
	struct in6_addr group;

	icmp = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (!icmp)
		return 0;
	if (type == ICMPV6_MLD2_REPORT) {
		list.records = ntohs(icmp->icmp6_dataun.un_data16[1]);
		return gemcast_report_records(&list, reports);
	}
	if (skb_copy_bits(skb, offset + sizeof(buf), &group, sizeof(group)))
		return 0;
	switch (type) {
	case ICMPV6_MGM_QUERY:
		return gemcast_report_one(reports, GEMCAST_REPORT_QUERY,
					  &group);
	case ICMPV6_MGM_REPORT:
		return gemcast_report_one(reports, GEMCAST_REPORT_JOIN, &group);
	case ICMPV6_MGM_REDUCTION:
		return gemcast_report_one(reports, GEMCAST_REPORT_LEAVE,
					  &group);
	}
	return 0;
}

/**
 * gemcast_report_read() - Read a message of IGMP or MLD.
 * @skb: a packet, its network header set
 * @flow: what was read of it
 * @reports: room for GEMCAST_REPORTS_MAX
 *
 * Return: how many it holds; 0 for any other packet.
 */
unsigned int gemcast_report_read(const struct sk_buff *skb,
				 const struct gemcast_flow *flow,
				 struct gemcast_report *reports)
{
	int offset = skb_network_offset(skb) + flow->upper;

	if (flow->fragment)
		return 0;
	if (flow->proto == IPPROTO_IGMP && ipv6_addr_v4mapped(&flow->dst))
		return gemcast_report_igmp(skb, offset, reports);
	if (flow->proto == IPPROTO_ICMPV6)
		return gemcast_report_mld(skb, offset, flow->icmp_type,
					  reports);
	return 0;
}
