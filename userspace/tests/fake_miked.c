// SPDX-License-Identifier: GPL-2.0-or-later
/* miked for tests. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "fake_miked.h"

#define ANSWERS		16
#define ASKED_SIZE	524288

#define NEED(what)	do { if (!(what)) abort(); } while (0)

char fake_miked_path[64];

static struct {
	pthread_t thread;
	pthread_mutex_t lock;
	int listener;
	char *answer[ANSWERS];
	bool last[ANSWERS];
	unsigned int head, tail;
	char asked[ASKED_SIZE];
	size_t asked_len;
	char dir[32];
	bool hold;
	sem_t release;
} fake = { .lock = PTHREAD_MUTEX_INITIALIZER, .listener = -1 };

/* The bytes of the next answer; false: then it hangs up. */
static bool next_answer(char **text)
{
	bool more = true;

	*text = NULL;
	if (fake.head != fake.tail) {
		*text = fake.answer[fake.head % ANSWERS];
		more = !fake.last[fake.head++ % ANSWERS];
	}
	return more;
}

static bool answer(int fd, const char *request, size_t len)
{
	char *text, *c;
	size_t size;
	bool more, hold;

	pthread_mutex_lock(&fake.lock);
	NEED(fake.asked_len + len + 2 < ASKED_SIZE);
	memcpy(fake.asked + fake.asked_len, request, len);
	fake.asked_len += len;
	fake.asked[fake.asked_len++] = '\n';
	fake.asked[fake.asked_len] = '\0';
	more = next_answer(&text);
	hold = fake.hold;
	fake.hold = false;
	pthread_mutex_unlock(&fake.lock);
	if (!text)
		text = strdup("{\"parameters\":{}}\n");
	NEED(text);
	size = strlen(text);
	for (c = text; (c = strchr(c, '\n'));)
		*c++ = '\0';
	while (hold && sem_wait(&fake.release) < 0 && errno == EINTR)
		;
	(void)!send(fd, text, size, MSG_NOSIGNAL);
	free(text);
	return more;
}

static void serve(int fd)
{
	static char text[ASKED_SIZE / 2];
	size_t len = 0;
	bool more = true;
	char *end;
	ssize_t n;

	while (more && (n = recv(fd, text + len, sizeof(text) - len, 0)) > 0) {
		len += (size_t)n;
		NEED(len < sizeof(text));
		while (more && (end = memchr(text, '\0', len))) {
			more = answer(fd, text, (size_t)(end - text));
			len -= (size_t)(end + 1 - text);
			memmove(text, end + 1, len);
		}
	}
	close(fd);
}

static void *listen_to_all(void *arg)
{
	int fd;

	(void)arg;
	while ((fd = accept(fake.listener, NULL, NULL)) >= 0)
		serve(fd);
	return NULL;
}

void fake_miked_start(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	strcpy(fake.dir, "/tmp/gemcast-test.XXXXXX");
	NEED(mkdtemp(fake.dir));
	snprintf(fake_miked_path, sizeof(fake_miked_path), "%s/miked.sock", fake.dir);
	memcpy(addr.sun_path, fake_miked_path, sizeof(fake_miked_path));
	fake.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	NEED(!bind(fake.listener, (struct sockaddr *)&addr, sizeof(addr)));
	NEED(!listen(fake.listener, 4));
	NEED(!pthread_create(&fake.thread, NULL, listen_to_all, NULL));
}

void fake_miked_stop(void)
{
	char *text;

	shutdown(fake.listener, SHUT_RDWR);
	NEED(!pthread_join(fake.thread, NULL));
	close(fake.listener);
	while (fake.head != fake.tail) {
		next_answer(&text);
		free(text);
	}
	fake.asked_len = 0;
	unlink(fake_miked_path);
	rmdir(fake.dir);
}

static void add_answer(const char *messages, bool last)
{
	pthread_mutex_lock(&fake.lock);
	NEED(fake.tail - fake.head < ANSWERS);
	fake.answer[fake.tail % ANSWERS] = strdup(messages);
	fake.last[fake.tail++ % ANSWERS] = last;
	pthread_mutex_unlock(&fake.lock);
}

void fake_miked_answer(const char *messages)
{
	add_answer(messages, false);
}

void fake_miked_last_answer(const char *messages)
{
	add_answer(messages, true);
}

void fake_miked_hold(void)
{
	pthread_mutex_lock(&fake.lock);
	NEED(!sem_init(&fake.release, 0, 0));
	fake.hold = true;
	pthread_mutex_unlock(&fake.lock);
}

void fake_miked_release(void)
{
	sem_post(&fake.release);
}

const char *fake_miked_asked(void)
{
	pthread_mutex_lock(&fake.lock);
	fake.asked[fake.asked_len] = '\0';
	fake.asked_len = 0;
	pthread_mutex_unlock(&fake.lock);
	return fake.asked;
}
