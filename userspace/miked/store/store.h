/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store of a key server: what it has to know after a restart, as rows. An interface,
 * so that something else than one file can be behind it.
 *
 * Rows are put and deleted in a transaction, which the first of them begins and commit()
 * makes durable: after it returned 0, and not before, a message may go out that depends on
 * them. Any error ends the transaction, and nothing of it was stored; what a commit() that
 * failed was to store may be there all the same, which has to do no harm.
 *
 * Secrets are wrapped before they are written anywhere, each together with what it belongs
 * to: one that was moved to another row, or from another store, is refused.
 *
 * Times are milliseconds of the wall clock, since no other goes on while the host is off.
 */
#ifndef MIKED_STORE_STORE_H
#define MIKED_STORE_STORE_H

#include "base/buf.h"
#include "crypto/crypto.h"

/* The key that secrets are wrapped by. */
#define STORE_MASTER_LEN	32
/* The longest of them: what a Rekey SA has, and a signing key. */
#define STORE_MAX_SECRET	1024
/* Sender-IDs of one registration. */
#define STORE_MAX_SIDS		16
/* SPIs of a Rekey SA. */
#define STORE_REKEY_SPI_LEN	16

struct store_group {
	const char *name;
	const char *text;		/* conf_group_text() */
	bool own;			/* a command brought it, no configuration */
	uint32_t epoch;			/* the number of the last that was made */
	uint32_t pending;		/* what is to be done soon: bits, the caller's */
	uint32_t line, signers;		/* of Rekey SAs, of keys to sign by: so many there were */
};

struct store_epoch {
	const char *group;
	uint32_t number;
	int64_t made, end;
	bool doomed, sequential, taken;
	uint16_t encr, key_bits;	/* what its SAs encrypt by */
	uint32_t sids;			/* there are so many Sender-IDs */
	uint32_t next_sid;
};

struct store_sa {
	const char *group;
	uint32_t epoch, spi;
	uint32_t place;			/* among the epoch's */
	uint32_t next;			/* SPI of the SA that is to follow it; 0: not chosen */
	struct chunk selector;
	struct chunk keymat;		/* secret */
};

/* 64 Sender-IDs from 64 * word on: a bit for each that was taken. */
struct store_sids {
	const char *group;
	uint32_t epoch, word;
	uint64_t taken;
};

struct store_member {
	const char *group;
	const char *id;			/* in words */
	struct chunk identity;		/* as a command had it; empty: none */
	bool registered;
	uint32_t role, admitted;	/* enum conf_role */
	bool expelled;
	struct chunk from;		/* address, and */
	uint16_t port;
	int64_t since;
	uint32_t oldest, epoch;
	uint32_t line;			/* of Rekey SAs, that it knows; 0: none */
	bool fragments;			/* it puts IKE fragments together */
	const uint32_t *sids, *former;
	size_t n_sids, n_former;
};

struct store_rekey_sa {
	const char *group;
	uint8_t spi[STORE_REKEY_SPI_LEN];
	uint32_t place;			/* which of the group's it is */
	int64_t end;
	uint32_t next_id;		/* no Message ID was used from this one on */
	uint32_t signer;		/* the number of its key to sign by */
	uint8_t next[STORE_REKEY_SPI_LEN];	/* SPI of the Rekey SA that is to follow it */
	struct chunk policy;		/* its own */
	struct chunk source;		/* from where messages go: an address */
	struct chunk keys;		/* secret: keying material, and the key to sign by */
};

/* An SPI of SAs that ended, in one of the places for them. */
struct store_retired {
	uint32_t place, spi;
};

/*
 * Who is told all rows by load(): groups, then their epochs with the oldest first, SAs by their
 * places, and the rest. What rows point to lives until the call
 * returns. Any error is what load() returns.
 */
struct store_reader {
	void *context;
	int (*group)(void *context, const struct store_group *row);
	int (*epoch)(void *context, const struct store_epoch *row);
	int (*sa)(void *context, const struct store_sa *row);
	int (*sids)(void *context, const struct store_sids *row);
	int (*member)(void *context, const struct store_member *row);
	int (*rekey_sa)(void *context, const struct store_rekey_sa *row);
	int (*retired)(void *context, const struct store_retired *row);
};

struct store;

/* Each returns 0 or a negative errno value: -ENOSPC, -EIO, -ENOMEM, ... */
struct store_ops {
	/*
	 * What was committed, and before its rows @seen: the latest time at which anything was.
	 * -EBADMSG: a row does not hold together; @why says which.
	 */
	int (*load)(struct store *store, const struct store_reader *reader, int64_t *seen,
		    struct reason *why);

	/* A row with the same name, number, ... is replaced. */
	int (*put_group)(struct store *store, const struct store_group *row);
	int (*put_epoch)(struct store *store, const struct store_epoch *row);
	int (*put_sa)(struct store *store, const struct store_sa *row);
	int (*put_sids)(struct store *store, const struct store_sids *row);
	int (*put_member)(struct store *store, const struct store_member *row);
	int (*put_rekey_sa)(struct store *store, const struct store_rekey_sa *row);
	int (*put_retired)(struct store *store, const struct store_retired *row);

	/* With all that belongs to them. No error if there is none. */
	int (*del_group)(struct store *store, const char *name);
	int (*del_epoch)(struct store *store, const char *group, uint32_t number);
	int (*del_member)(struct store *store, const char *group, const char *id);
	int (*del_rekey_sa)(struct store *store, const uint8_t *spi);
	int (*del_all)(struct store *store);

	/* @now: the time. No transaction: 0. */
	int (*commit)(struct store *store, int64_t now);
	void (*rollback)(struct store *store);
	/* What was not committed is lost. */
	void (*close)(struct store *store);
};

struct store {
	const struct store_ops *ops;
	bool open;			/* a transaction, which commit() or rollback() ends */
};

/*
 * The master key, from a file or credential (conf/file.h): 32 bytes, or a line of them in
 * hexadecimal behind 0x. @master is the caller's to free. 0, or -EINVAL and @why.
 */
int store_master_read(const char *name, struct secret *master, struct reason *why);

/*
 * A store in an SQLite database, made if it is not there, ours alone until it is closed.
 * 0, or a negative errno value and @why, and the file is as it was: -EBUSY: another has
 * it; -ENOTSUP: a newer version, or another program's; -EBADMSG: damaged, or no database;
 * -EKEYREJECTED: another master key; -EPERM: others may read it; ...
 *
 * @master: STORE_MASTER_LEN bytes, which are copied. @vfs: SQLite's name of what it does I/O
 * by; NULL: as it likes.
 */
int store_open(const struct crypto *crypto, const char *path, struct chunk master,
	       const char *vfs, struct store **store, struct reason *why);

#endif
