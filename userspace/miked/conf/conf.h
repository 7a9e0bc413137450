/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration as plain structs: what /etc/gemcast/miked.conf says, checked, with
 * the presets filled in. Times are milliseconds. miked.conf(5) explains each option;
 * options.c has the table that says which option is which member.
 */
#ifndef MIKED_CONF_CONF_H
#define MIKED_CONF_CONF_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <gemcast.h>
#include "base/log.h"
#include "conf/identity.h"
#include "conf/proposal.h"

#define CONF_PATH		"/etc/gemcast/miked.conf"

#define CONF_NAME_SIZE		64
#define CONF_FILE_SIZE		256
#define CONF_SOCKET_SIZE	108	/* of struct sockaddr_un's path */
#define CONF_USER_SIZE		33

/* A time that the daemon is to choose by itself. */
#define CONF_AUTO		UINT64_MAX

struct conf_prefix {
	struct gemcast_addr addr;	/* family AF_UNSPEC: any */
	uint8_t len;
};

struct conf_ports {
	uint16_t min, max;
};

/* Which packets: one Data-Security SA's traffic, or what a key server may give. */
struct conf_selector {
	struct conf_prefix destination;
	struct conf_prefix source;
	uint8_t protocol;		/* 0: any */
	struct conf_ports source_ports;
	struct conf_ports destination_ports;
};

struct conf_log {
	uint32_t target;		/* enum log_target */
	uint32_t level;			/* enum log_level */
	uint32_t areas[AREAS];		/* enum log_level, 0: as `level` */
};

struct conf_control {
	char socket[CONF_SOCKET_SIZE];
	char group[CONF_USER_SIZE];	/* empty: none */
	gid_t gid;			/* of the group; (gid_t)-1: none */
	uint32_t clients;
	uint32_t clients_per_user;
	uint64_t timeout_ms;
};

struct conf_local {
	struct gemcast_addr *addresses;
	uint16_t *ports;
	uint32_t addresses_count;
	uint32_t ports_count;
	uint16_t nat_port;
};

struct conf_ike {
	struct conf_proposal *proposals;
	uint32_t proposals_count;
	uint64_t lifetime_ms;
	uint64_t retransmit_first_ms;	/* before the first retransmission; then doubled */
	uint64_t retransmit_limit_ms;	/* never longer between two */
	uint32_t retransmissions;
	uint64_t dead_peer_ms;		/* of silence; 0: never asked */
	uint64_t nat_keepalive_ms;
	uint32_t fragment_size;		/* bytes of an IP packet (RFC 7383) */
	uint32_t half_open;
	uint32_t half_open_cookies;
	uint64_t half_open_ms;
};

/* Who this host is. */
struct conf_credential {
	char name[CONF_NAME_SIZE];
	struct conf_identity identity;
	char certificate[CONF_FILE_SIZE];	/* empty: pre-shared keys only */
	char key[CONF_FILE_SIZE];
};

typedef char conf_file[CONF_FILE_SIZE];
typedef char conf_name[CONF_NAME_SIZE];

enum conf_crl_check {
	CONF_CRL_OFF,
	CONF_CRL_IF_PRESENT,	/* an issuer without a CRL revokes nothing */
	CONF_CRL_STRICT,	/* an issuer without a valid CRL is not believed */
};

/* Whose certificates are believed. */
struct conf_trust {
	conf_file *ca;
	conf_file *crl;
	uint32_t ca_count;
	uint32_t crl_count;
	uint32_t crl_check;		/* enum conf_crl_check */
};

/* A pre-shared key (RFC 7296 2.15). */
struct conf_psk {
	struct conf_identity peer;	/* a pattern */
	char file[CONF_FILE_SIZE];
};

/* A post-quantum pre-shared key (RFC 8784). */
struct conf_ppk {
	char id[CONF_NAME_SIZE];	/* the PPK_ID */
	struct conf_identity peer;	/* a pattern */
	char file[CONF_FILE_SIZE];
	bool mandatory;
};

enum conf_role {
	CONF_ROLE_RECEIVER = 1,
	CONF_ROLE_SENDER = 2,
	CONF_ROLE_BOTH = 3,
};

/* Who may be a member of a key server's group. */
struct conf_member_rule {
	struct conf_identity identity;	/* a pattern */
	uint32_t role;			/* enum conf_role: the most it may be */
	struct conf_prefix *from;	/* none: from anywhere */
	uint32_t from_count;
};

enum conf_mode {
	CONF_MODE_TUNNEL,
	CONF_MODE_TRANSPORT,
};

enum conf_senders {
	CONF_SENDERS_ONE,
	CONF_SENDERS_MANY,
};

enum conf_rekey_transport {
	CONF_REKEY_UNICAST,	/* GSA_INBAND_REKEY */
	CONF_REKEY_MULTICAST,	/* GSA_REKEY */
	CONF_REKEY_BOTH,	/* by multicast, then unicast to who did not acknowledge */
};

/* Who signs the rekey messages, and how (RFC 9838 4.4.2.1.1). */
enum conf_rekey_auth {
	CONF_REKEY_ED25519,
	CONF_REKEY_ECDSA_P256,
	CONF_REKEY_ECDSA_P384,
	CONF_REKEY_IMPLICIT,
};

enum conf_acknowledge {
	CONF_ACK_NONE,
	CONF_ACK_SAMPLED,
	CONF_ACK_ALL,
};

/* The Rekey SA of a group, and when messages go over it. */
struct conf_rekey {
	uint32_t transport;		/* enum conf_rekey_transport */
	struct gemcast_addr address;
	struct gemcast_addr source;	/* AF_UNSPEC: the kernel's choice */
	uint16_t port;
	uint8_t ttl;
	char interface[IF_NAMESIZE];	/* empty: by the routes */
	uint64_t lifetime_ms;
	struct conf_esp encryption;
	uint32_t key_wrap;		/* Transform ID (RFC 9838 4.4.2.1.2) */
	uint32_t authentication;	/* enum conf_rekey_auth */
	uint32_t retransmissions;	/* copies behind the first */
	uint64_t interval_ms;		/* between two copies */
	uint32_t acknowledge;		/* enum conf_acknowledge */
	uint64_t acknowledge_within_ms;	/* over which they are spread */
};

/* A group that the key server gives out. */
struct conf_group {
	char name[CONF_NAME_SIZE];
	struct conf_identity id;	/* as IDg has it */
	struct conf_selector *traffic;	/* each has an SA of its own */
	uint32_t traffic_count;
	uint32_t mode;			/* enum conf_mode */
	struct conf_esp encryption;
	uint32_t senders;		/* enum conf_senders */
	bool replay;			/* sequence numbers are good for it */
	uint32_t sender_id_bits;	/* 0: no Sender-IDs */
	uint64_t lifetime_ms;
	uint64_t rollover_ms;		/* the next SA is made so long before the end */
	uint64_t packets;		/* 0: no limit */
	uint64_t bytes;			/* 0: no limit */
	uint64_t activation_delay_ms;	/* ATD; CONF_AUTO */
	uint64_t deactivation_delay_ms;	/* DTD; CONF_AUTO */
	struct conf_rekey rekey;
	struct conf_member_rule *members;
	uint32_t members_count;
};

struct conf_key_server {
	char credential[CONF_NAME_SIZE];
	char store[CONF_FILE_SIZE];		/* empty: in memory */
	char master_key[CONF_FILE_SIZE];	/* what the keys in the store are wrapped by */
	struct conf_group *groups;
	uint32_t groups_count;
};

/* A key server that a member may ask, and what it is believed in (the GPAD). */
struct conf_server {
	char name[CONF_NAME_SIZE];
	struct gemcast_addr address;
	uint16_t port;
	struct conf_identity identity;
	char credential[CONF_NAME_SIZE];	/* empty: the member's */
	struct conf_selector *may_give;
	uint32_t may_give_count;
};

enum conf_register {
	CONF_REGISTER_START,	/* when miked starts */
	CONF_REGISTER_DEMAND,	/* when a packet or a receiver wants it */
	CONF_REGISTER_COMMAND,	/* by `gemcast join` */
};

enum conf_replay {
	CONF_REPLAY_AUTO,	/* what the group's policy can do */
	CONF_REPLAY_NONE,
	CONF_REPLAY_SA,
	CONF_REPLAY_SOURCE,
	CONF_REPLAY_SID,
};

enum conf_no_sa {
	CONF_NO_SA_DISCARD,
	CONF_NO_SA_BYPASS,
};

enum conf_ks_lost {
	CONF_KS_LOST_CLOSE,	/* SAs end at their lifetime */
	CONF_KS_LOST_GO_ON,	/* the last ones stay until a key server answers */
};

/* A group that this host is to be in. */
struct conf_membership {
	char name[CONF_NAME_SIZE];
	struct conf_identity id;	/* as IDg has it */
	conf_name *key_servers;		/* in the order they are asked */
	uint32_t key_servers_count;
	uint32_t role;			/* enum conf_role */
	char interface[IF_NAMESIZE];	/* empty: any */
	bool join_multicast;
	uint32_t when;			/* enum conf_register */
	uint32_t on_no_sa;		/* enum conf_no_sa */
	uint32_t key_server_lost;	/* enum conf_ks_lost */
	uint32_t replay;		/* enum conf_replay */
	uint32_t window;		/* packets */
	uint32_t number;		/* the kernel's; 0: miked chooses */
};

struct conf_member {
	char credential[CONF_NAME_SIZE];
	uint64_t retry_first_ms;	/* then doubled, each with jitter */
	uint64_t retry_limit_ms;
	struct conf_server *key_servers;
	struct conf_membership *groups;
	uint32_t key_servers_count;
	uint32_t groups_count;
};

struct conf {
	struct conf_log log;
	struct conf_control control;
	struct conf_local local;
	struct conf_ike ike;
	struct conf_credential *credentials;
	struct conf_trust trust;
	struct conf_psk *psk;
	struct conf_ppk *ppk;
	uint32_t credentials_count;
	uint32_t psk_count;
	uint32_t ppk_count;
	struct conf_key_server key_server;
	struct conf_member member;
};

/* Called for each error: "FILE:LINE: FIELD: what is wrong". */
typedef void (*conf_report_fn)(void *arg, const char *text);

/*
 * Read and check a configuration. NULL if anything in it is wrong, after every error
 * was reported. Whether the files that it names are there and well guarded is checked
 * for the user that runs this. Free by conf_free().
 */
struct conf *conf_load(const char *path, conf_report_fn fn, void *arg);

/*
 * The same of text in memory, called @name in errors; files are looked at only
 * if @files.
 */
struct conf *conf_load_text(const char *name, const char *text, size_t len, bool files,
			    conf_report_fn fn, void *arg);

/*
 * One entry of key-server.groups; JSON will do, for it is YAML. NULL as above. Free by
 * conf_group_free().
 */
struct conf_group *conf_group_load(const char *name, const char *text, size_t len,
				   conf_report_fn fn, void *arg);

/*
 * The group as text from which conf_group_load() makes an equal one; to be given to
 * free(). NULL: no memory.
 */
char *conf_group_text(const struct conf_group *group);

void conf_free(struct conf *conf);
void conf_group_free(struct conf_group *group);

/* NULL if there is none of this name. */
const struct conf_credential *conf_credential(const struct conf *conf, const char *name);
const struct conf_group *conf_group(const struct conf *conf, const char *name);
const struct conf_server *conf_server(const struct conf *conf, const char *name);
const struct conf_membership *conf_membership(const struct conf *conf, const char *name);

#endif
