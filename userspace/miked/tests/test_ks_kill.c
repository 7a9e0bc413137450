// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A key server that is killed at any moment, again and again: each time a child registers
 * members and gives out new SAs, until it is killed by a timer; what members were told it
 * says by a pipe, after they were told. Nothing is told twice, and nothing that was said to
 * be done is forgotten. $KILLS: how often.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "store_kit.h"
#include "stored.h"
#include "test.h"

#define KILLS		24
#define SHORTEST_US	2000
#define MEMBERS		8
#define MAX_SAS		4096
#define SIDS		256

#define GROUP(rekey)							\
	"    - name: video\n      traffic: [ { destination: 239.1.1.1 } ]\n"	\
	"      sender-id-bits: 8\n"						\
	"      members: [ { identity: \"*.example.org\", role: both } ]\n" rekey
#define CAST	"      rekey: { transport: multicast, address: 239.255.1.1 }\n"

enum { SAYS_SA, SAYS_MEMBER, SAYS_EXPELLED, SAYS_EPOCH, SAYS_DONE };

/* What a child says. */
struct said {
	uint32_t what;
	uint32_t spi;			/* of the SA; or the number of the member, or of the epoch */
	uint8_t keymat[36];
	uint32_t registration;		/* who has the Sender-ID, the same number never again */
	int32_t sid;			/* -1: none; of a member: the epoch it has */
};

/* What is known of an SA: who has which Sender-ID. */
struct known_sa {
	uint32_t spi;
	uint8_t keymat[36];
	uint32_t by[SIDS];
};

static struct {
	struct known_sa sas[MAX_SAS];
	size_t n_sas;
	bool known[MEMBERS], expelled[MEMBERS];
	uint32_t has[MEMBERS];		/* the epoch that it registered in */
	uint32_t epoch;
	size_t said, children_done;
} world;

static int out;

static void say(uint32_t what, uint32_t number, const struct kit_held *held, uint32_t registration,
		int32_t sid)
{
	struct said said = { .what = what, .spi = number, .registration = registration, .sid = sid };

	if (held)
		memcpy(said.keymat, held->keymat, sizeof(said.keymat));
	if (write(out, &said, sizeof(said)) != sizeof(said))
		_exit(3);
}

static void say_sas(const struct ike_sa *sa, uint32_t registration)
{
	size_t i;

	for (i = 0; i < sa->n_sas; i++)
		say(SAYS_SA, sa->sas[i].spi, &sa->sas[i], registration,
		    sa->n_sids ? (int32_t)sa->sids[0] : -1);
}

static const char *name_of(unsigned int number)
{
	static char name[32];

	snprintf(name, sizeof(name), "m%u.example.org", number);
	return name;
}

/* What the parent knows is so. */
static void check_known(void)
{
	struct gemcast_ks_member member;
	struct gemcast_ks_group group;
	unsigned int i;

	if (!kit_group("video", &group) || group.epoch < world.epoch)
		_exit(4);
	for (i = 0; i < MEMBERS; i++) {
		/* Whose SAs were deleted since, nobody has to know. */
		if (!world.expelled[i] && (!world.known[i] || world.has[i] != group.epoch))
			continue;
		if (!kit_member("video", name_of(i), &member))
			_exit(5);
		if (world.expelled[i] && strcmp(member.state, "expelled") != 0)
			_exit(6);
	}
}

static void act(struct ike_sa **sas, uint32_t *registration, unsigned int *seed)
{
	unsigned int who = (unsigned int)rand_r(seed) % MEMBERS, what = (unsigned int)rand_r(seed) % 16;
	struct conf_identity id = kit_identity(name_of(who));
	struct gemcast_ks_group group;

	if (what < 10) {
		if (sas[who]->closed)
			stored_connect(sas[who]);
		if (!kit_join(sas[who], "video", what % 4)) {
			say_sas(sas[who], ++*registration);
			kit_group("video", &group);
			say(SAYS_MEMBER, who, NULL, 0, (int32_t)group.epoch);
		}
	} else if (what < 14) {
		ks_rekey(kit.ks, "video", what % 2, NULL);
		kit_wait(1000);
	} else if (what < 15) {
		if (!ks_expel(kit.ks, "video", &id, 1, NULL))
			say(SAYS_EXPELLED, who, NULL, 0, 0);
	} else {
		say(SAYS_MEMBER, who, NULL, 1, 0);
		ks_admit(kit.ks, "video", CONF_ROLE_BOTH, &id, 1, NULL);
	}
	if (kit_group("video", &group))
		say(SAYS_EPOCH, group.epoch, NULL, 0, 0);
}

static void child(const char *groups, unsigned int seed, uint32_t registration)
{
	unsigned int longest = SHORTEST_US << (unsigned int)rand_r(&seed) % 8;
	const struct itimerval timer = {
		.it_value.tv_usec = 1 + (int)((unsigned int)rand_r(&seed) % longest),
	};
	struct ike_sa *sas[MEMBERS];
	unsigned int i;

	signal(SIGALRM, SIG_DFL);
	setitimer(ITIMER_REAL, &timer, NULL);
	if (stored_start(groups, NULL))
		_exit(7);
	check_known();
	for (i = 0; i < MEMBERS; i++)
		sas[i] = kit_sa(name_of(i), "192.0.2.1");
	for (i = 0; i < 200; i++)
		act(sas, &registration, &seed);
	say(SAYS_DONE, 0, NULL, 0, 0);
	_exit(0);
}

static void learn_sa(const struct said *said)
{
	struct known_sa *sa = NULL;
	size_t i;

	for (i = 0; i < world.n_sas; i++) {
		if (world.sas[i].spi == said->spi)
			sa = &world.sas[i];
		else
			assert_memory_not_equal(world.sas[i].keymat, said->keymat,
						sizeof(said->keymat));
	}
	if (!sa) {
		assert_true(world.n_sas < MAX_SAS);
		sa = &world.sas[world.n_sas++];
		*sa = (struct known_sa){ .spi = said->spi };
		memcpy(sa->keymat, said->keymat, sizeof(sa->keymat));
	}
	assert_memory_equal(sa->keymat, said->keymat, sizeof(sa->keymat));
	if (said->sid < 0)
		return;
	assert_true(said->sid < SIDS);
	if (sa->by[said->sid] && sa->by[said->sid] != said->registration)
		fail_msg("Sender-ID %d twice under %08x", said->sid, said->spi);
	sa->by[said->sid] = said->registration;
}

static void learn(const struct said *said)
{
	world.said++;
	switch (said->what) {
	case SAYS_SA:
		learn_sa(said);
		break;
	case SAYS_MEMBER:
		/* That it may come again was not answered yet. */
		world.known[said->spi] = !said->registration;
		world.has[said->spi] = (uint32_t)said->sid;
		world.expelled[said->spi] = false;
		break;
	case SAYS_EXPELLED:
		world.expelled[said->spi] = true;
		break;
	case SAYS_EPOCH:
		assert_true(said->spi >= world.epoch);
		world.epoch = said->spi;
		break;
	default:
		world.children_done++;
		break;
	}
}

static void run_child(const char *groups, unsigned int seed)
{
	struct said said;
	int pipes[2], status;
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (!pid) {
		close(pipes[0]);
		out = pipes[1];
		child(groups, seed, seed << 12);
	}
	close(pipes[1]);
	while (read(pipes[0], &said, sizeof(said)) == sizeof(said))
		learn(&said);
	close(pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status))
		fail_msg("child %u: %d", seed, WEXITSTATUS(status));
	if (WIFSIGNALED(status))
		assert_int_equal(WTERMSIG(status), SIGALRM);
}

static unsigned int kills(void)
{
	const char *text = getenv("KILLS");

	return text ? (unsigned int)strtoul(text, NULL, 10) : KILLS;
}

static void is_killed(void **state)
{
	unsigned int i, n = kills() / 2;
	size_t k;

	memset(&world, 0, sizeof(world));
	stored_begin(*state);
	log_set_level(AREA_GROUP, LEVEL_ERROR - 1);
	stored_kill();
	for (i = 1; i <= n; i++) {
		run_child(*state, i);
		/* Members forget their sessions; a year of SAs would fill the table. */
		if (world.n_sas > MAX_SAS / 2) {
			memmove(world.sas, world.sas + MAX_SAS / 4,
				(world.n_sas - MAX_SAS / 4) * sizeof(world.sas[0]));
			world.n_sas -= MAX_SAS / 4;
		}
	}
	assert_true(world.said > n && world.n_sas);
	for (k = 0; k < world.n_sas; k++)
		assert_false(store_kit_has(world.sas[k].keymat, sizeof(world.sas[k].keymat)));
	print_message("%u kills: %zu things said, %zu SAs, epoch %u, %zu lived on\n", n, world.said,
		      world.n_sas, world.epoch, world.children_done);
	assert_int_equal(stored_start(NULL, NULL), 0);
	stored_end();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(is_killed, (void *)GROUP("")),
		cmocka_unit_test_prestate(is_killed, (void *)GROUP(CAST)),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
