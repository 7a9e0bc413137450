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
	size_t len = mnl_nlmsg_get_payload_len(answer);
	const char *payload = mnl_nlmsg_get_payload(answer);
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(answer);
	size_t fixed = sizeof(int);
	int error;

	if (answer->nlmsg_type == NLMSG_ERROR) {
		fixed = sizeof(*err);
		if (len >= fixed && !(answer->nlmsg_flags & NLM_F_CAPPED))
			fixed += MNL_ALIGN(err->msg.nlmsg_len) - MNL_NLMSG_HDRLEN;
	}
	if (len < sizeof(int) || (answer->nlmsg_type == NLMSG_ERROR &&
				  len < sizeof(*err)))
		return 1;
	memcpy(&error, payload, sizeof(error));
	tlvs->start = tlvs->end = payload + len;
	if ((answer->nlmsg_flags & NLM_F_ACK_TLVS) && fixed < len)
		tlvs->start = payload + fixed;
	return error;
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

static void tell(struct gemcast_handle *h, int error, const struct nlattr **tb,
		 const char *name, bool missing)
{
	const char *message = NULL;
	int len = 0;

	if (tb[EXTACK_MSG]) {
		message = mnl_attr_get_payload(tb[EXTACK_MSG]);
		len = (int)strnlen(message,
				   mnl_attr_get_payload_len(tb[EXTACK_MSG]));
	}
	if (!message && !error)
		return;
	if (!message) {
		message = strerror(-error);
		len = (int)strlen(message);
	}
	gemcast_fail(h, error, "%.*s%s%s%s%s", len, message,
		     name[0] ? " (" : "", missing ? "missing " : "", name,
		     name[0] ? ")" : "");
}

/*
 * The result that an NLMSG_ERROR or NLMSG_DONE stands for, its reason put in
 * the handle's error text.
 */
int gemcast_extack(struct gemcast_handle *h, const struct nlmsghdr *answer,
		   const struct nlmsghdr *request)
{
	const struct nlattr *tb[EXTACK_MAX + 1] = { NULL };
	struct span tlvs;
	bool missing = false;
	char name[64] = "";
	uint32_t value;
	int error;

	error = answer_error(answer, &tlvs);
	if (error > 0)
		return gemcast_fail(h, -EBADMSG,
				    "the kernel's answer is truncated");
	parse_tlvs(&tlvs, tb);
	if (get_u32(tb[EXTACK_MISS_TYPE], &value))
		missing = name_missing(request, tb[EXTACK_MISS_NEST], value,
				       name, sizeof(name));
	else if (get_u32(tb[EXTACK_OFFS], &value))
		name_at(request, value, name, sizeof(name));
	tell(h, error, tb, name, missing);
	return error;
}
