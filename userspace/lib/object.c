// SPDX-License-Identifier: LGPL-2.1-or-later
/* The calls of gemcast.h that ask the kernel something about an object. */
#include <errno.h>
#include <string.h>
#include "internal.h"

static int request(struct gemcast_handle *h, enum gemcast_cmd cmd,
		   uint16_t flags, unsigned int object, const void *in,
		   gemcast_answer_fn fn, void *arg)
{
	_Alignas(struct nlmsghdr) char buf[GEMCAST_REQUEST_SIZE];
	struct nlmsghdr *nlh;
	int err;

	h->error[0] = '\0';
	if (!h->request)
		return gemcast_fail(h, -ENOTCONN, "the handle is not open");
	nlh = gemcast_message_start(buf, h->family, (uint8_t)cmd, flags,
				    ++h->seq);
	err = gemcast_message_put(nlh, sizeof(buf), object, in);
	if (err) {
		explicit_bzero(buf, sizeof(buf));
		return gemcast_fail(h, err, "%s: a member cannot be sent",
				    gemcast_nest(object)->name);
	}
	return gemcast_transact(h, nlh, fn, arg);
}

/* What a get is to fill. */
struct get {
	unsigned int object;
	void *out;
	bool found;
};

static int get_one(struct gemcast_handle *h, const struct nlmsghdr *nlh,
		   void *arg)
{
	struct get *get = arg;

	get->found = true;
	return gemcast_message_get(h, nlh, get->object, get->out);
}

static int get(struct gemcast_handle *h, enum gemcast_cmd cmd,
	       unsigned int object, const void *key, void *out)
{
	struct get get = { .object = object, .out = out };
	int err;

	err = request(h, cmd, 0, object, key, get_one, &get);
	if (!err && !get.found)
		return gemcast_fail(h, -EBADMSG, "the kernel's answer has no %s",
				    gemcast_nest(object)->name);
	return err;
}

/* What a dump is to call. */
struct dump {
	unsigned int object;
	union {
		gemcast_group_fn group;
		gemcast_policy_fn policy;
		gemcast_sa_fn sa;
		gemcast_peer_fn peer;
		gemcast_sender_fn sender;
	} fn;
	void *arg;
};

static int dump_one(struct gemcast_handle *h, const struct nlmsghdr *nlh,
		    void *arg)
{
	const struct dump *dump = arg;
	union {
		struct gemcast_group group;
		struct gemcast_policy policy;
		struct gemcast_sa sa;
		struct gemcast_peer peer;
		struct gemcast_sender sender;
	} out;
	int err;

	err = gemcast_message_get(h, nlh, dump->object, &out);
	if (err)
		return err;
	switch (dump->object) {
	case GEMCAST_A_OBJECT_GROUP:
		return dump->fn.group(&out.group, dump->arg);
	case GEMCAST_A_OBJECT_POLICY:
		return dump->fn.policy(&out.policy, dump->arg);
	case GEMCAST_A_OBJECT_SA:
		return dump->fn.sa(&out.sa, dump->arg);
	case GEMCAST_A_OBJECT_SENDER:
		return dump->fn.sender(&out.sender, dump->arg);
	default:
		return dump->fn.peer(&out.peer, dump->arg);
	}
}

static int dump(struct gemcast_handle *h, enum gemcast_cmd cmd,
		const void *filter, struct dump *dump)
{
	return request(h, cmd, NLM_F_DUMP, dump->object, filter, dump_one,
		       dump);
}

static int add(struct gemcast_handle *h, enum gemcast_cmd cmd,
	       unsigned int object, const void *in)
{
	return request(h, cmd, NLM_F_CREATE | NLM_F_EXCL, object, in, NULL,
		       NULL);
}

static int replace(struct gemcast_handle *h, enum gemcast_cmd cmd,
		   unsigned int object, const void *in)
{
	return request(h, cmd, NLM_F_CREATE | NLM_F_REPLACE, object, in, NULL,
		       NULL);
}

/* A del or a flush, or what takes no more to say. */
static int del(struct gemcast_handle *h, enum gemcast_cmd cmd,
	       unsigned int object, const void *key)
{
	return request(h, cmd, 0, object, key, NULL, NULL);
}

int gemcast_group_add(struct gemcast_handle *h,
		      const struct gemcast_group *group)
{
	return add(h, GEMCAST_CMD_GROUP_NEW, GEMCAST_A_OBJECT_GROUP, group);
}

int gemcast_group_replace(struct gemcast_handle *h,
			  const struct gemcast_group *group)
{
	return replace(h, GEMCAST_CMD_GROUP_NEW, GEMCAST_A_OBJECT_GROUP, group);
}

int gemcast_group_del(struct gemcast_handle *h,
		      const struct gemcast_group *key)
{
	return del(h, GEMCAST_CMD_GROUP_DEL, GEMCAST_A_OBJECT_GROUP, key);
}

int gemcast_group_get(struct gemcast_handle *h,
		      const struct gemcast_group *key,
		      struct gemcast_group *out)
{
	return get(h, GEMCAST_CMD_GROUP_GET, GEMCAST_A_OBJECT_GROUP, key,
		   out);
}

int gemcast_group_dump(struct gemcast_handle *h,
		       const struct gemcast_group *filter,
		       gemcast_group_fn fn, void *arg)
{
	struct dump d = {
		.object = GEMCAST_A_OBJECT_GROUP,
		.fn.group = fn,
		.arg = arg,
	};

	return dump(h, GEMCAST_CMD_GROUP_GET, filter, &d);
}

int gemcast_group_flush(struct gemcast_handle *h,
			const struct gemcast_group *filter)
{
	return del(h, GEMCAST_CMD_GROUP_FLUSH, GEMCAST_A_OBJECT_GROUP,
		   filter);
}

int gemcast_policy_add(struct gemcast_handle *h,
		       const struct gemcast_policy *policy)
{
	return add(h, GEMCAST_CMD_POLICY_NEW, GEMCAST_A_OBJECT_POLICY, policy);
}

int gemcast_policy_replace(struct gemcast_handle *h,
			   const struct gemcast_policy *policy)
{
	return replace(h, GEMCAST_CMD_POLICY_NEW, GEMCAST_A_OBJECT_POLICY, policy);
}

int gemcast_policy_del(struct gemcast_handle *h,
		       const struct gemcast_policy *key)
{
	return del(h, GEMCAST_CMD_POLICY_DEL, GEMCAST_A_OBJECT_POLICY, key);
}

int gemcast_policy_get(struct gemcast_handle *h,
		       const struct gemcast_policy *key,
		       struct gemcast_policy *out)
{
	return get(h, GEMCAST_CMD_POLICY_GET, GEMCAST_A_OBJECT_POLICY, key,
		   out);
}

int gemcast_policy_dump(struct gemcast_handle *h,
			const struct gemcast_policy *filter,
			gemcast_policy_fn fn, void *arg)
{
	struct dump d = {
		.object = GEMCAST_A_OBJECT_POLICY,
		.fn.policy = fn,
		.arg = arg,
	};

	return dump(h, GEMCAST_CMD_POLICY_GET, filter, &d);
}

int gemcast_policy_flush(struct gemcast_handle *h,
			 const struct gemcast_policy *filter)
{
	return del(h, GEMCAST_CMD_POLICY_FLUSH, GEMCAST_A_OBJECT_POLICY,
		   filter);
}

int gemcast_policy_begin(struct gemcast_handle *h)
{
	return del(h, GEMCAST_CMD_POLICY_BEGIN, GEMCAST_A_OBJECT_POLICY, NULL);
}

int gemcast_policy_commit(struct gemcast_handle *h)
{
	return del(h, GEMCAST_CMD_POLICY_COMMIT, GEMCAST_A_OBJECT_POLICY, NULL);
}

int gemcast_policy_abort(struct gemcast_handle *h)
{
	return del(h, GEMCAST_CMD_POLICY_ABORT, GEMCAST_A_OBJECT_POLICY, NULL);
}

int gemcast_sa_add(struct gemcast_handle *h, const struct gemcast_sa *sa)
{
	return add(h, GEMCAST_CMD_SA_NEW, GEMCAST_A_OBJECT_SA, sa);
}

int gemcast_sa_replace(struct gemcast_handle *h, const struct gemcast_sa *sa)
{
	return replace(h, GEMCAST_CMD_SA_NEW, GEMCAST_A_OBJECT_SA, sa);
}

int gemcast_sa_set(struct gemcast_handle *h, const struct gemcast_sa *sa)
{
	return request(h, GEMCAST_CMD_SA_SET, 0, GEMCAST_A_OBJECT_SA, sa, NULL,
		       NULL);
}

int gemcast_sa_del(struct gemcast_handle *h, const struct gemcast_sa *key)
{
	return del(h, GEMCAST_CMD_SA_DEL, GEMCAST_A_OBJECT_SA, key);
}

int gemcast_sa_get(struct gemcast_handle *h, const struct gemcast_sa *key,
		   struct gemcast_sa *out)
{
	return get(h, GEMCAST_CMD_SA_GET, GEMCAST_A_OBJECT_SA, key,
		   out);
}

int gemcast_sa_dump(struct gemcast_handle *h, const struct gemcast_sa *filter,
		    gemcast_sa_fn fn, void *arg)
{
	struct dump d = {
		.object = GEMCAST_A_OBJECT_SA,
		.fn.sa = fn,
		.arg = arg,
	};

	return dump(h, GEMCAST_CMD_SA_GET, filter, &d);
}

int gemcast_sa_flush(struct gemcast_handle *h, const struct gemcast_sa *filter)
{
	return del(h, GEMCAST_CMD_SA_FLUSH, GEMCAST_A_OBJECT_SA,
		   filter);
}

int gemcast_peer_add(struct gemcast_handle *h, const struct gemcast_peer *peer)
{
	return add(h, GEMCAST_CMD_PEER_NEW, GEMCAST_A_OBJECT_PEER, peer);
}

int gemcast_peer_replace(struct gemcast_handle *h,
			 const struct gemcast_peer *peer)
{
	return replace(h, GEMCAST_CMD_PEER_NEW, GEMCAST_A_OBJECT_PEER, peer);
}

int gemcast_peer_del(struct gemcast_handle *h, const struct gemcast_peer *key)
{
	return del(h, GEMCAST_CMD_PEER_DEL, GEMCAST_A_OBJECT_PEER, key);
}

int gemcast_peer_get(struct gemcast_handle *h, const struct gemcast_peer *key,
		     struct gemcast_peer *out)
{
	return get(h, GEMCAST_CMD_PEER_GET, GEMCAST_A_OBJECT_PEER, key,
		   out);
}

int gemcast_peer_dump(struct gemcast_handle *h,
		      const struct gemcast_peer *filter,
		      gemcast_peer_fn fn, void *arg)
{
	struct dump d = {
		.object = GEMCAST_A_OBJECT_PEER,
		.fn.peer = fn,
		.arg = arg,
	};

	return dump(h, GEMCAST_CMD_PEER_GET, filter, &d);
}

int gemcast_sender_dump(struct gemcast_handle *h,
			const struct gemcast_sender *filter,
			gemcast_sender_fn fn, void *arg)
{
	struct dump d = {
		.object = GEMCAST_A_OBJECT_SENDER,
		.fn.sender = fn,
		.arg = arg,
	};

	return dump(h, GEMCAST_CMD_SENDER_GET, filter, &d);
}

int gemcast_stats_get(struct gemcast_handle *h, struct gemcast_stats *out)
{
	return get(h, GEMCAST_CMD_STATS_GET, GEMCAST_A_OBJECT_STATS, NULL, out);
}

int gemcast_stats_reset(struct gemcast_handle *h)
{
	return del(h, GEMCAST_CMD_STATS_RESET, GEMCAST_A_OBJECT_STATS, NULL);
}
