// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the netlink family refuses: with which errno, with words, about which
 * attribute, and that nothing has changed by it.
 */
#include "kselftest_harness.h"
#include "nl_request.h"

struct refusal {
	const char *what;
	uint8_t cmd;
	int err;
	int attr;			/* the offending one */
	bool missing;			/* it is not there */
	const char *text;		/* part of the message */
	struct at set[8];		/* what differs from the base */
};

#define BAD(cmd, err, attr, text, what, ...)				\
	{ what, cmd, err, attr, false, text, { __VA_ARGS__ } }
#define MISS(cmd, attr, text, what, ...)				\
	{ what, cmd, EINVAL, attr, true, text, { __VA_ARGS__ } }

#define A(name)		GEMCAST_A_GROUP_##name
#define GROUP(attr, text, what, ...)					\
	BAD(GEMCAST_CMD_GROUP_NEW, EINVAL, attr, text, what, __VA_ARGS__)
static const struct refusal group_refusals[] = {
	MISS(GEMCAST_CMD_GROUP_NEW, A(ID), "id", "no id", NONE(A(ID))),
	GROUP(A(ID), "0", "id 0", U32(A(ID), 0)),
	BAD(GEMCAST_CMD_GROUP_NEW, ERANGE, A(ENCAP), "range", "encap 2",
	    U32(A(ENCAP), 2)),
	GROUP(A(PORT), "encap udp", "a port without encap", NONE(A(ENCAP))),
	GROUP(A(PORT), "encap udp", "a port with encap none",
	      U32(A(ENCAP), GEMCAST_ENCAP_NONE)),
	GROUP(A(PORT), "port", "port 0", U16(A(PORT), 0)),
	BAD(GEMCAST_CMD_GROUP_NEW, ERANGE, A(PARALLEL), "range", "parallel 2",
	    U32(A(PARALLEL), 2)),
	BAD(GEMCAST_CMD_GROUP_NEW, EEXIST, A(ID), "exists", "a group that is there",
	    U32(A(ID), 7)),
	MISS(GEMCAST_CMD_GROUP_DEL, A(ID), "id", "delete which?"),
	BAD(GEMCAST_CMD_GROUP_DEL, ERANGE, A(ID), "range", "delete 0", U32(A(ID), 0)),
	BAD(GEMCAST_CMD_GROUP_DEL, ENOENT, A(ID), "no such", "delete none",
	    U32(A(ID), 99)),
	BAD(GEMCAST_CMD_GROUP_DEL, EBUSY, A(ID), "in use", "delete one in use",
	    U32(A(ID), 7)),
	BAD(GEMCAST_CMD_GROUP_DEL, EINVAL, A(ENCAP), "", "delete by encap",
	    U32(A(ID), 7), U32(A(ENCAP), 0)),
	MISS(GEMCAST_CMD_GROUP_GET, A(ID), "id", "get which?"),
	BAD(GEMCAST_CMD_GROUP_GET, ENOENT, A(ID), "no such", "get none",
	    U32(A(ID), 99)),
	BAD(GEMCAST_CMD_GROUP_FLUSH, ERANGE, A(ID), "range", "flush 0",
	    U32(A(ID), 0)),
};
#undef A

#define A(name)		GEMCAST_A_POLICY_##name
#define POLICY(attr, text, what, ...)					\
	BAD(GEMCAST_CMD_POLICY_NEW, EINVAL, attr, text, what, __VA_ARGS__)
#define POLICY_MISS(attr, text, what, ...)				\
	MISS(GEMCAST_CMD_POLICY_NEW, attr, text, what, __VA_ARGS__)
#define POLICY_RANGE(attr, value)					\
	BAD(GEMCAST_CMD_POLICY_NEW, ERANGE, A(attr), "range",		\
	    #attr " " #value, U32(A(attr), value))
#define PLAIN	NONE(A(GROUP)), NONE(A(NO_SA)), NONE(A(DF)),		\
		U32(A(ACTION), GEMCAST_ACTION_BYPASS)
#define TRANSPORT	U32(A(MODE), GEMCAST_MODE_TRANSPORT)
#define KEEP(which)	U32(A(PRESERVE), GEMCAST_PRESERVE_##which)
static const struct refusal policy_refusals[] = {
	POLICY_MISS(A(DST), "multicast", "no dst", NONE(A(DST)), NONE(A(DST_LEN))),
	POLICY(A(DST_LEN), "without its address", "dst_len alone", NONE(A(DST))),
	POLICY(A(SRC_LEN), "without its address", "src_len alone", NONE(A(SRC))),
	POLICY(A(DST), "4 bytes", "a dst of 5 bytes", BIN(A(DST), "\xef\1\1\1\1")),
	POLICY(A(DST), "4 bytes", "a dst of no bytes", BIN(A(DST), "")),
	POLICY(A(SRC), "4 bytes", "a src of 8 bytes", BIN(A(SRC), "\n\1\1\1\1\1\1\1")),
	POLICY(A(DST), "mapped", "a mapped dst", BIN(A(DST), MAPPED),
	       U8(A(DST_LEN), 128)),
	POLICY(A(DST_LEN), "nor one host", "a unicast prefix as dst",
	       BIN(A(DST), "\xc0\x00\x02\x00"), U8(A(DST_LEN), 31)),
	POLICY(A(DST), "address of a host", "dst 255.255.255.255",
	       BIN(A(DST), "\xff\xff\xff\xff")),
	POLICY(A(DST), "address of a host", "dst ::", NONE(A(SRC)), NONE(A(SRC_LEN)),
	       BIN(A(DST), "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	       U8(A(DST_LEN), 128)),
	POLICY(A(DST_LEN), "nor one host", "dst 0/0", BIN(A(DST), "\0\0\0\0"),
	       U8(A(DST_LEN), 0)),
	POLICY(A(DST_LEN), "wider", "dst 224.0.0.0/3", BIN(A(DST), "\xe0\0\0\0"),
	       U8(A(DST_LEN), 3)),
	POLICY(A(DST_LEN), "nor one host", "dst fe00::/7", NONE(A(SRC)), NONE(A(SRC_LEN)),
	       BIN(A(DST), "\xfe\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	       U8(A(DST_LEN), 7)),
	POLICY(A(DST), "beyond", "host bits in dst", U8(A(DST_LEN), 24)),
	POLICY(A(SRC), "beyond", "host bits in src", U8(A(SRC_LEN), 16),
	       BIN(A(SRC), "\xc0\x00\x02\x00")),
	POLICY(A(DST_LEN), "above 32", "dst/33", U8(A(DST_LEN), 33)),
	POLICY(A(SRC_LEN), "above 32", "src/33", U8(A(SRC_LEN), 33)),
	POLICY(A(DST_LEN), "128", "dst/129", BIN(A(DST), V6_MCAST), U8(A(DST_LEN), 129)),
	POLICY(A(SRC), "multicast", "a multicast src", BIN(A(SRC), "\xe0\0\0\0"),
	       U8(A(SRC_LEN), 4)),
	POLICY(A(SRC), "families", "src of another family", BIN(A(SRC), V6_HOST),
	       U8(A(SRC_LEN), 128)),
	POLICY_MISS(A(PROTO), "proto", "ports without proto", NONE(A(PROTO))),
	POLICY(A(SPORT_MIN), "no ports", "ports of igmp", U8(A(PROTO), 2)),
	POLICY(A(DPORT_MIN), "no ports", "dport of icmp", U8(A(PROTO), 1),
	       NONE(A(SPORT_MIN)), NONE(A(SPORT_MAX))),
	POLICY(A(DPORT_MIN), "below its beginning", "dport 6000-5001",
	       U16(A(DPORT_MIN), 6000)),
	POLICY(A(SPORT_MIN), "below its beginning", "sport 6000-5001",
	       U16(A(SPORT_MIN), 6000), U16(A(SPORT_MAX), 5001)),
	POLICY_MISS(A(DPORT_MAX), "upper", "half a dport", NONE(A(DPORT_MAX))),
	POLICY_MISS(A(DPORT_MIN), "lower", "the other half", NONE(A(DPORT_MIN))),
	POLICY_MISS(A(SPORT_MAX), "upper", "half a sport", NONE(A(SPORT_MAX))),
	POLICY_MISS(A(SPORT_MIN), "lower", "its other half", NONE(A(SPORT_MIN))),
	POLICY(A(DEV), "interface", "a dev of 16 characters",
	       STR(A(DEV), "0123456789abcdef")),
	POLICY(A(DEV), "interface", "a dev with a slash", STR(A(DEV), "a/b")),
	POLICY(A(DEV), "interface", "an empty dev", STR(A(DEV), "")),
	POLICY(A(DEV), "interface", "a dev with more behind it", BIN(A(DEV), "lo\0x\0")),
	POLICY(A(DEV), "", "a dev without its end", BIN(A(DEV), "lo")),
	BAD(GEMCAST_CMD_POLICY_NEW, ENODEV, A(DEV), "", "a dev that is not there",
	    STR(A(DEV), "nodev0")),
	POLICY_RANGE(DIR, 3),
	POLICY_RANGE(ACTION, 3),
	POLICY_RANGE(MODE, 2),
	POLICY_RANGE(PRESERVE, 4),
	POLICY_RANGE(NO_SA, 2),
	POLICY_RANGE(DF, 3),
	POLICY_RANGE(REINJECT, 2),
	POLICY_MISS(A(GROUP), "group", "protect by no group", NONE(A(GROUP))),
	BAD(GEMCAST_CMD_POLICY_NEW, ENOENT, A(GROUP), "no such group",
	    "a group that is not there", U32(A(GROUP), 99)),
	BAD(GEMCAST_CMD_POLICY_NEW, ENOENT, A(GROUP), "no such group", "group 0",
	    U32(A(GROUP), 0)),
	POLICY(A(GROUP), "protect", "bypass with group", PLAIN, U32(A(GROUP), 7)),
	POLICY(A(MODE), "protect", "bypass with mode", PLAIN, TRANSPORT),
	POLICY(A(PRESERVE), "protect", "bypass with preserve", PLAIN, KEEP(BOTH)),
	POLICY(A(LOCAL), "protect", "bypass with local", PLAIN,
	       BIN(A(LOCAL), "\xc0\x00\x02\x01")),
	POLICY(A(REMOTE), "protect", "bypass with remote", PLAIN,
	       BIN(A(REMOTE), "\xef\1\1\1")),
	POLICY(A(NO_SA), "protect", "bypass with no-sa", PLAIN, U32(A(NO_SA), 1)),
	POLICY(A(DF), "protect", "bypass with df", PLAIN, U32(A(DF), 1)),
	POLICY(A(REINJECT), "protect", "bypass with reinject", PLAIN,
	       U32(A(REINJECT), 1)),
	POLICY(A(REINJECT_DEV), "protect", "bypass with a dev to reinject by", PLAIN,
	       STR(A(REINJECT_DEV), "lo")),
	POLICY(A(GROUP), "protect", "discard with group", PLAIN,
	       U32(A(ACTION), GEMCAST_ACTION_DISCARD), U32(A(GROUP), 7)),
	POLICY(A(PRESERVE), "transport", "transport with preserve", TRANSPORT,
	       KEEP(BOTH)),
	POLICY(A(LOCAL), "transport", "transport with local", TRANSPORT,
	       BIN(A(LOCAL), "\xc0\x00\x02\x01")),
	POLICY(A(REMOTE), "transport", "transport with remote", TRANSPORT,
	       BIN(A(REMOTE), "\xef\1\1\1")),
	POLICY(A(LOCAL), "preserve", "local, the source preserved",
	       BIN(A(LOCAL), "\xc0\x00\x02\x01")),
	POLICY(A(REMOTE), "preserve", "remote, the destination preserved",
	       BIN(A(REMOTE), "\xef\1\1\1")),
	POLICY_MISS(A(REMOTE), "remote", "no remote, preserve none", KEEP(NONE)),
	POLICY_MISS(A(REMOTE), "remote", "no remote, preserve src", KEEP(SRC)),
	POLICY(A(REMOTE), "not the address", "remote 0.0.0.0", KEEP(SRC),
	       BIN(A(REMOTE), "\0\0\0\0")),
	POLICY(A(REMOTE), "families", "an IPv6 remote", KEEP(SRC),
	       BIN(A(REMOTE), V6_MCAST)),
	POLICY(A(REMOTE), "not the address", "remote ::", KEEP(SRC),
	       BIN(A(REMOTE), V6_ANY)),
	POLICY(A(LOCAL), "families", "an IPv6 local", KEEP(DST),
	       BIN(A(LOCAL), V6_HOST)),
	POLICY(A(LOCAL), "multicast", "a multicast local", KEEP(DST),
	       BIN(A(LOCAL), "\xef\1\1\1")),
	POLICY(A(LOCAL), "not the address", "local 255.255.255.255", KEEP(DST),
	       BIN(A(LOCAL), "\xff\xff\xff\xff")),
	POLICY(A(LOCAL), "4 bytes", "a local of 3 bytes", KEEP(DST),
	       BIN(A(LOCAL), "\xc0\0\2")),
	POLICY(A(REMOTE), "4 bytes", "a remote of 17 bytes", KEEP(SRC),
	       BIN(A(REMOTE), V6_MCAST "x")),
	POLICY(A(REINJECT), "receives nothing", "reinject and dir send",
	       U32(A(GROUP), 8), U32(A(DIR), GEMCAST_POLICY_DIR_SEND),
	       U32(A(REINJECT), 1), STR(A(REINJECT_DEV), "lo")),
	POLICY_MISS(A(REINJECT_DEV), "interface", "reinject by nothing",
		    U32(A(GROUP), 8), U32(A(REINJECT), 1)),
	POLICY_MISS(A(REINJECT), "how", "reinject, but how?", U32(A(GROUP), 8),
		    STR(A(REINJECT_DEV), "lo")),
	BAD(GEMCAST_CMD_POLICY_NEW, ENODEV, A(REINJECT_DEV), "",
	    "reinject by a dev that is not there", U32(A(GROUP), 8),
	    U32(A(REINJECT), 1), STR(A(REINJECT_DEV), "nodev0")),
	POLICY(A(DST), "", "reinject in a native group", U32(A(REINJECT), 1),
	       STR(A(REINJECT_DEV), "lo")),
	POLICY(A(DST), "", "transport in a udp group", TRANSPORT, U32(A(GROUP), 8)),
	BAD(GEMCAST_CMD_POLICY_NEW, EEXIST, A(DST), "exists", "a policy that is there",
	    BIN(A(DST), "\xef\1\1\1")),
	POLICY(A(INDEX), "replies", "an index", U32(A(INDEX), 1)),
	POLICY(A(OUT_PACKETS), "replies", "a counter", U64(A(OUT_PACKETS), 1)),
	MISS(GEMCAST_CMD_POLICY_DEL, A(INDEX), "which policy", "delete which?"),
	MISS(GEMCAST_CMD_POLICY_GET, A(INDEX), "which policy", "get which?"),
	BAD(GEMCAST_CMD_POLICY_DEL, ENOENT, A(INDEX), "no such", "delete none",
	    U32(A(INDEX), 99)),
	BAD(GEMCAST_CMD_POLICY_GET, ENOENT, A(INDEX), "no such", "get none",
	    U32(A(INDEX), 99)),
	BAD(GEMCAST_CMD_POLICY_GET, ERANGE, A(GROUP), "range", "get group 0",
	    U32(A(GROUP), 0)),
	BAD(GEMCAST_CMD_POLICY_DEL, EINVAL, A(DST), "beyond", "delete, host bits",
	    BIN(A(DST), "\xef\1\1\1"), U8(A(DST_LEN), 8)),
	MISS(GEMCAST_CMD_POLICY_FLUSH, A(SPORT_MAX), "upper", "flush half a range",
	     U16(A(SPORT_MIN), 1)),
	BAD(GEMCAST_CMD_POLICY_FLUSH, EINVAL, A(MODE), "", "flush by mode", TRANSPORT),
};
#undef A

#define A(name)		GEMCAST_A_SA_##name
#define SA(attr, text, what, ...)					\
	BAD(GEMCAST_CMD_SA_NEW, EINVAL, attr, text, what, __VA_ARGS__)
#define SA_MISS(attr, text, what, ...)					\
	MISS(GEMCAST_CMD_SA_NEW, attr, text, what, __VA_ARGS__)
#define SA_OUT_ONLY(attr)						\
	SA(A(attr), "replies", #attr " in a request", U64(A(attr), 1))
#define IN	U32(A(DIR), GEMCAST_SA_DIR_IN)
#define OUT	U32(A(DIR), GEMCAST_SA_DIR_OUT)
#define YEARS	(101ULL * 366 * 86400)
static const struct refusal sa_refusals[] = {
	SA_MISS(A(GROUP), "group", "no group", NONE(A(GROUP))),
	SA_MISS(A(SPI), "SPI", "no SPI", NONE(A(SPI))),
	SA_MISS(A(DIR), "dir", "no dir", NONE(A(DIR))),
	SA_MISS(A(AEAD), AEAD, "no aead", NONE(A(AEAD))),
	SA_MISS(A(KEY), "key", "no key", NONE(A(KEY))),
	BAD(GEMCAST_CMD_SA_NEW, ENOENT, A(GROUP), "no such group", "group 99",
	    U32(A(GROUP), 99)),
	BAD(GEMCAST_CMD_SA_NEW, ENOENT, A(GROUP), "no such group", "group 0",
	    U32(A(GROUP), 0)),
	SA(A(SPI), "reserved", "SPI 0", U32(A(SPI), 0)),
	SA(A(SPI), "256", "SPI 255", U32(A(SPI), 255)),
	BAD(GEMCAST_CMD_SA_NEW, ERANGE, A(DIR), "range", "dir 3", U32(A(DIR), 3)),
	SA(A(DST), "4 bytes", "a dst of 3 bytes", BIN(A(DST), "\xef\1\1")),
	SA(A(SRC), "4 bytes", "a src of 15 bytes", BIN(A(SRC), "0123456789abcde")),
	SA(A(DST), "not the address", "dst 0.0.0.0", BIN(A(DST), "\0\0\0\0")),
	SA(A(DST), "not the address", "dst ::", BIN(A(DST), V6_ANY)),
	SA(A(SRC), "multicast", "a multicast src", BIN(A(SRC), "\xef\1\1\1")),
	SA(A(SRC), "not the address", "src 0.0.0.0", BIN(A(SRC), "\0\0\0\0")),
	SA(A(SRC), "families", "src of another family", BIN(A(SRC), V6_HOST)),
	SA(A(SRC), "dst", "src without dst", NONE(A(DST)),
	   BIN(A(SRC), "\xc0\x00\x02\x01")),
	SA(A(SPI), "dst", "no dst in a native group", NONE(A(DST))),
	SA(A(AEAD), AEAD, "another aead", STR(A(AEAD), "rfc4309(ccm(aes))")),
	SA(A(AEAD), AEAD, "part of its name", STR(A(AEAD), "rfc4106(gcm(aes)")),
	SA(A(AEAD), AEAD, "more than its name", STR(A(AEAD), AEAD ")")),
	SA(A(AEAD), AEAD, "an empty aead", STR(A(AEAD), "")),
	SA(A(AEAD), "", "an aead without its end", BIN(A(AEAD), AEAD)),
	BAD(GEMCAST_CMD_SA_NEW, EINVAL, A(AEAD), "", "an aead of 64 characters",
	    STR(A(AEAD), "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")),
	SA(A(KEY), "16 or 32", "a key of 24 bytes", BIN(A(KEY), KEY24)),
	SA(A(KEY), "16 or 32", "a key without salt", BIN(A(KEY), SECRET "01234567")),
	SA(A(KEY), "16 or 32", "a byte too many", BIN(A(KEY), KEY32 "x")),
	SA(A(KEY), "16 or 32", "a byte too few", BIN(A(KEY), SECRET "01234567" "sal")),
	SA(A(KEY), "16 or 32", "an empty key", BIN(A(KEY), "")),
	SA(A(ICV), "8, 12 or 16", "icv 0", U32(A(ICV), 0)),
	SA(A(ICV), "8, 12 or 16", "icv 10", U32(A(ICV), 10)),
	SA(A(ICV), "8, 12 or 16", "icv 20", U32(A(ICV), 20)),
	SA(A(ICV), "8, 12 or 16", "icv 256 + 16", U32(A(ICV), 272)),
	SA(A(ICV), "16", "AES-GMAC and icv 12", STR(A(AEAD), GMAC), U32(A(ICV), 12)),
	SA(A(ICV), "16", "AES-GMAC and icv 8", STR(A(AEAD), GMAC), U32(A(ICV), 8)),
	SA(A(AEAD), GMAC, "yet another aead", STR(A(AEAD), "rfc4543(gcm(aes)")),
	BAD(GEMCAST_CMD_SA_NEW, EEXIST, A(SPI), "key", "a key that AES-GCM used for AES-GMAC",
	    STR(A(AEAD), GMAC), U32(A(ICV), 16),
	    BIN(A(KEY), SECRET "usedused" "salt"), U32(A(SID), 1)),
	SA_MISS(A(SID_BITS), "8, 12 or 16", "a SID without bits", NONE(A(SID_BITS))),
	SA(A(SID_BITS), "8, 12 or 16", "sid-bits 0", U32(A(SID_BITS), 0)),
	SA(A(SID_BITS), "8, 12 or 16", "sid-bits 10", U32(A(SID_BITS), 10)),
	SA(A(SID_BITS), "8, 12 or 16", "sid-bits 256 + 8", U32(A(SID_BITS), 264)),
	SA(A(SID), "does not fit", "SID 256 in 8 bits", U32(A(SID), 256)),
	SA(A(SID), "does not fit", "SID 4096 in 12 bits", U32(A(SID), 4096),
	   U32(A(SID_BITS), 12)),
	SA(A(SID), "does not fit", "SID 65536 in 16 bits", U32(A(SID), 65536),
	   U32(A(SID_BITS), 16)),
	SA(A(SID), "sends", "a SID of a receiver", IN),
	SA_MISS(A(SID), "its own", "a sender without a SID", NONE(A(SID))),
	SA_MISS(A(SID), "its own", "one that sends only", NONE(A(SID)), OUT),
	BAD(GEMCAST_CMD_SA_NEW, ERANGE, A(REPLAY), "range", "replay 4",
	    U32(A(REPLAY), 4)),
	SA_MISS(A(SID_BITS), "replay sid", "replay sid without sid-bits", IN,
		NONE(A(SID)), NONE(A(SID_BITS))),
	SA(A(WINDOW), "no window", "a window without replay", U32(A(REPLAY), 0)),
	SA(A(WINDOW), "multiple of 64", "window 0", U32(A(WINDOW), 0)),
	SA(A(WINDOW), "multiple of 64", "window 32", U32(A(WINDOW), 32)),
	SA(A(WINDOW), "multiple of 64", "window 100", U32(A(WINDOW), 100)),
	SA(A(WINDOW), "4096", "window 4160", U32(A(WINDOW), 4160)),
	SA(A(MAX_SENDERS), "source and sid", "senders of replay sa",
	   U32(A(REPLAY), GEMCAST_REPLAY_SA), U32(A(MAX_SENDERS), 16)),
	SA(A(MAX_SENDERS), "1 to 65536", "senders 0",
	   U32(A(REPLAY), GEMCAST_REPLAY_SOURCE), U32(A(MAX_SENDERS), 0)),
	SA(A(MAX_SENDERS), "1 to 65536", "senders 65537",
	   U32(A(REPLAY), GEMCAST_REPLAY_SOURCE), U32(A(MAX_SENDERS), 65537)),
	SA(A(DEACTIVATE), "earlier", "activate after deactivate",
	   U64(A(ACTIVATE), 2000), U64(A(DEACTIVATE), 1999)),
	SA(A(DEACTIVATE), "now", "deactivate 0", U64(A(DEACTIVATE), 0)),
	SA(A(ACTIVATE), "years", "activate in 101 years",
	   U64(A(ACTIVATE), YEARS * 1000)),
	SA(A(DEACTIVATE), "years", "deactivate at the end of time",
	   U64(A(DEACTIVATE), UINT64_MAX)),
	SA(A(HARD_PACKETS), "0", "no packets", U64(A(HARD_PACKETS), 0)),
	SA(A(SOFT_PACKETS), "0", "no packets, softly", U64(A(SOFT_PACKETS), 0)),
	SA(A(HARD_BYTES), "0", "no bytes", U64(A(HARD_BYTES), 0)),
	SA(A(SOFT_BYTES), "0", "no bytes, softly", U64(A(SOFT_BYTES), 0)),
	SA(A(HARD_SECONDS), "0", "no seconds", U64(A(HARD_SECONDS), 0)),
	SA(A(SOFT_SECONDS), "0", "no seconds, softly", U64(A(SOFT_SECONDS), 0)),
	SA(A(SOFT_PACKETS), "above", "soft packets above hard ones",
	   U64(A(SOFT_PACKETS), 1000001)),
	SA(A(SOFT_BYTES), "above", "soft bytes above hard ones",
	   U64(A(SOFT_BYTES), 11), U64(A(HARD_BYTES), 10)),
	SA(A(SOFT_SECONDS), "above", "soft seconds above hard ones",
	   U64(A(SOFT_SECONDS), 11), U64(A(HARD_SECONDS), 10)),
	SA(A(HARD_SECONDS), "years", "101 years", U64(A(HARD_SECONDS), YEARS)),
	SA(A(SOFT_SECONDS), "years", "101 years, softly", U64(A(SOFT_SECONDS), YEARS)),
	BAD(GEMCAST_CMD_SA_NEW, EEXIST, A(SPI), "exists", "an SA that is there",
	    U32(A(SPI), 0x1000), BIN(A(DST), "\xef\1\1\1")),
	BAD(GEMCAST_CMD_SA_NEW, EEXIST, A(SPI), "key", "a key that was used",
	    BIN(A(KEY), SECRET "usedused" "salt"), U32(A(SID), 1)),
	SA_OUT_ONLY(KEY_BITS), SA_OUT_ONLY(STATE), SA_OUT_ONLY(DRIVER),
	SA_OUT_ONLY(SEQ), SA_OUT_ONLY(AGE), SA_OUT_ONLY(SENDERS), SA_OUT_ONLY(IDLE),
	SA_OUT_ONLY(OUT_PACKETS), SA_OUT_ONLY(OUT_BYTES), SA_OUT_ONLY(IN_PACKETS),
	SA_OUT_ONLY(IN_BYTES), SA_OUT_ONLY(IN_REPLAYS), SA_OUT_ONLY(IN_BAD_ICV),
	MISS(GEMCAST_CMD_SA_SET, A(DEACTIVATE), "set what", "set what?",
	     U32(A(SPI), 0x1000)),
	MISS(GEMCAST_CMD_SA_SET, A(SPI), "which SA", "set which?", U64(A(DEACTIVATE), 1)),
	BAD(GEMCAST_CMD_SA_SET, ENOENT, A(SPI), "no such", "set none",
	    U32(A(SPI), 0x9999), U64(A(DEACTIVATE), 1)),
	BAD(GEMCAST_CMD_SA_SET, EINVAL, A(DEACTIVATE), "now", "set deactivate 0",
	    U32(A(SPI), 0x1000), U64(A(DEACTIVATE), 0)),
	BAD(GEMCAST_CMD_SA_SET, EINVAL, A(DEACTIVATE), "years", "set deactivate in 101 years",
	    U32(A(SPI), 0x1000), U64(A(DEACTIVATE), 1000 * YEARS)),
	BAD(GEMCAST_CMD_SA_SET, EINVAL, A(KEY), "key", "set a key",
	    U32(A(SPI), 0x1000), U64(A(DEACTIVATE), 1), BIN(A(KEY), KEY32)),
	BAD(GEMCAST_CMD_SA_SET, EINVAL, A(ACTIVATE), "", "set activate",
	    U32(A(SPI), 0x1000), U64(A(DEACTIVATE), 1), U64(A(ACTIVATE), 1)),
	MISS(GEMCAST_CMD_SA_DEL, A(SPI), "which SA", "delete which?"),
	MISS(GEMCAST_CMD_SA_GET, A(SPI), "which SA", "get which?"),
	BAD(GEMCAST_CMD_SA_DEL, ENOENT, A(SPI), "no such", "delete none",
	    U32(A(SPI), 0x9999)),
	BAD(GEMCAST_CMD_SA_GET, ENOENT, A(SPI), "no such", "get none",
	    U32(A(SPI), 0x9999)),
	BAD(GEMCAST_CMD_SA_GET, ERANGE, A(SPI), "range", "get SPI 1", U32(A(SPI), 1)),
	BAD(GEMCAST_CMD_SA_GET, EINVAL, A(KEY), "key", "get by key",
	    U32(A(SPI), 0x1000), BIN(A(KEY), KEY32)),
	BAD(GEMCAST_CMD_SA_DEL, EINVAL, A(KEY), "key", "delete by key",
	    U32(A(SPI), 0x1000), BIN(A(KEY), KEY32)),
	BAD(GEMCAST_CMD_SA_FLUSH, EINVAL, A(KEY), "key", "flush by key",
	    BIN(A(KEY), KEY32)),
	BAD(GEMCAST_CMD_SA_FLUSH, EINVAL, A(DIR), "", "flush by dir", IN),
};
#undef A

#define A(name)		GEMCAST_A_PEER_##name
#define PEER(attr, text, what, ...)					\
	BAD(GEMCAST_CMD_PEER_NEW, EINVAL, attr, text, what, __VA_ARGS__)
static const struct refusal peer_refusals[] = {
	MISS(GEMCAST_CMD_PEER_NEW, A(GROUP), "group", "no group", NONE(A(GROUP))),
	MISS(GEMCAST_CMD_PEER_NEW, A(ADDR), "address", "no address", NONE(A(ADDR))),
	BAD(GEMCAST_CMD_PEER_NEW, ENOENT, A(GROUP), "no such group", "group 99",
	    U32(A(GROUP), 99)),
	PEER(A(ADDR), "udp", "a peer of a native group", U32(A(GROUP), 7)),
	PEER(A(ADDR), "4 bytes", "an address of 6 bytes", BIN(A(ADDR), "\1\2\3\4\5\6")),
	PEER(A(ADDR), "multicast", "a multicast peer", BIN(A(ADDR), "\xef\1\1\1")),
	PEER(A(ADDR), "multicast", "a multicast IPv6 peer", BIN(A(ADDR), V6_MCAST)),
	PEER(A(ADDR), "not the address", "peer 0.0.0.0", BIN(A(ADDR), "\0\0\0\0")),
	PEER(A(ADDR), "not the address", "peer ::", BIN(A(ADDR), V6_ANY)),
	PEER(A(ADDR), "not the address", "a broadcast peer",
	     BIN(A(ADDR), "\xff\xff\xff\xff")),
	PEER(A(PORT), "port", "port 0", U16(A(PORT), 0)),
	PEER(A(DEV), "interface", "a dev with a colon", STR(A(DEV), "a:b")),
	BAD(GEMCAST_CMD_PEER_NEW, ENODEV, A(DEV), "", "a dev that is not there",
	    STR(A(DEV), "nodev0")),
	PEER(A(OUT_BYTES), "replies", "a counter", U64(A(OUT_BYTES), 1)),
	BAD(GEMCAST_CMD_PEER_NEW, EEXIST, A(ADDR), "exists", "a peer that is there",
	    BIN(A(ADDR), "\xc6\x33\x64\x01")),
	MISS(GEMCAST_CMD_PEER_DEL, A(GROUP), "group", "delete of no group",
	     BIN(A(ADDR), "\xc6\x33\x64\x01")),
	MISS(GEMCAST_CMD_PEER_DEL, A(ADDR), "address", "delete which?",
	     U32(A(GROUP), 8)),
	BAD(GEMCAST_CMD_PEER_DEL, ENOENT, A(ADDR), "no such", "delete none",
	    U32(A(GROUP), 8), BIN(A(ADDR), "\xc6\x33\x64\x09")),
	BAD(GEMCAST_CMD_PEER_DEL, ENOENT, A(ADDR), "no such", "delete by another dev",
	    U32(A(GROUP), 8), BIN(A(ADDR), "\xc6\x33\x64\x01"), STR(A(DEV), "eth7")),
	MISS(GEMCAST_CMD_PEER_GET, A(ADDR), "address", "get which?", U32(A(GROUP), 8)),
	BAD(GEMCAST_CMD_PEER_GET, ENOENT, A(GROUP), "no such", "get of no group",
	    U32(A(GROUP), 99), BIN(A(ADDR), "\xc6\x33\x64\x01")),
	BAD(GEMCAST_CMD_PEER_GET, ERANGE, A(PORT), "range", "get port 0",
	    U32(A(GROUP), 8), BIN(A(ADDR), "\xc6\x33\x64\x01"), U16(A(PORT), 0)),
};
#undef A

/* Is the answer the one that @r expects? Says what is wrong if not. */
static int judge(const struct refusal *r, const struct msg *m,
		 const struct nlattr *nest, const struct answer *a)
{
	int nest_offset = (char *)nest - (char *)m;
	const struct nlattr *bad;
	const char *wrong = NULL;

	bad = a->offset >= 0 ? NLA_AT(m, a->offset) : NULL;
	if (a->err != r->err)
		wrong = "errno";
	else if (!*a->text || !strstr(a->text, r->text))
		wrong = "message";
	else if (r->missing && (a->miss_type != r->attr ||
				a->miss_nest != nest_offset))
		wrong = "missing attribute";
	else if (!r->missing && (!bad || bad <= nest || nla_type(bad) != r->attr))
		wrong = "offending attribute";
	if (!wrong)
		return 0;
	printf("# %s: %s: wrong %s: %d (%s), \"%s\", attribute %d, missing %d\n",
	       commands[r->cmd].name, r->what, wrong, a->err, strerror(a->err),
	       a->text, bad ? nla_type(bad) : -1, a->miss_type);
	return 1;
}

static int refuse_all(struct nl *nl, const struct refusal *refusals, int n)
{
	static struct world before, after;
	struct nlattr *nest;
	struct answer a;
	struct msg m;
	int i, wrong = 0;

	if (world_read(nl, &before))
		return -1;
	for (i = 0; i < n; i++) {
		nest = request(&m, refusals[i].cmd, new_flags(refusals[i].cmd),
			       refusals[i].set, 8);
		nl_do(nl, &m, &a);
		wrong += judge(&refusals[i], &m, nest, &a);
		if (world_read(nl, &after))
			return -1;
		if (after.len != before.len ||
		    memcmp(after.buf, before.buf, before.len)) {
			printf("# %s: %s: something has changed\n",
			       commands[refusals[i].cmd].name, refusals[i].what);
			return -1;
		}
	}
	printf("# %d refusals, %d of them wrong\n", n, wrong);
	return wrong;
}

#define REFUSE_ALL(nl, r)	refuse_all(nl, r, sizeof(r) / sizeof(*(r)))

FIXTURE(refusals)
{
	struct nl nl;
};

FIXTURE_SETUP(refusals)
{
	ASSERT_EQ(0, world_make(&self->nl));
}

FIXTURE_TEARDOWN(refusals)
{
	EXPECT_EQ(0, nl_secrets) TH_LOG("keys came back");
	EXPECT_LT(0UL, nl_bytes);
	close(self->nl.fd);
}

TEST_F(refusals, group)
{
	EXPECT_EQ(0, REFUSE_ALL(&self->nl, group_refusals));
}

TEST_F(refusals, policy)
{
	EXPECT_EQ(0, REFUSE_ALL(&self->nl, policy_refusals));
}

TEST_F(refusals, sa)
{
	ASSERT_EQ(0, make_sa(&self->nl, "usedused"));
	EXPECT_EQ(0, REFUSE_ALL(&self->nl, sa_refusals));
}

TEST_F(refusals, peer)
{
	EXPECT_EQ(0, REFUSE_ALL(&self->nl, peer_refusals));
}

int main(int argc, char **argv)
{
	setlinebuf(stdout);
	if (module_load())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
