/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running the command in the test itself, before the fake kernel. */
#ifndef RUN_H
#define RUN_H

/* What the last run() wrote. */
extern char *run_out;
extern char *run_err;

/* Run "gemcast" with these words, blanks between them; its exit status. */
int run(const char *words);
/* The same, with this as its standard input. */
int run_input(const char *words, const char *input);
/* Free what is left of the last run(). */
void run_end(void);

/* main() of the command, see the Makefile. */
int gemcast_main(int argc, char **argv);

#endif /* RUN_H */
