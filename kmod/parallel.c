// SPDX-License-Identifier: GPL-2.0
/*
 * Parallel groups: encryption and decryption of one flow on all CPUs. What must
 * be in order is done before, where the packet is met, and after, at the lane's
 * end; between the two it waits in the lane, with the others of its flow.
 *
 * A lane is a queue. Any CPU's worker takes the next jobs that nobody works on
 * yet, and marks them when they are done; they stay where they are. Only one
 * worker, always the same, takes those from the front that are done, and ends
 * them: the network has a queue for each CPU, and packets that come by turns from
 * two would overtake each other there.
 *
 * The lock of a lane is held to move its pointers and to take a number: a lane's
 * packets have theirs in order. It is never held for work.
 */
#include <linux/hash.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include "input.h"
#include "outer.h"
#include "parallel.h"

#define GEMCAST_LANE_MAX	1000	/* packets */
#define GEMCAST_LANES		(1 + BIT(GEMCAST_LANES_IN_BITS))
#define GEMCAST_LANE_WORK	8	/* packets that a worker takes at once */
#define GEMCAST_LANE_END	64	/* or ends before it looks up */

struct gemcast_worker {
	struct work_struct work;
	struct gemcast_lane *lane;
	int cpu;
	bool kicked;			/* it will look again; the lane's lock */
	unsigned long packets;		/* by the worker alone; READ_ONCE */
};

struct gemcast_lane {
	struct sk_buff_head jobs;	/* the oldest first; its lock guards the rest */
	struct sk_buff *todo;		/* the first that no worker has taken, */
	unsigned int ntodo;		/* and how many there are */
	unsigned int awake;		/* workers that were kicked */
	unsigned int pending;		/* jobs not yet ended; READ_ONCE */
	int turn;			/* CPU that was asked last */
	int end;			/* CPU whose worker ends jobs; -1: none yet */
	u32 index;
	struct gemcast_lanes *lanes;
};

/* Of one CPU. */
struct gemcast_workers {
	struct gemcast_worker of[GEMCAST_LANES];
};

struct gemcast_lanes {
	bool on;			/* gn->lock; READ_ONCE */
	struct gemcast_workers __percpu *workers;
	struct gemcast_lane lane[GEMCAST_LANES];	/* 0: outbound */
};

static struct workqueue_struct *gemcast_parallel_wq;

int gemcast_parallel_init(void)
{
	gemcast_parallel_wq = alloc_workqueue("gemcast_parallel",
					      WQ_HIGHPRI | WQ_CPU_INTENSIVE, 0);
	return gemcast_parallel_wq ? 0 : -ENOMEM;
}

void gemcast_parallel_exit(void)
{
	destroy_workqueue(gemcast_parallel_wq);
}

static struct gemcast_worker *gemcast_lane_worker(const struct gemcast_lane *lane,
						  int cpu)
{
	return &per_cpu_ptr(lane->lanes->workers, cpu)->of[lane->index];
}

static int gemcast_lane_cpu_after(int cpu)
{
	cpu = cpumask_next(cpu, cpu_online_mask);
	return cpu < nr_cpu_ids ? cpu : cpumask_first(cpu_online_mask);
}

/* The worker if it has to be kicked, which is to be done without the lock. */
static struct gemcast_worker *gemcast_lane_ask(struct gemcast_lane *lane, int cpu)
{
	struct gemcast_worker *worker = gemcast_lane_worker(lane, cpu);

	lockdep_assert_held(&lane->jobs.lock);
	if (worker->kicked)
		return NULL;
	worker->kicked = true;
	lane->awake++;
	return worker;
}

/*
 * Another worker, if those that are awake have more to do than they take at once. Where
 * packets are met there is enough to do: that CPU is asked last. Lock held.
 */
static struct gemcast_worker *gemcast_lane_ask_more(struct gemcast_lane *lane)
{
	unsigned int cpus = num_online_cpus(), tries = cpus;
	struct gemcast_worker *worker = NULL;

	if (lane->ntodo <= lane->awake * GEMCAST_LANE_WORK)
		return NULL;
	while (!worker && lane->awake < cpus && tries--) {
		lane->turn = gemcast_lane_cpu_after(lane->turn);
		if (lane->turn != smp_processor_id() || lane->awake + 1 == cpus)
			worker = gemcast_lane_ask(lane, lane->turn);
	}
	return worker;
}

static void gemcast_lane_kick(struct gemcast_worker *worker)
{
	if (worker)
		queue_work_on(worker->cpu, gemcast_parallel_wq, &worker->work);
}

struct gemcast_lane *gemcast_lane_get(struct gemcast_lanes *lanes, u32 index)
{
	struct gemcast_lane *lane = &lanes->lane[index];

	/* What comes may not overtake what is still there. */
	return READ_ONCE(lanes->on) || READ_ONCE(lane->pending) ? lane : NULL;
}

bool gemcast_lane_full(const struct gemcast_lane *lane, unsigned int packets)
{
	return READ_ONCE(lane->pending) + packets > GEMCAST_LANE_MAX;
}

/**
 * gemcast_lane_add() - Put a packet at the end of a lane.
 * @lane: the lane
 * @skb: the packet, its gemcast_job() filled in, outbound but for the number
 *
 * Context: RCU, softirqs off.
 * Return: 0, and the packet is the lane's, or the counter of drops to count.
 */
int gemcast_lane_add(struct gemcast_lane *lane, struct sk_buff *skb)
{
	struct gemcast_job *job = gemcast_job(skb);
	struct gemcast_worker *worker;
	int drop;

	spin_lock(&lane->jobs.lock);
	drop = lane->index ? 0 : gemcast_sa_take(job->sa, 1, &job->seq);
	if (drop) {
		spin_unlock(&lane->jobs.lock);
		return drop;
	}
	/* Not where packets come in: that CPU has enough to do. */
	if (lane->end < 0)
		lane->end = gemcast_lane_cpu_after(smp_processor_id());
	__skb_queue_tail(&lane->jobs, skb);
	if (!lane->todo)
		lane->todo = skb;
	lane->ntodo++;
	WRITE_ONCE(lane->pending, lane->pending + 1);
	worker = gemcast_lane_ask_more(lane);
	spin_unlock(&lane->jobs.lock);
	gemcast_lane_kick(worker);
	return 0;
}

/* Jobs that nobody works on. Lock held. */
static unsigned int gemcast_lane_take(struct gemcast_lane *lane,
				      struct sk_buff **jobs)
{
	unsigned int n;

	lockdep_assert_held(&lane->jobs.lock);
	for (n = 0; n < GEMCAST_LANE_WORK && lane->todo; n++) {
		jobs[n] = lane->todo;
		lane->todo = skb_queue_is_last(&lane->jobs, lane->todo) ?
				     NULL : skb_queue_next(&lane->jobs, lane->todo);
	}
	lane->ntodo -= n;
	return n;
}

/* Is the oldest one done? Lock held. */
static bool gemcast_lane_ends(struct gemcast_lane *lane)
{
	struct sk_buff *skb = skb_peek(&lane->jobs);

	lockdep_assert_held(&lane->jobs.lock);
	return skb && gemcast_job(skb)->done;
}

/* Jobs that are done, as far as none before them is not. Lock held. */
static void gemcast_lane_take_done(struct gemcast_lane *lane,
				   struct sk_buff_head *done)
{
	while (skb_queue_len(done) < GEMCAST_LANE_END && gemcast_lane_ends(lane))
		__skb_queue_tail(done, __skb_dequeue(&lane->jobs));
}

static void gemcast_lane_work(struct gemcast_lane *lane, struct sk_buff **jobs,
			      unsigned int n)
{
	struct gemcast_worker *end;
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (lane->index)
			gemcast_input_work(jobs[i]);
		else
			gemcast_outer_work(jobs[i]);
	}
	spin_lock(&lane->jobs.lock);
	for (i = 0; i < n; i++)
		gemcast_job(jobs[i])->done = true;
	end = gemcast_lane_ends(lane) ? gemcast_lane_ask(lane, lane->end) : NULL;
	spin_unlock(&lane->jobs.lock);
	gemcast_lane_kick(end);
}

static void gemcast_lane_end(struct gemcast_lane *lane,
			     struct sk_buff_head *done)
{
	struct gemcast_sa *sa;
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(done))) {
		sa = gemcast_job(skb)->sa;
		if (lane->index)
			gemcast_input_end(skb);
		else
			gemcast_outer_end(skb);
		gemcast_sa_put(sa);
	}
}

/* False if there is nothing to do any more; *@ended are ended. Softirqs off. */
static bool gemcast_worker_round(struct gemcast_worker *worker,
				 unsigned int *ended)
{
	struct gemcast_lane *lane = worker->lane;
	struct sk_buff *jobs[GEMCAST_LANE_WORK];
	struct sk_buff_head done;
	unsigned int n;
	bool more;

	__skb_queue_head_init(&done);
	spin_lock(&lane->jobs.lock);
	if (worker->cpu == lane->end)
		gemcast_lane_take_done(lane, &done);
	n = gemcast_lane_take(lane, jobs);
	*ended = skb_queue_len(&done);
	more = n || *ended;
	worker->kicked = more;
	if (!more)
		lane->awake--;
	spin_unlock(&lane->jobs.lock);

	rcu_read_lock();
	gemcast_lane_end(lane, &done);
	if (n)
		gemcast_lane_work(lane, jobs, n);
	rcu_read_unlock();
	WRITE_ONCE(worker->packets, worker->packets + n);
	return more;
}

static void gemcast_worker_work(struct work_struct *work)
{
	struct gemcast_worker *worker =
		container_of(work, struct gemcast_worker, work);
	struct gemcast_lane *lane = worker->lane;
	unsigned int ended;
	bool more;

	do {
		local_bh_disable();
		more = gemcast_worker_round(worker, &ended);
		local_bh_enable();
		/* Not before they have left this CPU's queue, too. */
		if (ended) {
			spin_lock_bh(&lane->jobs.lock);
			WRITE_ONCE(lane->pending, lane->pending - ended);
			spin_unlock_bh(&lane->jobs.lock);
		}
		cond_resched();
	} while (more);
}

static void gemcast_lane_init(struct gemcast_lanes *lanes, u32 index)
{
	struct gemcast_lane *lane = &lanes->lane[index];
	struct gemcast_worker *worker;
	int cpu;

	skb_queue_head_init(&lane->jobs);
	lane->turn = -1;
	lane->end = -1;
	lane->index = index;
	lane->lanes = lanes;
	for_each_possible_cpu(cpu) {
		worker = gemcast_lane_worker(lane, cpu);
		INIT_WORK(&worker->work, gemcast_worker_work);
		worker->lane = lane;
		worker->cpu = cpu;
	}
}

static struct gemcast_lanes *gemcast_lanes_alloc(void)
{
	struct gemcast_lanes *lanes = kzalloc(sizeof(*lanes), GFP_KERNEL_ACCOUNT);
	u32 i;

	if (!lanes)
		return NULL;
	lanes->workers = alloc_percpu_gfp(struct gemcast_workers,
					  GFP_KERNEL_ACCOUNT);
	if (!lanes->workers) {
		kfree(lanes);
		return NULL;
	}
	for (i = 0; i < GEMCAST_LANES; i++)
		gemcast_lane_init(lanes, i);
	return lanes;
}

static struct gemcast_lanes *gemcast_lanes_of(const struct gemcast_group *group)
{
	return rcu_dereference_protected(group->lanes,
					 lockdep_is_held(&group->gn->lock));
}

/**
 * gemcast_parallel_set() - Make a group parallel, or not.
 * @group: the group, its namespace locked
 * @on: what it is to be
 *
 * Return: 0 or -ENOMEM, and then nothing has changed.
 */
int gemcast_parallel_set(struct gemcast_group *group, bool on)
{
	struct gemcast_lanes *lanes = gemcast_lanes_of(group);

	if (lanes) {
		WRITE_ONCE(lanes->on, on);
	} else if (on) {
		lanes = gemcast_lanes_alloc();
		if (!lanes)
			return -ENOMEM;
		lanes->on = true;
		rcu_assign_pointer(group->lanes, lanes);
	}
	group->cfg.parallel = on;
	return 0;
}

/*
 * Nothing comes any more. As long as there is something to do, workers go on; the
 * last thing that others do is to kick the one that ends.
 */
static void gemcast_lane_drain(struct gemcast_lane *lane)
{
	int cpu;

	for_each_possible_cpu(cpu)
		flush_work(&gemcast_lane_worker(lane, cpu)->work);
	if (lane->end >= 0)
		flush_work(&gemcast_lane_worker(lane, lane->end)->work);
	WARN_ON_ONCE(lane->pending);
}

/**
 * gemcast_parallel_free() - End what is in a group's lanes, and free them.
 * @group: the group, its namespace locked; no packet finds a policy or an SA of it
 */
void gemcast_parallel_free(struct gemcast_group *group)
{
	struct gemcast_lanes *lanes = gemcast_lanes_of(group);
	u32 i;

	if (!lanes)
		return;
	RCU_INIT_POINTER(group->lanes, NULL);
	synchronize_net();
	for (i = 0; i < GEMCAST_LANES; i++)
		gemcast_lane_drain(&lanes->lane[i]);
	free_percpu(lanes->workers);
	kfree(lanes);
}

/**
 * gemcast_parallel_count() - What the workers of a group have done.
 * @group: the group, its namespace locked
 * @count: filled in
 */
void gemcast_parallel_count(const struct gemcast_group *group,
			    struct gemcast_parallel_count *count)
{
	struct gemcast_lanes *lanes = gemcast_lanes_of(group);
	unsigned long sum;
	int cpu;
	u32 i;

	memset(count, 0, sizeof(*count));
	if (!lanes)
		return;
	for_each_possible_cpu(cpu) {
		for (i = 0, sum = 0; i < GEMCAST_LANES; i++)
			sum += READ_ONCE(per_cpu_ptr(lanes->workers,
						     cpu)->of[i].packets);
		count->packets += sum;
		count->cpus += !!sum;
		count->busiest = max_t(u64, count->busiest, sum);
	}
}
