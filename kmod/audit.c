// SPDX-License-Identifier: GPL-2.0
/*
 * Audit records: the drops that RFC 4303 and RFC 5374 call auditable, in the
 * words of the kernel's audit subsystem and with XFRM's names, for a kernel that
 * has it and an administrator who switched it on. No state, no locks; event.c
 * limits their rate.
 */
#include <linux/audit.h>
#include "event.h"

/* As `gemcast stats' names them. */
static const char *gemcast_audit_op(enum gemcast_stats_attr reason)
{
	switch (reason) {
	case GEMCAST_A_STATS_OUT_SEQ_END:
		return "out-seq-end";
	case GEMCAST_A_STATS_OUT_SSM:
		return "out-ssm";
	case GEMCAST_A_STATS_IN_SPOOF:
		return "in-spoof";
	case GEMCAST_A_STATS_IN_FRAGMENT:
		return "in-fragment";
	case GEMCAST_A_STATS_IN_TRUNCATED:
		return "in-truncated";
	case GEMCAST_A_STATS_IN_NO_SA:
		return "in-no-sa";
	case GEMCAST_A_STATS_IN_EXPIRED:
		return "in-expired";
	case GEMCAST_A_STATS_IN_REPLAY:
		return "in-replay";
	case GEMCAST_A_STATS_IN_BAD_ICV:
		return "in-bad-icv";
	case GEMCAST_A_STATS_IN_BAD_PADDING:
		return "in-bad-padding";
	case GEMCAST_A_STATS_IN_BAD_INNER:
		return "in-bad-inner";
	case GEMCAST_A_STATS_IN_ADDRESS:
		return "in-address";
	case GEMCAST_A_STATS_IN_POLICY:
		return "in-policy";
	case GEMCAST_A_STATS_IN_ECN:
		return "in-ecn";
	case GEMCAST_A_STATS_IN_SSM:
		return "in-ssm";
	default:
		return "drop";
	}
}

bool gemcast_audit_wanted(void)
{
	return audit_enabled != AUDIT_OFF;
}

void gemcast_audit_record(const struct gemcast_net *gn,
			  const struct gemcast_audit *audit, int suppressed)
{
	bool v4 = gemcast_addr_family(&audit->dst) == AF_INET;
	struct audit_buffer *record;

	/* Of no task: packets come whenever they like. */
	record = audit_log_start(NULL, GFP_ATOMIC | __GFP_NOWARN,
				 AUDIT_MAC_IPSEC_EVENT);
	if (!record)
		return;
	audit_log_format(record, "op=gemcast-%s netns=%u ifindex=%d",
			 gemcast_audit_op(audit->reason), gn->net->ns.inum,
			 audit->ifindex);
	if (v4)
		audit_log_format(record, " src=%pI4 dst=%pI4",
				 gemcast_addr_bytes(&audit->src),
				 gemcast_addr_bytes(&audit->dst));
	else
		audit_log_format(record, " src=%pI6c dst=%pI6c flowlbl=0x%05x",
				 &audit->src, &audit->dst, audit->flow_label);
	if (audit->esp)
		audit_log_format(record, " spi=%u(0x%x) seqno=%u", audit->spi,
				 audit->spi, audit->seq);
	if (suppressed)
		audit_log_format(record, " suppressed=%d", suppressed);
	audit_log_end(record);
}
