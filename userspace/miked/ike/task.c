// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests and answers of the room above.
 */
#include "ike/internal.h"

bool ike_notify(struct ike_content *content, uint16_t type, struct chunk data)
{
	if (content->n_notifies == WIRE_MAX_NOTIFIES)
		return false;
	content->notifies[content->n_notifies++] = (struct wire_notify){
		.type = type,
		.data = data,
	};
	return true;
}

struct wire_message ike_content_message(const struct ike_content *content)
{
	struct wire_message m = content->message;

	m.sk = NULL;
	m.notifies = content->notifies;
	m.n_notifies = content->n_notifies;
	return m;
}

struct ike_task *ike_task_take(struct ike_sa *sa)
{
	struct ike_task *task = sa->tasks;

	if (!task)
		return NULL;
	sa->tasks = task->next;
	if (!sa->tasks)
		sa->last_task = &sa->tasks;
	task->next = NULL;
	return task;
}

static void queue(struct ike_sa *sa, struct ike_task *task)
{
	task->next = NULL;
	*sa->last_task = task;
	sa->last_task = &task->next;
}

void ike_ask(struct ike_sa *sa, struct ike_task *task)
{
	struct ike *ike = sa->ike;

	ike_enter(ike);
	if (sa->state >= SA_CLOSING) {
		task->end(task->context, sa, IKE_END_CLOSED, "closed");
	} else {
		queue(sa, task);
		ike_sa_settle(sa);
	}
	ike_leave(ike);
}

void ike_task_next(struct ike_sa *sa)
{
	struct ike_content content = { 0 };
	struct wire_message m;
	struct ike_task *task;

	while (sa->state == SA_READY && (task = ike_task_take(sa))) {
		content.n_notifies = 0;
		content.message = (struct wire_message){ 0 };
		if (!task->build(task->context, sa, &content))
			continue;
		if (sa->state != SA_READY) {
			/* it was closed by build(), and did not know of this one */
			task->end(task->context, sa, IKE_END_CLOSED, "closed");
			return;
		}
		m = ike_content_message(&content);
		ike_request(sa->link, ASK_TASK, task->exchange, &m, task);
		return;
	}
}

void ike_upcall(struct ike_link *link, const struct opened *request)
{
	struct ike_sa *sa = link->sa;
	struct ike *ike = sa->ike;
	struct ike_content content = { 0 };
	struct wire_message m;

	if (sa->state != SA_READY) {
		ike_respond_notify(link, request, N_TEMPORARY_FAILURE, (struct chunk){ 0 });
		return;
	}
	sa->announced = true;
	sa->speaking = link;
	ike->user.request(ike->user.context, sa, request->m, &content);
	sa->speaking = NULL;
	m = ike_content_message(&content);
	ike_respond_content(link, request, &m, &content);
}
