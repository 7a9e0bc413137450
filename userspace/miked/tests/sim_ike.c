// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hosts of the simulator that are an engine each.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sim_ike.h"
#include "sim_internal.h"

/* Notifications for private use (RFC 7296 3.10.1). */
#define N_NUMBER	40960	/* of the request, sent back in its answer */
#define N_TOKEN		40961	/* of the session, made by who answers */
#define N_FILL		40962

struct session {
	struct session *next;
	struct host *host;
	struct ike_sa *sa;
	uint32_t token;
};

struct job {
	struct job *next;
	struct ike_task task;
	struct host *host;
	enum job_kind kind;
	uint32_t number;
	uint16_t fill;
};

/* Bytes that a message points to; until the engine has returned. */
struct scratch {
	struct scratch *next;
	uint8_t bytes[];
};

struct host {
	struct host *next;
	struct scene *scene;
	const struct kit *kit;
	struct net_end at;
	struct ike *ike;
	struct session *sessions;
	struct job *jobs;
	struct scratch *scratch;
	struct host_stats stats;
	char last_text[sizeof(((struct reason *)NULL)->text)];
	uint16_t fill;
	bool refuse;
};

static const struct wire_id group = { ID_KEY_ID, { (const uint8_t *)"video", 5 } };

static void must(bool kept, const char *what)
{
	if (!kept)
		sim_die(what);
}

static void print_error(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "%s\n", text);
}

struct kit kit_new(const struct crypto *crypto, const char *format, ...)
{
	struct reason why = { 0 };
	char text[8192];
	struct kit kit;
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	must(len > 0 && (size_t)len < sizeof(text), "too long a configuration");
	kit.conf = conf_load_text("kit", text, (size_t)len, false, print_error, NULL);
	must(kit.conf, text);
	kit.book = auth_book_new(crypto, kit.conf, &why);
	must(kit.book, why.text);
	return kit;
}

void kit_free(struct kit *kit)
{
	auth_book_drop(kit->book);
	conf_free(kit->conf);
	*kit = (struct kit){ 0 };
}

struct scene *scene_new(uint64_t seed, const struct crypto *crypto)
{
	struct scene *scene = sim_alloc(sizeof(*scene));

	scene->sim = sim_new(seed);
	scene->crypto = crypto;
	return scene;
}

static void free_scratch(struct host *host)
{
	struct scratch *scratch;

	while ((scratch = host->scratch)) {
		host->scratch = scratch->next;
		free(scratch);
	}
}

static uint8_t *scratch_new(struct host *host, size_t size)
{
	struct scratch *scratch = sim_alloc(sizeof(*scratch) + size);

	scratch->next = host->scratch;
	host->scratch = scratch;
	return scratch->bytes;
}

static void say_number(struct host *host, struct ike_content *content, uint16_t type,
		       uint32_t number)
{
	struct writer w = writer_to(scratch_new(host, 4), 4);

	write_u32(&w, number);
	must(ike_notify(content, type, written(&w)), "no room for a notification");
}

static void say_fill(struct host *host, struct ike_content *content, uint16_t len)
{
	if (len)
		must(ike_notify(content, N_FILL,
				(struct chunk){ scratch_new(host, len), len }),
		     "no room for a notification");
}

static uint32_t heard(const struct wire_message *m, uint16_t type)
{
	const struct wire_notify *n = wire_notify(m, type);

	return n && n->data.len == 4 ? wire_notify_u32(n) : UINT32_MAX;
}

/* Sessions */

static struct session *session_new(struct host *host, struct ike_sa *sa, uint32_t token)
{
	struct session *session = sim_alloc(sizeof(*session));

	*session = (struct session){ host->sessions, host, sa, token };
	host->sessions = session;
	host->stats.announced++;
	ike_sa_set_data(sa, session);
	return session;
}

static void session_free(struct session *session)
{
	struct session **at = &session->host->sessions;

	while (*at != session)
		at = &(*at)->next;
	*at = session->next;
	session->host->stats.gone++;
	free(session);
}

struct session *host_session(const struct host *host, size_t index)
{
	struct session *session = host->sessions;

	while (session && index--)
		session = session->next;
	return session;
}

size_t host_sessions(const struct host *host)
{
	return host->stats.announced - host->stats.gone;
}

struct ike_sa *session_sa(const struct session *session)
{
	return session->sa;
}

struct session *session_other(const struct scene *scene, const struct session *session)
{
	const struct host *host;
	struct session *other;

	for (host = scene->hosts; host; host = host->next) {
		for (other = host->sessions; other; other = other->next) {
			if (other != session && other->token == session->token)
				return other;
		}
	}
	return NULL;
}

static bool is_at(const struct session *session, const struct wire_id *peer)
{
	const struct conf *conf = session->host->kit->conf;

	return conf_identity_covers(&conf->credentials[0].identity, peer->type, peer->data);
}

bool session_agrees(const struct session *one, const struct session *other)
{
	struct secret a = { 0 }, b = { 0 };
	bool same;

	must(!ike_sa_wrap_key(one->sa, &a) && !ike_sa_wrap_key(other->sa, &b), "no wrap key");
	same = a.len && chunk_equal(secret_chunk(&a), secret_chunk(&b)) &&
	       ike_sa_kwa(one->sa) == ike_sa_kwa(other->sa) &&
	       ike_sa_initiator(one->sa) != ike_sa_initiator(other->sa) &&
	       is_at(one, ike_sa_peer(other->sa)) && is_at(other, ike_sa_peer(one->sa));
	secret_free(&a);
	secret_free(&b);
	return same;
}

void session_close(struct session *session)
{
	struct ike_sa *sa = session->sa;

	session_free(session);
	ike_sa_set_data(sa, NULL);
	ike_close(sa);
}

/* Jobs */

static void job_free(struct job *job)
{
	struct job **at = &job->host->jobs;

	while (*at && *at != job)
		at = &(*at)->next;
	must(*at, "a task is told twice of its end");
	*at = job->next;
	job->host->stats.waiting--;
	free(job);
}

static bool job_build(void *context, struct ike_sa *sa, struct ike_content *request)
{
	static const uint8_t all[4];
	static const struct wire_delete delete = { PROTO_ESP, 4, 1, { all, 4 } };
	struct job *job = context;

	must(job->kind == JOB_REGISTER || ike_sa_data(sa), "a task on who knows what");
	if (job->kind == JOB_INBAND) {
		request->message.deletes = &delete;
		request->message.n_deletes = 1;
	} else if (job->kind != JOB_HELLO) {
		request->message.idg = &group;
	}
	say_number(job->host, request, N_NUMBER, job->number);
	say_fill(job->host, request, job->fill);
	return true;
}

static void job_answer(void *context, struct ike_sa *sa, const struct wire_message *response)
{
	struct job *job = context;
	struct host *host = job->host;
	enum job_kind kind = job->kind;

	if (wire_notify(response, N_TEMPORARY_FAILURE)) {
		must(!host->scene->served[job->number], "served, and put off");
		host->stats.put_off++;
		job_free(job);
		return;
	}
	must(heard(response, N_NUMBER) == job->number, "an answer to another request");
	must(host->scene->served[job->number] == 1, "an answer that nobody gave");
	host->stats.answered++;
	job_free(job);
	if (kind != JOB_REGISTER)
		return;
	must(!ike_sa_data(sa), "registered twice");
	if (!wire_notify_error(response)) {
		session_new(host, sa, heard(response, N_TOKEN));
		return;
	}
	host->stats.refused++;
	ike_close(sa);
}

static void job_end(void *context, struct ike_sa *sa, enum ike_end why, const char *text)
{
	struct job *job = context;
	struct host *host = job->host;

	(void)sa;
	must(why <= IKE_END_MEMORY && text && *text, "an end without a reason");
	host->stats.ended++;
	host->stats.ends[why]++;
	snprintf(host->last_text, sizeof(host->last_text), "%s", text);
	job_free(job);
}

static struct job *job_new(struct host *host, enum job_kind kind, uint16_t fill)
{
	static const uint8_t exchanges[] = {
		[JOB_REGISTER] = GSA_AUTH, [JOB_AGAIN] = GSA_REGISTRATION,
		[JOB_HELLO] = INFORMATIONAL, [JOB_INBAND] = GSA_INBAND_REKEY,
	};
	struct scene *scene = host->scene;
	struct job *job = sim_alloc(sizeof(*job));

	scene->served = realloc(scene->served, scene->n_requests + 1);
	must(scene->served, "no memory");
	scene->served[scene->n_requests] = 0;
	*job = (struct job){ .next = host->jobs, .host = host, .kind = kind, .fill = fill,
			     .number = (uint32_t)scene->n_requests++ };
	job->task = (struct ike_task){ .exchange = exchanges[kind], .context = job,
				       .build = job_build, .answer = job_answer, .end = job_end };
	host->jobs = job;
	host->stats.asked++;
	host->stats.waiting++;
	return job;
}

bool host_register(struct host *host, const struct net_end *server, const char *identity)
{
	struct ike_target target = { .remote = *server };
	struct job *job = job_new(host, JOB_REGISTER, 0);
	struct reason why = { 0 };

	must(conf_identity_parse(identity, ID_FQDN, false, &target.identity), identity);
	memcpy(target.credential, host->kit->conf->credentials[0].name, CONF_NAME_SIZE);
	if (ike_connect(host->ike, &target, &job->task, &why))
		return true;
	host->stats.asked--;
	snprintf(host->last_text, sizeof(host->last_text), "%s", why.text);
	job_free(job);
	return false;
}

void session_ask(struct session *session, enum job_kind kind, uint16_t fill)
{
	ike_ask(session->sa, &job_new(session->host, kind, fill)->task);
}

/* Upcalls */

static void user_request(void *context, struct ike_sa *sa, const struct wire_message *request,
			 struct ike_content *response)
{
	struct host *host = context;
	struct scene *scene = host->scene;
	struct session *session = ike_sa_data(sa);
	uint32_t number = heard(request, N_NUMBER);

	must(number < scene->n_requests, "a request that nobody made");
	must(!scene->served[number]++, "a request is served twice");
	must(!session == (request->header.exchange == GSA_AUTH), "not the right exchange");
	host->stats.served++;
	if (!session)
		session = session_new(host, sa, ++scene->last_token);
	say_number(host, response, N_NUMBER, number);
	say_number(host, response, N_TOKEN, session->token);
	say_fill(host, response, host->fill);
	if (host->refuse)
		must(ike_notify(response, N_AUTHORIZATION_FAILED, (struct chunk){ NULL, 0 }),
		     "no room for a notification");
}

static void user_ended(void *context, struct ike_sa *sa, enum ike_end why, const char *text)
{
	struct host *host = context;

	must(why <= IKE_END_MEMORY && text && *text, "an end without a reason");
	must(ike_sa_data(sa), "an end of what was not announced");
	host->stats.gone_why[why]++;
	snprintf(host->last_text, sizeof(host->last_text), "%s", text);
	session_free(ike_sa_data(sa));
}

/* The world */

static uint64_t world_now(void *context)
{
	return sim_now(((struct host *)context)->scene->sim);
}

static int64_t world_time(void *context)
{
	return sim_time(((struct host *)context)->scene->sim);
}

static void world_send(void *context, const struct net_path *path, struct chunk datagram)
{
	sim_send(((struct host *)context)->scene->sim, path, datagram);
}

static bool world_route(void *context, const struct net_end *remote, struct net_path *path)
{
	const struct host *host = context;

	*path = (struct net_path){ .local = host->at, .remote = *remote };
	if (remote->port == SIM_NAT_PORT) {
		path->local.port = SIM_NAT_PORT;
		path->encap = true;
	}
	return host->at.addr.family == remote->addr.family;
}

static void node_receive(void *context, const struct net_path *path, uint8_t *datagram,
			 size_t len)
{
	struct host *host = context;

	ike_receive(host->ike, path, datagram, len);
	free_scratch(host);
}

static uint64_t node_next(void *context)
{
	return ike_next(((struct host *)context)->ike);
}

static void node_run(void *context)
{
	struct host *host = context;

	ike_run(host->ike);
	free_scratch(host);
}

static void begin(struct host *host)
{
	const struct ike_setup setup = {
		.crypto = host->scene->crypto,
		.world = { host, world_now, world_time, world_send, world_route },
		.user = { host, user_request, user_ended },
	};

	host->ike = ike_new(&setup, host->kit->conf, host->kit->book);
	must(host->ike, "no engine");
}

static void end(struct host *host)
{
	struct session *session;
	struct job *job;

	ike_free(host->ike);
	while ((session = host->sessions)) {
		host->sessions = session->next;
		host->stats.gone++;
		free(session);
	}
	while ((job = host->jobs)) {
		host->jobs = job->next;
		host->stats.asked--;
		host->stats.waiting--;
		free(job);
	}
	free_scratch(host);
}

struct host *host_new(struct scene *scene, const struct kit *kit, const struct net_end *at)
{
	struct host *host = sim_alloc(sizeof(*host));

	*host = (struct host){ .next = scene->hosts, .scene = scene, .kit = kit, .at = *at };
	scene->hosts = host;
	begin(host);
	sim_attach(scene->sim, &at->addr,
		   &(struct sim_node){ .context = host, .receive = node_receive,
				       .next = node_next, .run = node_run });
	return host;
}

void scene_free(struct scene *scene)
{
	struct host *host;

	while ((host = scene->hosts)) {
		scene->hosts = host->next;
		end(host);
		free(host);
	}
	sim_free(scene->sim);
	free(scene->served);
	free(scene);
}

void host_restart(struct host *host)
{
	end(host);
	begin(host);
}

struct ike *host_ike(const struct host *host)
{
	return host->ike;
}

const struct net_end *host_at(const struct host *host)
{
	return &host->at;
}

const struct host_stats *host_stats(const struct host *host)
{
	return &host->stats;
}

const char *host_last_text(const struct host *host)
{
	return host->last_text;
}

void host_set_fill(struct host *host, uint16_t fill)
{
	host->fill = fill;
}

void host_set_refuse(struct host *host, bool refuse)
{
	host->refuse = refuse;
}
