/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink family: parses requests, shows objects. */
#ifndef GEMCAST_NETLINK_H
#define GEMCAST_NETLINK_H

#include <net/genetlink.h>
#include "peer.h"
#include "policy.h"
#include "sa.h"

extern struct genl_family gemcast_family;

/* Offsets of the multicast groups in the family. */
enum gemcast_mcgrp {
	GEMCAST_MC_SA,
	GEMCAST_MC_POLICY,
	GEMCAST_MC_ACQUIRE,
	GEMCAST_MC_EXPIRE,
	GEMCAST_MC_AUDIT,
};

int gemcast_netlink_init(void);
void gemcast_netlink_exit(void);

/* A request: the attributes of its object, and where a refusal goes. */
struct gemcast_nl {
	struct gemcast_net *gn;
	struct genl_info *info;		/* NULL in a dump */
	struct netlink_ext_ack *extack;
	const struct nlattr *nest;	/* NULL: no object named */
	struct nlattr *attrs[GEMCAST_A_SA_MAX + 1];	/* the longest of all */
};

/* Refusals. Each gives its value, -EINVAL, so that a parser can return it. */
#define gemcast_nl_refuse(nl, attr, msg) ({				\
	const struct gemcast_nl *__nl = (nl);				\
									\
	NL_SET_ERR_MSG_ATTR(__nl->extack,				\
			    __nl->attrs[attr] ?: __nl->nest, msg);	\
	-EINVAL;							\
})

#define gemcast_nl_missing(nl, attr, msg) ({				\
	const struct gemcast_nl *__nl = (nl);				\
									\
	NL_SET_ERR_MSG(__nl->extack, msg);				\
	NL_SET_ERR_ATTR_MISS(__nl->extack, __nl->nest, attr);		\
	-EINVAL;							\
})

/* netlink_attr.c */
int gemcast_nl_check_addr(const struct nlattr *attr,
			  struct netlink_ext_ack *extack);
int gemcast_nl_check_dev(const struct nlattr *attr,
			 struct netlink_ext_ack *extack);
int gemcast_nl_check_no_key(const struct nlattr *attr,
			    struct netlink_ext_ack *extack);

#define GEMCAST_NL_ADDR		NLA_POLICY_VALIDATE_FN(NLA_BINARY, \
						       gemcast_nl_check_addr)
#define GEMCAST_NL_DEV		NLA_POLICY_VALIDATE_FN(NLA_NUL_STRING, \
						       gemcast_nl_check_dev)
#define GEMCAST_NL_OUT_ONLY	{					\
	.type = NLA_REJECT,						\
	.reject_message = "this attribute is only in replies",		\
}

/* Of an attribute that is absent: @def, or @name as it was. */
u8 gemcast_nl_u8(const struct gemcast_nl *nl, int attr, u8 def);
u16 gemcast_nl_u16(const struct gemcast_nl *nl, int attr, u16 def);
u32 gemcast_nl_u32(const struct gemcast_nl *nl, int attr, u32 def);
u64 gemcast_nl_u64(const struct gemcast_nl *nl, int attr, u64 def);
void gemcast_nl_dev(const struct gemcast_nl *nl, int attr, char *name);
bool gemcast_nl_addr(const struct gemcast_nl *nl, int attr,
		     struct in6_addr *addr);
int gemcast_nl_family(const struct gemcast_nl *nl, int attr,
		      const struct in6_addr *addr,
		      const struct in6_addr *other);
int gemcast_nl_unicast(const struct gemcast_nl *nl, int attr,
		       const struct in6_addr *addr);

/* These need gn->lock. */
struct gemcast_group *gemcast_nl_group(const struct gemcast_nl *nl, int attr,
				       u32 id);
int gemcast_nl_dev_there(const struct gemcast_nl *nl, int attr,
			 const char *name);

/* For messages; 0 or -EMSGSIZE. No name is no attribute. */
int gemcast_nl_put_addr(struct sk_buff *skb, int attr,
			const struct in6_addr *addr);
int gemcast_nl_put_dev(struct sk_buff *skb, int attr, const char *name);

/* Writes the nest of one object. */
typedef int (*gemcast_nl_put_t)(struct sk_buff *skb, const void *object);

/* These need gn->lock. */
int gemcast_nl_put_group(struct sk_buff *skb, const void *group);
int gemcast_nl_put_policy(struct sk_buff *skb, const void *policy);
int gemcast_nl_put_sa(struct sk_buff *skb, const void *sa);
int gemcast_nl_put_peer(struct sk_buff *skb, const void *peer);

int gemcast_nl_reply(const struct gemcast_nl *nl, gemcast_nl_put_t put,
		     const void *object);
int gemcast_nl_dump(struct sk_buff *skb, struct netlink_callback *cb,
		    gemcast_nl_put_t put, const void *object);

/*
 * Handlers, one for each command; gn->lock held, attributes checked by the
 * policy. @flags are NLM_F_CREATE, _EXCL, _REPLACE.
 */
int gemcast_nl_group_new(const struct gemcast_nl *nl, u16 flags);
int gemcast_nl_group_del(const struct gemcast_nl *nl, u16 flags);
int gemcast_nl_group_get(const struct gemcast_nl *nl, u16 flags);
int gemcast_nl_group_flush(const struct gemcast_nl *nl, u16 flags);
int gemcast_nl_policy_new(const struct gemcast_nl *nl, u16 flags);
int gemcast_nl_policy_del(const struct gemcast_nl *nl, u16 flags);
int gemcast_nl_policy_get(const struct gemcast_nl *nl, u16 flags);
int gemcast_nl_policy_flush(const struct gemcast_nl *nl, u16 flags);
int gemcast_nl_policy_begin(const struct gemcast_nl *nl, u16 flags);
int gemcast_nl_policy_commit(const struct gemcast_nl *nl, u16 flags);
int gemcast_nl_policy_abort(const struct gemcast_nl *nl, u16 flags);
int gemcast_nl_sa_new(const struct gemcast_nl *nl, u16 flags);
int gemcast_nl_sa_set(const struct gemcast_nl *nl, u16 flags);
int gemcast_nl_sa_del(const struct gemcast_nl *nl, u16 flags);
int gemcast_nl_sa_get(const struct gemcast_nl *nl, u16 flags);
int gemcast_nl_sa_flush(const struct gemcast_nl *nl, u16 flags);
int gemcast_nl_peer_new(const struct gemcast_nl *nl, u16 flags);
int gemcast_nl_peer_del(const struct gemcast_nl *nl, u16 flags);
int gemcast_nl_peer_get(const struct gemcast_nl *nl, u16 flags);

/*
 * Dumps: write what fits, and keep in @cb where to go on, so that what comes
 * and goes meanwhile neither hides nor repeats another object.
 */
int gemcast_nl_group_dump(const struct gemcast_nl *nl, struct sk_buff *skb,
			  struct netlink_callback *cb);
int gemcast_nl_policy_dump(const struct gemcast_nl *nl, struct sk_buff *skb,
			   struct netlink_callback *cb);
int gemcast_nl_sa_dump(const struct gemcast_nl *nl, struct sk_buff *skb,
		       struct netlink_callback *cb);
int gemcast_nl_peer_dump(const struct gemcast_nl *nl, struct sk_buff *skb,
			 struct netlink_callback *cb);
int gemcast_nl_sender_dump(const struct gemcast_nl *nl, struct sk_buff *skb,
			   struct netlink_callback *cb);

/* What the nests of requests may hold: to make an object, and to name one. */
extern const struct nla_policy gemcast_nl_group_new_attrs[GEMCAST_A_GROUP_MAX + 1];
extern const struct nla_policy gemcast_nl_group_name_attrs[GEMCAST_A_GROUP_MAX + 1];
extern const struct nla_policy gemcast_nl_policy_new_attrs[GEMCAST_A_POLICY_MAX + 1];
extern const struct nla_policy gemcast_nl_policy_name_attrs[GEMCAST_A_POLICY_MAX + 1];
extern const struct nla_policy gemcast_nl_sa_new_attrs[GEMCAST_A_SA_MAX + 1];
extern const struct nla_policy gemcast_nl_sa_name_attrs[GEMCAST_A_SA_MAX + 1];
extern const struct nla_policy gemcast_nl_sa_set_attrs[GEMCAST_A_SA_MAX + 1];
extern const struct nla_policy gemcast_nl_peer_new_attrs[GEMCAST_A_PEER_MAX + 1];
extern const struct nla_policy gemcast_nl_peer_name_attrs[GEMCAST_A_PEER_MAX + 1];
extern const struct nla_policy gemcast_nl_sender_attrs[GEMCAST_A_SENDER_MAX + 1];

#endif
