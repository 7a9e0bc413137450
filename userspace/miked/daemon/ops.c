// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the control socket asks for, by the key server and the group member.
 */
#include "daemon/services.h"

static int op_membership(void *context, const struct gemcast_membership *after,
			 struct gemcast_membership *out)
{
	const struct miked *miked = context;

	return gm_membership(miked->gm, after, out);
}

static void op_join(void *context, struct control_call *call, const struct gemcast_join *join)
{
	const struct miked *miked = context;

	gm_join(miked->gm, call, join);
}

static void op_leave(void *context, struct control_call *call, const char *name)
{
	const struct miked *miked = context;

	gm_leave(miked->gm, call, name);
}

static int op_ks_group(void *context, const struct gemcast_ks_group *after,
		       struct gemcast_ks_group *out)
{
	const struct miked *miked = context;

	return ks_show_group(miked->ks, after, out);
}

static int op_ks_member(void *context, const struct gemcast_ks_member *after,
			struct gemcast_ks_member *out)
{
	const struct miked *miked = context;

	return ks_show_member(miked->ks, after, out);
}

static void answer(struct control_call *call, int err, const struct reason *why)
{
	if (err)
		control_refuse(call, err, "%s", why->text);
	else
		control_done(call);
}

static void op_ks_group_add(void *context, struct control_call *call, struct conf_group *group)
{
	const struct miked *miked = context;
	struct reason why = { "" };
	int err;

	err = ks_group_add(miked->ks, group, &why);
	answer(call, err, &why);
}

static int op_ks_unfit(void *context, const struct conf_group *group,
		       const struct gemcast_ks_unfit *after, struct gemcast_ks_unfit *out)
{
	const struct miked *miked = context;

	return ks_show_unfit(miked->ks, group, after, out);
}

static void op_ks_group_check(void *context, struct control_call *call,
			      struct conf_group *group)
{
	const struct miked *miked = context;
	struct reason why = { "" };
	int err;

	err = ks_group_check(miked->ks, group, &why);
	if (!err) {
		control_tell_unfit(call, group);
		return;
	}
	conf_group_free(group);
	control_refuse(call, err, "%s", why.text);
}

static void op_ks_group_set(void *context, struct control_call *call, struct conf_group *group,
			    bool yes)
{
	const struct miked *miked = context;
	struct reason why = { "" };
	int err;

	err = ks_group_set(miked->ks, group, yes, &why);
	answer(call, err, &why);
}

static void op_ks_group_del(void *context, struct control_call *call, const char *name)
{
	const struct miked *miked = context;
	struct reason why = { "" };
	int err;

	err = ks_group_del(miked->ks, name, &why);
	answer(call, err, &why);
}

static void op_ks_member_admit(void *context, struct control_call *call, const char *group,
			       enum conf_role role, const struct conf_identity *ids, size_t count)
{
	const struct miked *miked = context;
	struct reason why = { "" };
	int err;

	err = ks_admit(miked->ks, group, role, ids, count, &why);
	answer(call, err, &why);
}

static void op_ks_member_expel(void *context, struct control_call *call, const char *group,
			       const struct conf_identity *ids, size_t count)
{
	const struct miked *miked = context;
	struct reason why = { "" };
	int err;

	err = ks_expel(miked->ks, group, ids, count, &why);
	answer(call, err, &why);
}

static void op_ks_rekey(void *context, struct control_call *call, const char *group, bool now)
{
	const struct miked *miked = context;
	struct reason why = { "" };
	int err;

	err = ks_rekey(miked->ks, group, now, &why);
	answer(call, err, &why);
}

/* Without a credential to answer by, there is no key server. */
void ops_fill(struct miked *miked)
{
	miked->ops = (struct control_ops){
		.membership = op_membership,
		.join = op_join,
		.leave = op_leave,
	};
	if (!*miked->conf->key_server.credential)
		return;
	miked->ops.ks_group = op_ks_group;
	miked->ops.ks_member = op_ks_member;
	miked->ops.ks_group_add = op_ks_group_add;
	miked->ops.ks_group_del = op_ks_group_del;
	miked->ops.ks_unfit = op_ks_unfit;
	miked->ops.ks_group_check = op_ks_group_check;
	miked->ops.ks_group_set = op_ks_group_set;
	miked->ops.ks_member_admit = op_ks_member_admit;
	miked->ops.ks_member_expel = op_ks_member_expel;
	miked->ops.ks_rekey = op_ks_rekey;
}
