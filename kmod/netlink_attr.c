// SPDX-License-Identifier: GPL-2.0
/*
 * The attributes of requests and messages: checks and forms that more than one
 * object has. The request is locked where a function says so, and read only.
 */
#include "netlink.h"

/**
 * gemcast_nl_check_addr() - Policy of an attribute that is an address.
 * @attr: the attribute
 * @extack: takes the reason for a refusal
 *
 * Return: 0 or -EINVAL.
 */
int gemcast_nl_check_addr(const struct nlattr *attr,
			  struct netlink_ext_ack *extack)
{
	int len = nla_len(attr);

	if (len != sizeof(struct in_addr) && len != sizeof(struct in6_addr)) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "an address has 4 bytes (IPv4) or 16 (IPv6)");
		return -EINVAL;
	}
	if (len == sizeof(struct in6_addr) &&
	    ipv6_addr_v4mapped(nla_data(attr))) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "an IPv4 address has 4 bytes; this one is mapped into IPv6");
		return -EINVAL;
	}
	return 0;
}

/**
 * gemcast_nl_check_dev() - Policy of an attribute that names an interface.
 * @attr: the attribute
 * @extack: takes the reason for a refusal
 *
 * Return: 0 or -EINVAL.
 */
int gemcast_nl_check_dev(const struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	const char *name = nla_data(attr);

	if (strlen(name) + 1 != nla_len(attr) || !dev_valid_name(name)) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "not the name of an interface: 1 to 15 characters, no '/', ':' or space");
		return -EINVAL;
	}
	return 0;
}

/**
 * gemcast_nl_check_no_key() - Policy of a key where none belongs.
 * @attr: the key; wiped
 * @extack: takes the reason for a refusal
 *
 * Return: -EINVAL.
 */
int gemcast_nl_check_no_key(const struct nlattr *attr,
			    struct netlink_ext_ack *extack)
{
	/* It stands in the request, which is ours to write to. */
	memzero_explicit(nla_data(attr), nla_len(attr));
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "a key goes in with a new SA and nowhere else");
	return -EINVAL;
}

u8 gemcast_nl_u8(const struct gemcast_nl *nl, int attr, u8 def)
{
	return nl->attrs[attr] ? nla_get_u8(nl->attrs[attr]) : def;
}

u16 gemcast_nl_u16(const struct gemcast_nl *nl, int attr, u16 def)
{
	return nl->attrs[attr] ? nla_get_u16(nl->attrs[attr]) : def;
}

u32 gemcast_nl_u32(const struct gemcast_nl *nl, int attr, u32 def)
{
	return nl->attrs[attr] ? nla_get_u32(nl->attrs[attr]) : def;
}

u64 gemcast_nl_u64(const struct gemcast_nl *nl, int attr, u64 def)
{
	return nl->attrs[attr] ? nla_get_u64(nl->attrs[attr]) : def;
}

void gemcast_nl_dev(const struct gemcast_nl *nl, int attr, char *name)
{
	if (nl->attrs[attr])
		nla_strscpy(name, nl->attrs[attr], IFNAMSIZ);
}

/**
 * gemcast_nl_dev_there() - Refuse an interface that is not there.
 * @nl: the request, its namespace locked
 * @attr: the attribute that names it
 * @name: its name; empty is none and well
 *
 * Return: 0 or -ENODEV.
 */
int gemcast_nl_dev_there(const struct gemcast_nl *nl, int attr,
			 const char *name)
{
	int ifindex = gemcast_net_find_dev(nl->gn, name, nl->extack);

	if (ifindex >= 0)
		return 0;
	NL_SET_BAD_ATTR(nl->extack, nl->attrs[attr]);
	return ifindex;
}

/**
 * gemcast_nl_addr() - Read an address.
 * @nl: the request
 * @attr: the attribute, of 4 or 16 bytes
 * @addr: takes the address in the form of addr.h, any if @attr is absent
 *
 * Return: true if @attr is there.
 */
bool gemcast_nl_addr(const struct gemcast_nl *nl, int attr,
		     struct in6_addr *addr)
{
	const struct nlattr *nla = nl->attrs[attr];

	*addr = in6addr_any;
	if (!nla)
		return false;
	if (nla_len(nla) == sizeof(struct in_addr))
		ipv6_addr_set_v4mapped(nla_get_in_addr(nla), addr);
	else
		*addr = nla_get_in6_addr(nla);
	return true;
}

/**
 * gemcast_nl_family() - Refuse an address that does not go with another.
 * @nl: the request
 * @attr: the attribute of @addr
 * @addr: the address
 * @other: what must be of the same family; any goes with both
 *
 * Return: 0 or -EINVAL.
 */
int gemcast_nl_family(const struct gemcast_nl *nl, int attr,
		      const struct in6_addr *addr,
		      const struct in6_addr *other)
{
	if (ipv6_addr_any(addr) || ipv6_addr_any(other) ||
	    gemcast_addr_family(addr) == gemcast_addr_family(other))
		return 0;
	return gemcast_nl_refuse(nl, attr,
				 "the addresses are of different families");
}

/**
 * gemcast_nl_unicast() - Refuse what is not the address of one host.
 * @nl: the request
 * @attr: the attribute of @addr
 * @addr: the address
 *
 * Return: 0 or -EINVAL.
 */
int gemcast_nl_unicast(const struct gemcast_nl *nl, int attr,
		       const struct in6_addr *addr)
{
	__be32 v4 = gemcast_addr_v4(addr);

	if (gemcast_addr_multicast(addr))
		return gemcast_nl_refuse(nl, attr,
					 "a multicast address where a unicast one is needed");
	if (gemcast_addr_family(addr) == AF_INET ?
	    ipv4_is_zeronet(v4) || ipv4_is_lbcast(v4) : ipv6_addr_any(addr))
		return gemcast_nl_refuse(nl, attr,
					 "not the address of a host; a unicast one is needed");
	return 0;
}

/**
 * gemcast_nl_group() - The group that a request names.
 * @nl: the request, its namespace locked
 * @attr: the attribute that names it
 * @id: its number
 *
 * Return: the group or ERR_PTR(-ENOENT).
 */
struct gemcast_group *gemcast_nl_group(const struct gemcast_nl *nl, int attr,
				       u32 id)
{
	struct gemcast_group *group = gemcast_group_find(nl->gn, id);

	if (group)
		return group;
	gemcast_nl_refuse(nl, attr, "there is no such group");
	return ERR_PTR(-ENOENT);
}

int gemcast_nl_put_addr(struct sk_buff *skb, int attr,
			const struct in6_addr *addr)
{
	return nla_put(skb, attr, gemcast_addr_len(addr),
		       gemcast_addr_bytes(addr));
}

int gemcast_nl_put_dev(struct sk_buff *skb, int attr, const char *name)
{
	return *name ? nla_put_string(skb, attr, name) : 0;
}
