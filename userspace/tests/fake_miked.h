/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * miked for tests: a thread that listens at a socket of its own, keeps what it is asked,
 * and answers what the test said before.
 */
#ifndef FAKE_MIKED_H
#define FAKE_MIKED_H

#include <stdbool.h>

/* Where it listens. */
extern char fake_miked_path[64];

void fake_miked_start(void);
void fake_miked_stop(void);

/*
 * What it says to the next request that has no answer yet: messages, each with a newline
 * in the place of its zero byte. Without one, that all is done.
 */
void fake_miked_answer(const char *messages);
/* The same, and then it hangs up. */
void fake_miked_last_answer(const char *messages);

/* The next answer is sent when fake_miked_release() was called. */
void fake_miked_hold(void);
void fake_miked_release(void);

/* The requests since the last call, each with a newline behind it; good until the next. */
const char *fake_miked_asked(void);

#endif /* FAKE_MIKED_H */
