// SPDX-License-Identifier: LGPL-2.1-or-later
/* Between the structs of gemcast.h and the bytes of a netlink message. */
#include <errno.h>
#include <linux/genetlink.h>
#include <string.h>
#include "internal.h"

struct nlmsghdr *gemcast_message_start(void *buf, uint16_t family, uint8_t cmd,
				       uint16_t flags, uint32_t seq)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = GEMCAST_FAMILY_VERSION;
	return nlh;
}

static bool put_addr(struct nlmsghdr *nlh, size_t size, unsigned int attr,
		     const struct gemcast_addr *addr)
{
	switch (addr->family) {
	case AF_INET:
		return mnl_attr_put_check(nlh, size, attr, sizeof(addr->in),
					  &addr->in);
	case AF_INET6:
		return mnl_attr_put_check(nlh, size, attr, sizeof(addr->in6),
					  &addr->in6);
	default:
		return false;
	}
}

static bool put_string(struct nlmsghdr *nlh, size_t size, unsigned int attr,
		       const char *string, size_t string_size)
{
	if (strnlen(string, string_size) == string_size)
		return false;
	return mnl_attr_put_strz_check(nlh, size, attr, string);
}

static bool put_key(struct nlmsghdr *nlh, size_t size, unsigned int attr,
		    const struct gemcast_sa *sa)
{
	if (!sa->key || sa->key_len > GEMCAST_KEY_MAX)
		return false;
	return mnl_attr_put_check(nlh, size, attr, sa->key_len, sa->key);
}

static bool put_field(struct nlmsghdr *nlh, size_t size, unsigned int attr,
		      const struct gemcast_field *field, const void *in)
{
	const void *member = (const char *)in + field->offset;

	switch (field->type) {
	case GEMCAST_FIELD_FLAG:
		return mnl_attr_put_check(nlh, size, attr, 0, NULL);
	case GEMCAST_FIELD_U8:
	case GEMCAST_FIELD_U16:
	case GEMCAST_FIELD_U32:
	case GEMCAST_FIELD_U64:
		return mnl_attr_put_check(nlh, size, attr, field->size, member);
	case GEMCAST_FIELD_ADDR:
		return put_addr(nlh, size, attr, member);
	case GEMCAST_FIELD_STRING:
		return put_string(nlh, size, attr, member, field->size);
	case GEMCAST_FIELD_KEY:
		return put_key(nlh, size, attr, in);
	case GEMCAST_FIELD_NONE:
		break;
	}
	return false;
}

/*
 * Append the nest of an object, empty if in is NULL. -EINVAL: a presence bit
 * that no attribute has, or a member that cannot be put.
 */
int gemcast_message_put(struct nlmsghdr *nlh, size_t size, unsigned int object,
			const void *in)
{
	const struct gemcast_nest *desc = gemcast_nest(object);
	const struct gemcast_field *field;
	struct nlattr *nest;
	uint64_t present = 0;
	unsigned int attr;

	nest = mnl_attr_nest_start_check(nlh, size, object);
	if (!desc || !nest)
		return -EINVAL;
	if (in)
		memcpy(&present, in, sizeof(present));
	for (attr = 0; present; attr++, present >>= 1) {
		if (!(present & 1))
			continue;
		field = gemcast_field(desc, attr);
		if (!field || !put_field(nlh, size, attr, field, in))
			return -EINVAL;
	}
	mnl_attr_nest_end(nlh, nest);
	return 0;
}

static bool get_addr(struct gemcast_addr *addr, const void *data, size_t len)
{
	switch (len) {
	case sizeof(addr->in):
		addr->family = AF_INET;
		memcpy(&addr->in, data, len);
		return true;
	case sizeof(addr->in6):
		addr->family = AF_INET6;
		memcpy(&addr->in6, data, len);
		return true;
	default:
		return false;
	}
}

static bool get_string(char *string, size_t size, const char *data, size_t len)
{
	size_t n = strnlen(data, len);

	if (n == len || n >= size)
		return false;
	memcpy(string, data, n + 1);
	return true;
}

static bool get_field(const struct nlattr *attr,
		      const struct gemcast_field *field, void *out)
{
	void *member = (char *)out + field->offset;
	const void *data = mnl_attr_get_payload(attr);
	size_t len = mnl_attr_get_payload_len(attr);

	switch (field->type) {
	case GEMCAST_FIELD_FLAG:
		return len == 0;
	case GEMCAST_FIELD_U8:
	case GEMCAST_FIELD_U16:
	case GEMCAST_FIELD_U32:
	case GEMCAST_FIELD_U64:
		if (len != field->size)
			return false;
		memcpy(member, data, len);
		return true;
	case GEMCAST_FIELD_ADDR:
		return get_addr(member, data, len);
	case GEMCAST_FIELD_STRING:
		return get_string(member, field->size, data, len);
	case GEMCAST_FIELD_KEY:
	case GEMCAST_FIELD_NONE:
		break;
	}
	return false;
}

/* The bytes behind the last whole attribute: 0 unless the kernel miscounts. */
static size_t rest(const struct nlattr *attr, const void *end)
{
	return (size_t)((const char *)end - (const char *)attr);
}

static int get_nest(struct gemcast_handle *h, const struct nlattr *nest,
		    const struct gemcast_nest *desc, void *out)
{
	const char *end = (const char *)mnl_attr_get_payload(nest) +
			  mnl_attr_get_payload_len(nest);
	const struct gemcast_field *field;
	const struct nlattr *attr;
	uint64_t present = 0;

	for (attr = mnl_attr_get_payload(nest);
	     mnl_attr_ok(attr, (int)rest(attr, end));
	     attr = mnl_attr_next(attr)) {
		field = gemcast_field(desc, mnl_attr_get_type(attr));
		if (!field)
			continue;
		if (!get_field(attr, field, out))
			return gemcast_fail(h, -EBADMSG,
					    "the kernel's %s.%s makes no sense",
					    desc->name, field->name);
		present |= GEMCAST_BIT(mnl_attr_get_type(attr));
	}
	if ((const char *)attr < end)
		return gemcast_fail(h, -EBADMSG, "the kernel's %s is truncated",
				    desc->name);
	memcpy(out, &present, sizeof(present));
	return 0;
}

/*
 * Fill `out` from the nest of an object in a message. Attributes that the
 * library does not know are passed over: a newer kernel may have more to tell.
 */
int gemcast_message_get(struct gemcast_handle *h, const struct nlmsghdr *nlh,
			unsigned int object, void *out)
{
	const struct gemcast_nest *desc = gemcast_nest(object);
	const struct nlattr *attr;

	memset(out, 0, desc->size);
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct genlmsghdr))
		return gemcast_fail(h, -EBADMSG,
				    "the kernel's answer is truncated");
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == object)
			return get_nest(h, attr, desc, out);
	}
	return gemcast_fail(h, -EBADMSG, "the kernel's answer has no %s",
			    desc->name);
}

/* Overwrite the values in the nests of a message, but leave their places. */
void gemcast_message_forget(struct nlmsghdr *nlh)
{
	const struct nlattr *nest, *attr;

	mnl_attr_for_each(nest, nlh, sizeof(struct genlmsghdr)) {
		if (!(nest->nla_type & NLA_F_NESTED))
			continue;
		mnl_attr_for_each_nested(attr, nest)
			explicit_bzero(mnl_attr_get_payload(attr),
				       mnl_attr_get_payload_len(attr));
	}
}
