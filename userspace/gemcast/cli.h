/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the gemcast command have in common. */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <gemcast.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* How a command ended; the first three are the exit status. */
enum {
	CLI_OK,
	CLI_USAGE,	/* bad usage */
	CLI_REFUSED,	/* the kernel or miked refused */
	CLI_HELP,	/* help was asked for and printed */
};

/* print.c APIs: */

/* Where output goes, and in which form. */
struct print {
	FILE *file;
	bool json;
	bool pretty;
	unsigned int depth;	/* of JSON lists and objects open now */
	bool first;		/* nothing yet in the innermost, or on the line */
};

void print_list_begin(struct print *p);
void print_list_end(struct print *p);
/* A list within an object, ended by print_list_end(), and the objects in it. */
void print_inner_list_begin(struct print *p, const char *key);
void print_inner_begin(struct print *p);
void print_inner_end(struct print *p);
void print_object_begin(struct print *p);
void print_object_end(struct print *p);
void print_line(struct print *p, const char *indent);
void print_word(struct print *p, const char *word);
void print_string(struct print *p, const char *key, const char *word,
		  const char *value);
void print_number(struct print *p, const char *key, const char *word,
		  uint64_t value);
/* A number that is printed if its presence bit is set. */
struct print_field {
	unsigned int attr;
	const char *key;
	const char *word;
	uint64_t value;
};

void print_numbers(struct print *p, uint64_t present,
		   const struct print_field *fields, size_t n);
void print_hex(struct print *p, const char *key, const char *word,
	       uint32_t value);
void print_seconds(struct print *p, const char *key, const char *word,
		   uint64_t ms);
void print_true(struct print *p, const char *key, const char *word);
void print_addr(struct print *p, const char *key, const char *word,
		const struct gemcast_addr *addr);
void print_prefix(struct print *p, const char *key, const char *word,
		  const struct gemcast_addr *addr, unsigned int len);

/* main.c APIs: */

/* One run of the command. */
struct cli {
	struct print print;
	bool statistics;
	bool force;		/* key files that others may read will do */
	const char *batch;	/* the file that commands come from, or NULL */
	unsigned long line;	/* of the batch */
	unsigned long transaction;	/* where it began, or 0 */
	struct gemcast_handle *handle;
	bool open;			/* the handle is */
	struct gemcast_control *control;	/* miked's socket */
	const char *control_path;	/* NULL: the usual one */
	bool control_open;
};

__attribute__((format(printf, 2, 3)))
int cli_error(const struct cli *cli, const char *format, ...);
int cli_failed(const struct cli *cli, const char *call);
int cli_open(struct cli *cli);
int cli_result(const struct cli *cli, int err);
int cli_open_control(struct cli *cli);
int cli_control_result(struct cli *cli, int err);
int cli_run(struct cli *cli, int argc, char **argv);

/* args.c APIs: */

/* The words of a command that are not yet read. */
struct args {
	struct cli *cli;
	char **next;
	int left;
	const char *where;	/* "policy add": named by error texts */
	const char *help;	/* the grammar of this point */
};

int args_word(struct args *a, const char *name, const char * const *words,
	      unsigned int *index);
bool args_default(struct args *a, const char *name);
int args_enum(struct args *a, const char *name, const char * const *words,
	      uint32_t *value);
int args_string(struct args *a, const char *name, const char **value);
int args_any(struct args *a, const char *name, const char **value);
int args_name(struct args *a, const char *name, const char **value);
int args_id(struct args *a, const char *name, const char **value);
int args_u64(struct args *a, const char *name, uint64_t min, uint64_t max,
	     uint64_t *value);
int args_u32(struct args *a, const char *name, uint32_t min, uint32_t max,
	     uint32_t *value);
int args_u16(struct args *a, const char *name, uint16_t min, uint16_t *value);
int args_bits(struct args *a, const char *name, uint32_t *value);
int args_addr(struct args *a, const char *name, struct gemcast_addr *addr);
int args_prefix(struct args *a, const char *name, struct gemcast_addr *addr,
		uint8_t *len);
int args_ports(struct args *a, const char *name, uint16_t *min, uint16_t *max);
int args_proto(struct args *a, uint8_t *proto);
int args_dev(struct args *a, char dev[IF_NAMESIZE]);
int args_seconds(struct args *a, const char *name, uint64_t *ms);
int args_expect(struct args *a, const char *word);
int args_end(struct args *a);
int args_once(struct args *a, const char *name, uint64_t *present,
	      unsigned int attr);
int args_need(struct args *a, const char *name, uint64_t present,
	      unsigned int attr);

/* parse.c APIs: */
bool parse_u64(const char *text, uint64_t *value);
bool parse_addr(const char *text, struct gemcast_addr *addr);
bool parse_prefix(const char *text, struct gemcast_addr *addr, uint8_t *len);
bool parse_ports(const char *text, uint16_t *min, uint16_t *max);
bool parse_proto(const char *text, uint8_t *proto);
bool parse_dev(const char *text, char dev[IF_NAMESIZE]);
bool parse_seconds(const char *text, uint64_t *ms);
bool parse_name(const char *text);
bool parse_id(const char *text);
const char *proto_name(uint8_t proto, char buf[4]);

/* word.c APIs: */

/* Lists of words that end with NULL; a value's is indexed by the value. */
extern const char * const encap_words[];
extern const char * const parallel_words[];
extern const char * const policy_dir_words[];
extern const char * const action_words[];
extern const char * const mode_words[];
extern const char * const preserve_words[];
extern const char * const no_sa_words[];
extern const char * const df_words[];
extern const char * const fragment_words[];
extern const char * const ecn_words[];
extern const char * const decap_dscp_words[];
extern const char * const acquire_kind_words[];
extern const char * const reinject_words[];
extern const char * const sa_dir_words[];
extern const char * const replay_words[];
extern const char * const sa_state_words[];
extern const char * const expire_cause_words[];
extern const char * const role_words[];

enum word_match {
	WORD_FOUND,
	WORD_UNKNOWN,
	WORD_AMBIGUOUS,
};

enum word_match word_find(const char * const *words, const char *word,
			  unsigned int *index);
const char *word_like(const char * const *words, const char *word);
void word_list(const char * const *words, const char *prefix, char *buf,
	       size_t size);
const char *word_of(const char * const *words, uint32_t value, char buf[12]);

/* key.c APIs: */
#define KEY_SALT	4

/* Where a key is to be read from. */
struct key_source {
	const char *path;	/* NULL: from fd */
	int fd;
};

/* AES key, then salt. */
struct key {
	uint8_t byte[GEMCAST_KEY_MAX];
	size_t len;
};

int key_read(const struct cli *cli, const struct key_source *source,
	     struct key *key);

/* batch.c APIs: */
int batch_run(struct cli *cli, const char *path);
int batch_split(char *line, char **words, int max, const char **error);

/* group.c, policy.c, sa.c, sender.c, peer.c, stats.c, monitor.c; join.c, ks.c, log.c APIs: */

/* A verb of an object. */
struct command {
	const char *name;
	const char *help;
	int (*run)(struct cli *cli, struct args *args);
};

#define MAX_COMMANDS	9

/* Its first command is the one that is run when none is named. */
struct object {
	const char *name;
	const char *help;
	struct command commands[MAX_COMMANDS];
};

extern const struct object group_object;
extern const struct object policy_object;
extern const struct object sa_object;
extern const struct object sender_object;
extern const struct object peer_object;
extern const struct object stats_object;
extern const struct object monitor_object;
extern const struct object join_object;
extern const struct object leave_object;
extern const struct object status_object;
extern const struct object ks_object;
extern const struct object log_object;

void policy_print(struct cli *cli, const struct gemcast_policy *policy,
		  const char *line);
void sa_print(struct cli *cli, const struct gemcast_sa *sa, const char *line);

#endif /* CLI_H */
