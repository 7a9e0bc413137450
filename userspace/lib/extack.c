// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Why the kernel refused: its message, and the name of the attribute that it
 * points at, found in the request that the handle still has.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <string.h>
#include "internal.h"

#ifndef NLM_F_ACK_TLVS
#define NLM_F_CAPPED	0x100
#define NLM_F_ACK_TLVS	0x200
#endif

/* linux/netlink.h of 6.1 has them, libc's copy may be older. */
enum {
	EXTACK_MSG = 1,
	EXTACK_OFFS = 2,
	EXTACK_MISS_TYPE = 5,
	EXTACK_MISS_NEST = 6,
	EXTACK_MAX = EXTACK_MISS_NEST,
};

/* The bytes of an answer that the extack's attributes are in. */
struct span {
	const char *start;
	const char *end;
};

/* The errno value of an NLMSG_ERROR or NLMSG_DONE, 1 if it has none. */
static int answer_error(const struct nlmsghdr *answer, struct span *tlvs)
{
	bool done = answer->nlmsg_type == NLMSG_DONE;
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(answer);
	size_t fixed = done ? sizeof(err->error) : sizeof(*err);
	size_t len = mnl_nlmsg_get_payload_len(answer);

	if (len < fixed)
		return 1;
	if (!done && !(answer->nlmsg_flags & NLM_F_CAPPED))
		fixed += MNL_ALIGN(err->msg.nlmsg_len) - MNL_NLMSG_HDRLEN;
	tlvs->end = (const char *)err + len;
	tlvs->start = tlvs->end;
	if ((answer->nlmsg_flags & NLM_F_ACK_TLVS) && fixed < len)
		tlvs->start = (const char *)err + fixed;
	return err->error;
}

static void parse_tlvs(const struct span *tlvs, const struct nlattr **tb)
{
	const struct nlattr *attr = (const struct nlattr *)tlvs->start;

	while (mnl_attr_ok(attr, (int)(tlvs->end - (const char *)attr))) {
		if (mnl_attr_get_type(attr) <= EXTACK_MAX)
			tb[mnl_attr_get_type(attr)] = attr;
		attr = mnl_attr_next(attr);
	}
}

static bool get_u32(const struct nlattr *attr, uint32_t *value)
{
	if (!attr || mnl_attr_get_payload_len(attr) != sizeof(*value))
		return false;
	memcpy(value, mnl_attr_get_payload(attr), sizeof(*value));
	return true;
}

/* "sa.spi" for the attribute of the request that starts at offset. */
static bool name_at(const struct nlmsghdr *request, uint32_t offset,
		    char *name, size_t size)
{
	const char *at = (const char *)request + offset;
	const struct nlattr *nest, *attr;
	const struct gemcast_field *field;
	const struct gemcast_nest *desc;

	mnl_attr_for_each(nest, request, sizeof(struct genlmsghdr)) {
		desc = gemcast_nest(mnl_attr_get_type(nest));
		if (!desc)
			continue;
		if (at == (const char *)nest) {
			snprintf(name, size, "%s", desc->name);
			return true;
		}
		mnl_attr_for_each_nested(attr, nest) {
			field = gemcast_field(desc, mnl_attr_get_type(attr));
			if (field && at == (const char *)attr) {
				snprintf(name, size, "%s.%s", desc->name,
					 field->name);
				return true;
			}
		}
	}
	return false;
}

/* "sa.spi" for an attribute that the nest at offset should have had. */
static bool name_missing(const struct nlmsghdr *request,
			 const struct nlattr *offset_attr, uint32_t type,
			 char *name, size_t size)
{
	const struct gemcast_field *field;
	const struct gemcast_nest *desc;
	const struct nlattr *nest;
	uint32_t offset;

	if (!get_u32(offset_attr, &offset)) {
		desc = gemcast_nest(type);
		if (desc)
			snprintf(name, size, "%s", desc->name);
		return desc;
	}
	mnl_attr_for_each(nest, request, sizeof(struct genlmsghdr)) {
		desc = gemcast_nest(mnl_attr_get_type(nest));
		field = desc ? gemcast_field(desc, type) : NULL;
		if (field && (const char *)request + offset == (const char *)nest) {
			snprintf(name, size, "%s.%s", desc->name, field->name);
			return true;
		}
	}
	return false;
}

/* Its own message, or the errno value's. */
static const char *reason(int error, const struct nlattr *attr, char *buf,
			  size_t size)
{
	if (attr) {
		snprintf(buf, size, "%.*s", (int)mnl_attr_get_payload_len(attr),
			 (const char *)mnl_attr_get_payload(attr));
		return buf;
	}
	if (error == -EPERM)
		return "not permitted: CAP_NET_ADMIN is needed";
	return error ? strerror_r(-error, buf, size) : "";
}

/* The least that the kernel means by an error: its MAX_ERRNO. */
#define LEAST_ERROR	(-4095)

/*
 * The result that an NLMSG_ERROR or NLMSG_DONE stands for, its reason put in
 * the handle's error text.
 */
int gemcast_extack(struct gemcast_handle *h, const struct nlmsghdr *answer,
		   const struct nlmsghdr *request)
{
	const struct nlattr *tb[EXTACK_MAX + 1] = { NULL };
	struct span tlvs;
	char text[GEMCAST_ERROR_SIZE], name[64] = "";
	bool missing = false;
	const char *why;
	uint32_t value;
	int error;

	error = answer_error(answer, &tlvs);
	if (error > 0 || error < LEAST_ERROR)
		return gemcast_fail(h, -EBADMSG,
				    "the kernel's answer is truncated");
	parse_tlvs(&tlvs, tb);
	if (get_u32(tb[EXTACK_MISS_TYPE], &value))
		missing = name_missing(request, tb[EXTACK_MISS_NEST], value,
				       name, sizeof(name));
	else if (get_u32(tb[EXTACK_OFFS], &value))
		name_at(request, value, name, sizeof(name));
	why = reason(error, tb[EXTACK_MSG], text, sizeof(text));
	return gemcast_fail(h, error, "%s%s%s%s%s", why, name[0] ? " (" : "",
			    missing ? "missing " : "", name,
			    name[0] ? ")" : "");
}
