// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of options. What the help text says is printed as it is: one paragraph,
 * with the option's key in mind.
 */
#include "conf/conf.h"
#include "conf/options.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define MEMBER(type, member)	.offset = offsetof(struct type, member),		\
				.size = sizeof(((struct type *)0)->member)
#define LIST(type, member)	.list = true, .offset = offsetof(struct type, member),	\
				.size = sizeof(*((struct type *)0)->member),		\
				.count = offsetof(struct type, member##_count)

#define SECONDS(n)		((n) * UINT64_C(1000))
#define MINUTES(n)		SECONDS((n) * UINT64_C(60))
#define HOURS(n)		MINUTES((n) * UINT64_C(60))
#define DAYS(n)			HOURS((n) * UINT64_C(24))

#define SECTION(type, table)	{ sizeof(struct type), table, ARRAY_SIZE(table) }

static const char * const target_words[] = { "auto", "journal", "stderr", NULL };
static const char * const crl_words[] = { "off", "if-present", "strict", NULL };
static const char * const role_words[] = { "receiver", "sender", "both", NULL };
static const char * const mode_words[] = { "tunnel", "transport", NULL };
static const char * const senders_words[] = { "one", "many", NULL };
static const char * const transport_words[] = { "unicast", "multicast", "both", NULL };
static const char * const auth_words[] = { "ed25519", "ecdsa-p256", "ecdsa-p384", "implicit",
					   NULL };
static const char * const acknowledge_words[] = { "none", "sampled", "all", NULL };
static const char * const register_words[] = { "start", "demand", "command", NULL };
static const char * const no_sa_words[] = { "discard", "bypass", NULL };
static const char * const lost_words[] = { "close", "go-on", NULL };
static const char * const replay_words[] = { "auto", "none", "sa", "source", "sid", NULL };

#define LEVEL(name, area_name, what)							\
	{ name, KIND_WORD, MEMBER(conf_log, areas[area_name]), .words = log_level_names,	\
	  .min = LEVEL_ERROR, .sample = "notice",					\
	  .help = "The level of what is about " what ". The default is level's." }

static const struct conf_option log_options[] = {
	{ "target", KIND_WORD, MEMBER(conf_log, target), .words = target_words,
	  .preset = "auto",
	  .help = "Where the log goes: to the journal, or to standard error. auto is the journal if standard error leads there, as it does under systemd." },
	{ "level", KIND_WORD, MEMBER(conf_log, level), .words = log_level_names,
	  .min = LEVEL_ERROR, .preset = "notice",
	  .help = "What is logged of the areas that are not named below: this level and those before it in the list." },
	LEVEL("ike", AREA_IKE, "IKE SAs and their messages"),
	LEVEL("group", AREA_GROUP, "groups, their members and their keys"),
	LEVEL("kernel", AREA_KERNEL, "what the kernel is told and tells"),
	LEVEL("control", AREA_CONTROL, "the control socket"),
	LEVEL("conf", AREA_CONF, "the configuration, starting and stopping"),
	LEVEL("store", AREA_STORE, "the key server's store"),
	LEVEL("net", AREA_NET, "UDP"),
};

static const struct conf_section log_section = SECTION(conf_log, log_options);

static const struct conf_option control_options[] = {
	{ "socket", KIND_PATH, MEMBER(conf_control, socket),
	  .preset = "/run/gemcast/miked.sock",
	  .help = "The control socket, which gemcast(8) talks to. A change needs a restart." },
	{ "group", KIND_NAME, MEMBER(conf_control, group), .sample = "gemcast",
	  .help = "The Unix group whose members may use the control socket. root and the user that miked runs as always may, others never." },
	{ "clients", KIND_NUMBER, MEMBER(conf_control, clients), .min = 2, .max = 1024,
	  .preset = "64",
	  .help = "So many may use the socket at one time; one more place is kept for root." },
	{ "clients-per-user", KIND_NUMBER, MEMBER(conf_control, clients_per_user), .min = 1,
	  .max = 1024, .preset = "16",
	  .help = "So many of one user; root is not counted." },
	{ "timeout", KIND_TIME, MEMBER(conf_control, timeout_ms), .min = 10, .max = HOURS(1),
	  .preset = "10 s",
	  .help = "Who leaves a message half sent or an answer unread for so long is dropped, and so is after six times that who says nothing." },
};

static const struct conf_section control_section = SECTION(conf_control, control_options);

static const struct conf_option local_options[] = {
	{ "addresses", KIND_ADDRESS, LIST(conf_local, addresses), .least = 1, .most = 64,
	  .preset = "0.0.0.0, ::", .sample = "0.0.0.0, \"::\"",
	  .help = "The addresses to receive at, and to send from." },
	{ "ports", KIND_NUMBER, LIST(conf_local, ports), .min = 1, .max = UINT16_MAX,
	  .least = 1, .most = 16,
	  .preset = "500, 848",
	  .help = "The UDP ports of IKE. 848 is G-IKEv2's other port, and leaves 500 to another key daemon." },
	{ "nat-port", KIND_NUMBER, MEMBER(conf_local, nat_port), .min = 0, .max = UINT16_MAX,
	  .preset = "4500",
	  .help = "The UDP port that messages move to if there is a NAT between (RFC 7296 2.23). 0: none, and no member behind a NAT can register. The kernel's groups with encap udp need another port." },
};

static const struct conf_section local_section = SECTION(conf_local, local_options);

static const struct conf_option ike_options[] = {
	{ "proposals", KIND_PROPOSAL, LIST(conf_ike, proposals), .least = 1, .most = 16,
	  .preset = "aes256gcm16-prfsha384-ecp384-x25519, aes128gcm16-prfsha256-ecp256-x25519",
	  .help = "What IKE SAs are protected by, the best first. Each names encryption (aes128gcm16, aes256gcm16, or aes128, aes256 with integrity sha256, sha384, sha512), PRF (prfsha256, prfsha384, prfsha512; the default is integrity's), key exchange (ecp256, ecp384, ecp521, x25519, modp2048, modp3072, modp4096) and key wrap (kw128, kw192, kw256; the default is kw256 and kw128)." },
	{ "lifetime", KIND_TIME, MEMBER(conf_ike, lifetime_ms), .min = MINUTES(1),
	  .max = DAYS(30), .preset = "8 h",
	  .help = "An IKE SA that lives so long gets new keys." },
	{ "retransmit", KIND_TIME, MEMBER(conf_ike, retransmit_first_ms), .min = 50,
	  .max = MINUTES(1), .preset = "500 ms",
	  .help = "A request without an answer is sent again after this time; each further time is twice the last." },
	{ "retransmit-limit", KIND_TIME, MEMBER(conf_ike, retransmit_limit_ms), .min = 50,
	  .max = HOURS(1), .preset = "30 s",
	  .help = "No longer time than this is between two of them." },
	{ "retransmissions", KIND_NUMBER, MEMBER(conf_ike, retransmissions), .min = 1,
	  .max = 50, .preset = "6",
	  .help = "After so many the peer counts as dead." },
	{ "dead-peer", KIND_TIME, MEMBER(conf_ike, dead_peer_ms), .max = DAYS(1),
	  .preset = "30 s",
	  .help = "A peer that was not heard for so long is asked if it is alive. 0: never." },
	{ "nat-keepalive", KIND_TIME, MEMBER(conf_ike, nat_keepalive_ms), .max = HOURS(1),
	  .preset = "20 s",
	  .help = "Behind a NAT a packet is sent at least so often, that the NAT may not forget. 0: never." },
	{ "fragment-size", KIND_NUMBER, MEMBER(conf_ike, fragment_size), .min = 576,
	  .max = 65535, .preset = "1280",
	  .help = "Longer IP packets than this, in bytes, are sent as IKE fragments (RFC 7383)." },
	{ "half-open", KIND_NUMBER, MEMBER(conf_ike, half_open), .min = 1, .max = 1000000,
	  .preset = "1000",
	  .help = "So many IKE SAs may be begun and not yet authenticated; further ones are refused." },
	{ "half-open-cookies", KIND_NUMBER, MEMBER(conf_ike, half_open_cookies), .max = 1000000,
	  .preset = "100",
	  .help = "From so many on, a peer has to show by a cookie that it receives at its address (RFC 7296 2.6). 0: always." },
	{ "half-open-timeout", KIND_TIME, MEMBER(conf_ike, half_open_ms), .min = SECONDS(1),
	  .max = MINUTES(10), .preset = "30 s",
	  .help = "An IKE SA that is not authenticated after so long is forgotten." },
};

static const struct conf_section ike_section = SECTION(conf_ike, ike_options);

static const struct conf_option credential_options[] = {
	{ "name", KIND_NAME, MEMBER(conf_credential, name), .needed = true, .sample = "here",
	  .help = "What this file calls it." },
	{ "identity", KIND_IDENTITY, MEMBER(conf_credential, identity), .needed = true,
	  .sample = "ks.example.org",
	  .help = "Who this host says it is." },
	{ "certificate", KIND_FILE, MEMBER(conf_credential, certificate),
	  .sample = "/etc/gemcast/ks.pem",
	  .help = "The certificate that proves it, in PEM, and behind it those of its issuers up to the one that peers trust. Without one, this host proves itself by pre-shared keys." },
	{ "key", KIND_SECRET, MEMBER(conf_credential, key), .sample = "credential:ks.key",
	  .help = "The certificate's private key, in PEM." },
};

static const struct conf_section credential_section =
	SECTION(conf_credential, credential_options);

static const struct conf_option trust_options[] = {
	{ "ca", KIND_FILE, LIST(conf_trust, ca), .most = 256, .sample = "/etc/gemcast/ca.pem",
	  .help = "Certificates, in PEM, whose issuers are believed." },
	{ "crl", KIND_FILE, LIST(conf_trust, crl), .most = 256, .sample = "/etc/gemcast/ca.crl",
	  .help = "Lists of revoked certificates, in PEM. They are read again by a reload." },
	{ "crl-check", KIND_WORD, MEMBER(conf_trust, crl_check), .words = crl_words,
	  .preset = "if-present",
	  .help = "strict: who has no valid list is not believed. if-present: without a list nothing is revoked. off: lists do not count." },
};

static const struct conf_section trust_section = SECTION(conf_trust, trust_options);

static const struct conf_option psk_options[] = {
	{ "peer", KIND_PATTERN, MEMBER(conf_psk, peer), .needed = true,
	  .sample = "gm1.example.org",
	  .help = "Whose key it is, or a pattern of identities: the first entry that covers the peer counts." },
	{ "file", KIND_SECRET, MEMBER(conf_psk, file), .needed = true,
	  .sample = "credential:gm1.psk",
	  .help = "The key: one line, hexadecimal behind 0x." },
};

static const struct conf_section psk_section = SECTION(conf_psk, psk_options);

static const struct conf_option ppk_options[] = {
	{ "id", KIND_NAME, MEMBER(conf_ppk, id), .needed = true, .sample = "ppk1",
	  .help = "The PPK_ID that the two ends know it by." },
	{ "peer", KIND_PATTERN, MEMBER(conf_ppk, peer), .needed = true,
	  .sample = "*.example.org",
	  .help = "Who has it: an identity or a pattern." },
	{ "file", KIND_SECRET, MEMBER(conf_ppk, file), .needed = true,
	  .sample = "credential:ppk1",
	  .help = "The key: one line, hexadecimal behind 0x, of 32 bytes or more." },
	{ "mandatory", KIND_BOOL, MEMBER(conf_ppk, mandatory), .preset = "yes",
	  .help = "Whether a peer that does not use it is refused." },
};

static const struct conf_section ppk_section = SECTION(conf_ppk, ppk_options);

static const struct conf_option selector_options[] = {
	{ "destination", KIND_PREFIX, MEMBER(conf_selector, destination), .needed = true,
	  .sample = "239.1.1.1",
	  .help = "A multicast address, or a prefix of them." },
	{ "source", KIND_PREFIX, MEMBER(conf_selector, source), .sample = "192.0.2.0/24",
	  .help = "A prefix of senders' addresses. The default is any." },
	{ "protocol", KIND_PROTOCOL, MEMBER(conf_selector, protocol), .sample = "udp",
	  .help = "By its name, as udp, or its number. The default is any." },
	{ "source-ports", KIND_PORTS, MEMBER(conf_selector, source_ports),
	  .preset = "0-65535",
	  .help = "A port, or the first and the last of a range." },
	{ "destination-ports", KIND_PORTS, MEMBER(conf_selector, destination_ports),
	  .preset = "0-65535", .sample = "5004-5005",
	  .help = "The same of destination ports." },
};

static const struct conf_section selector_section = SECTION(conf_selector, selector_options);

static const struct conf_option rekey_options[] = {
	{ "transport", KIND_WORD, MEMBER(conf_rekey, transport), .words = transport_words,
	  .preset = "unicast", .sample = "multicast",
	  .help = "How members get new keys: unicast, each by its own IKE SA (GSA_INBAND_REKEY); multicast, all at once by signed messages (GSA_REKEY); both, by multicast, and then by unicast who did not acknowledge." },
	{ "address", KIND_ADDRESS, MEMBER(conf_rekey, address), .sample = "239.255.1.1",
	  .help = "The multicast address of the rekey messages." },
	{ "port", KIND_NUMBER, MEMBER(conf_rekey, port), .min = 1, .max = UINT16_MAX,
	  .preset = "848",
	  .help = "Their UDP port." },
	{ "source", KIND_ADDRESS, MEMBER(conf_rekey, source), .sample = "192.0.2.1",
	  .help = "The address they come from. The default is the kernel's choice." },
	{ "interface", KIND_INTERFACE, MEMBER(conf_rekey, interface), .sample = "eth0",
	  .help = "The interface they go out of. The default is by the routes." },
	{ "ttl", KIND_NUMBER, MEMBER(conf_rekey, ttl), .min = 1, .max = UINT8_MAX,
	  .preset = "32",
	  .help = "How many routers they may pass." },
	{ "lifetime", KIND_TIME, MEMBER(conf_rekey, lifetime_ms), .min = MINUTES(1),
	  .max = DAYS(365), .preset = "24 h",
	  .help = "The life of the Rekey SA." },
	{ "encryption", KIND_ESP, MEMBER(conf_rekey, encryption), .preset = "aes256gcm16",
	  .help = "What the messages are encrypted by: aes128gcm16 or aes256gcm16." },
	{ "key-wrap", KIND_KEY_WRAP, MEMBER(conf_rekey, key_wrap), .preset = "kw256",
	  .help = "What the keys in them are wrapped by (RFC 5649): kw128, kw192 or kw256." },
	{ "authentication", KIND_WORD, MEMBER(conf_rekey, authentication), .words = auth_words,
	  .preset = "ed25519",
	  .help = "What the messages are signed by, with a key that the key server makes for the group. implicit: not signed; each member could pretend to be the key server." },
	{ "retransmissions", KIND_NUMBER, MEMBER(conf_rekey, retransmissions), .max = 20,
	  .preset = "3",
	  .help = "How many copies of a message follow the first." },
	{ "interval", KIND_TIME, MEMBER(conf_rekey, interval_ms), .min = 10,
	  .max = MINUTES(10), .preset = "2 s",
	  .help = "The time between two copies." },
	{ "acknowledge", KIND_WORD, MEMBER(conf_rekey, acknowledge), .words = acknowledge_words,
	  .preset = "none",
	  .help = "Who is asked to acknowledge a message: none, no member; sampled, about 20 of them, chosen anew each time; all. Only members of gemcast can." },
	{ "acknowledge-within", KIND_TIME, MEMBER(conf_rekey, acknowledge_within_ms),
	  .max = MINUTES(10), .preset = "2 s",
	  .help = "They do it at a random time within this, that not all come at once: a second for each 1,000 members." },
};

static const struct conf_section rekey_section = SECTION(conf_rekey, rekey_options);

static const struct conf_option rule_options[] = {
	{ "identity", KIND_PATTERN, MEMBER(conf_member_rule, identity), .needed = true,
	  .sample = "*.example.org",
	  .help = "An identity, or a pattern: the first rule that covers a member counts." },
	{ "role", KIND_WORD, MEMBER(conf_member_rule, role), .words = role_words,
	  .min = CONF_ROLE_RECEIVER, .preset = "receiver",
	  .help = "What it may be at most." },
	{ "from", KIND_PREFIX, LIST(conf_member_rule, from), .most = 64,
	  .sample = "192.0.2.0/24, 2001:db8::/32",
	  .help = "The addresses it may register from. The default is any." },
};

static const struct conf_section rule_section = SECTION(conf_member_rule, rule_options);

static const struct conf_option group_options[] = {
	{ "name", KIND_NAME, MEMBER(conf_group, name), .needed = true, .sample = "video",
	  .help = "What this file, commands and the log call it." },
	{ "id", KIND_GROUP_ID, MEMBER(conf_group, id), .sample = "keyid:video",
	  .help = "What members ask for, as an identity; one that looks like nothing else is a key id. The default is the name." },
	{ "traffic", KIND_MAP, LIST(conf_group, traffic), .needed = true, .least = 1, .most = 32,
	  .section = &selector_section,
	  .help = "The packets that the group protects. Each entry has an SA of its own. Members of gemcast take a single address as destination, no prefix." },
	{ "mode", KIND_WORD, MEMBER(conf_group, mode), .words = mode_words, .preset = "tunnel",
	  .help = "tunnel preserves the packets' addresses outside (RFC 5374 3.1); transport has no outer header." },
	{ "encryption", KIND_ESP, MEMBER(conf_group, encryption), .preset = "aes256gcm16",
	  .help = "What ESP encrypts by: aes128gcm16 or aes256gcm16; gcm12 and gcm8 have shorter checksums, aes128gmac and aes256gmac only authenticate." },
	{ "senders", KIND_WORD, MEMBER(conf_group, senders), .words = senders_words,
	  .preset = "many",
	  .help = "Whether more than one member may send by an SA." },
	{ "replay", KIND_BOOL, MEMBER(conf_group, replay), .preset = "no", .sample = "no",
	  .help = "Whether members are told that sequence numbers tell repeated packets; only with senders: one (RFC 9838 4.4.2.1.3). Members of gemcast tell them by sender in any case." },
	{ "sender-id-bits", KIND_NUMBER, MEMBER(conf_group, sender_id_bits), .max = 16,
	  .preset = "16",
	  .help = "How many bits of the IV name the sender: 8, 12 or 16 (RFC 6054). Each registration of a sender uses a number up. 0: no Sender-IDs; only with senders: one." },
	{ "lifetime", KIND_TIME, MEMBER(conf_group, lifetime_ms), .min = SECONDS(10),
	  .max = DAYS(365), .preset = "1 h",
	  .help = "The life of a data SA." },
	{ "rollover", KIND_TIME, MEMBER(conf_group, rollover_ms), .min = SECONDS(1),
	  .max = DAYS(30), .automatic = true, .preset = "auto",
	  .help = "The next data SA is given out so long before the end of the last. auto: a tenth of its life." },
	{ "packets", KIND_SIZE, MEMBER(conf_group, packets), .sample = "1 G",
	  .help = "A sender that sent so many packets makes the key server roll over. Members of gemcast tell it. 0: before sequence numbers end." },
	{ "bytes", KIND_SIZE, MEMBER(conf_group, bytes), .sample = "1 T",
	  .help = "The same of bytes. 0: no limit." },
	{ "activation-delay", KIND_TIME, MEMBER(conf_group, activation_delay_ms),
	  .max = SECONDS(UINT16_MAX), .automatic = true, .preset = "auto",
	  .help = "Senders wait so long before they use a new SA (ATD). auto: until all members must have it, by the times of rekey and ike. Less than that is refused." },
	{ "deactivation-delay", KIND_TIME, MEMBER(conf_group, deactivation_delay_ms),
	  .max = SECONDS(UINT16_MAX), .automatic = true, .preset = "auto",
	  .help = "Receivers keep an SA so long after it was deleted (DTD). auto: until the last sender must have left it. Less than that is refused." },
	{ "rekey", KIND_MAP, MEMBER(conf_group, rekey), .section = &rekey_section,
	  .help = "How new keys get to the members." },
	{ "members", KIND_MAP, LIST(conf_group, members), .needed = true, .least = 1,
	  .most = 100000, .section = &rule_section,
	  .help = "Who may be a member. Whom no rule covers is refused." },
};

const struct conf_section conf_group_section = SECTION(conf_group, group_options);

static const struct conf_option key_server_options[] = {
	{ "credential", KIND_NAME, MEMBER(conf_key_server, credential), .sample = "here",
	  .help = "Who the key server is: a name of credentials." },
	{ "store", KIND_PATH, MEMBER(conf_key_server, store), .sample = "/var/lib/gemcast/ks.db",
	  .help = "The file in which the key server keeps its groups, their keys and their members, so that a restart changes nothing for them. It is made if it is not there; a change takes effect at the next start. The default is none: they are kept in memory, and a restart begins each group anew." },
	{ "master-key", KIND_SECRET, MEMBER(conf_key_server, master_key),
	  .sample = "credential:ks.master",
	  .help = "What the keys in the store are wrapped by: 32 random bytes, or one line of them in hexadecimal behind 0x. Without it, whoever reads the store has no key." },
	{ "groups", KIND_MAP, LIST(conf_key_server, groups), .most = 10000,
	  .section = &conf_group_section,
	  .help = "The groups whose keys this host gives out." },
};

static const struct conf_section key_server_section =
	SECTION(conf_key_server, key_server_options);

static const struct conf_option server_options[] = {
	{ "name", KIND_NAME, MEMBER(conf_server, name), .needed = true, .sample = "main",
	  .help = "What this file and the log call it." },
	{ "address", KIND_ADDRESS, MEMBER(conf_server, address), .needed = true,
	  .sample = "192.0.2.1",
	  .help = "Where it is." },
	{ "port", KIND_NUMBER, MEMBER(conf_server, port), .min = 1, .max = UINT16_MAX,
	  .preset = "848",
	  .help = "Its UDP port: 848, or 500." },
	{ "identity", KIND_IDENTITY, MEMBER(conf_server, identity), .needed = true,
	  .sample = "ks.example.org",
	  .help = "Who it has to prove to be." },
	{ "credential", KIND_NAME, MEMBER(conf_server, credential), .sample = "here",
	  .help = "Who this host is to it. The default is member's credential." },
	{ "may-give", KIND_MAP, LIST(conf_server, may_give), .needed = true, .least = 1,
	  .most = 256, .section = &selector_section,
	  .help = "What it is believed in: policy that is not within one of these is refused, whatever the group. It is what may be protected, and not what has to be: as soon as a group is joined, packets here that its policy does not have go in clear." },
};

static const struct conf_section server_section = SECTION(conf_server, server_options);

static const struct conf_option membership_options[] = {
	{ "name", KIND_NAME, MEMBER(conf_membership, name), .needed = true, .sample = "video",
	  .help = "What this file, commands and the log call it." },
	{ "id", KIND_GROUP_ID, MEMBER(conf_membership, id), .sample = "keyid:video",
	  .help = "What the key server calls it, see id of its groups. The default is the name." },
	{ "key-servers", KIND_NAME, LIST(conf_membership, key_servers), .needed = true, .least = 1,
	  .most = 16, .sample = "main",
	  .help = "The key servers to ask, in this order: names of member's key-servers." },
	{ "role", KIND_WORD, MEMBER(conf_membership, role), .words = role_words,
	  .min = CONF_ROLE_RECEIVER, .preset = "receiver",
	  .help = "What to register as." },
	{ "interface", KIND_INTERFACE, MEMBER(conf_membership, interface), .sample = "eth0",
	  .help = "The interface whose packets are protected. The default is each." },
	{ "join-multicast", KIND_BOOL, MEMBER(conf_membership, join_multicast), .preset = "no",
	  .help = "Whether miked itself joins the IP multicast groups there, as a gateway needs whose own programs receive nothing." },
	{ "register", KIND_WORD, MEMBER(conf_membership, when), .words = register_words,
	  .preset = "start",
	  .help = "When to: start, as soon as miked runs; demand, when a packet is to be sent or a program joins; command, by gemcast join." },
	{ "on-no-sa", KIND_WORD, MEMBER(conf_membership, on_no_sa), .words = no_sa_words,
	  .preset = "discard",
	  .help = "What becomes of packets while there is no key for them. bypass lets them out in clear." },
	{ "key-server-lost", KIND_WORD, MEMBER(conf_membership, key_server_lost),
	  .words = lost_words, .preset = "close",
	  .help = "If no key server answers until the last SA ends: close, it ends, and on-no-sa counts; go-on, it is used until a key server is back, against RFC 9838 4.4.2.2.1." },
	{ "replay", KIND_WORD, MEMBER(conf_membership, replay), .words = replay_words,
	  .preset = "auto",
	  .help = "How repeated packets are told, see gemcast(8). auto: by sid if the policy has Sender-IDs, else by sa or by source." },
	{ "window", KIND_NUMBER, MEMBER(conf_membership, window), .min = 32, .max = 4096,
	  .preset = "64",
	  .help = "The replay window, in packets." },
	{ "number", KIND_NUMBER, MEMBER(conf_membership, number), .max = UINT32_MAX,
	  .preset = "0", .sample = "7",
	  .help = "The kernel's number of the group, as gemcast group shows it. 0: miked chooses one." },
};

static const struct conf_section membership_section =
	SECTION(conf_membership, membership_options);

static const struct conf_option member_options[] = {
	{ "credential", KIND_NAME, MEMBER(conf_member, credential), .sample = "here",
	  .help = "Who the member is: a name of credentials." },
	{ "retry", KIND_TIME, MEMBER(conf_member, retry_first_ms), .min = 100, .max = HOURS(1),
	  .preset = "2 s",
	  .help = "A registration that failed is tried again after about this time; each further time is about twice the last." },
	{ "retry-limit", KIND_TIME, MEMBER(conf_member, retry_limit_ms), .min = 100,
	  .max = DAYS(1), .preset = "5 min",
	  .help = "But no more than about this." },
	{ "key-servers", KIND_MAP, LIST(conf_member, key_servers), .most = 64,
	  .section = &server_section,
	  .help = "The key servers that this host knows." },
	{ "groups", KIND_MAP, LIST(conf_member, groups), .most = 10000,
	  .section = &membership_section,
	  .help = "The groups that this host is to be in." },
};

static const struct conf_section member_section = SECTION(conf_member, member_options);

static const struct conf_option root_options[] = {
	{ "log", KIND_MAP, MEMBER(conf, log), .section = &log_section,
	  .help = "The log." },
	{ "control", KIND_MAP, MEMBER(conf, control), .section = &control_section,
	  .help = "The control socket." },
	{ "local", KIND_MAP, MEMBER(conf, local), .section = &local_section,
	  .help = "Where miked receives." },
	{ "ike", KIND_MAP, MEMBER(conf, ike), .section = &ike_section,
	  .help = "IKE SAs." },
	{ "credentials", KIND_MAP, LIST(conf, credentials), .most = 64,
	  .section = &credential_section,
	  .help = "Who this host is." },
	{ "trust", KIND_MAP, MEMBER(conf, trust), .section = &trust_section,
	  .help = "Whose certificates are believed." },
	{ "psk", KIND_MAP, LIST(conf, psk), .most = 100000, .section = &psk_section,
	  .help = "Pre-shared keys, for peers and hosts without certificates (RFC 7296 2.15)." },
	{ "ppk", KIND_MAP, LIST(conf, ppk), .most = 100000, .section = &ppk_section,
	  .help = "Post-quantum pre-shared keys (RFC 8784)." },
	{ "key-server", KIND_MAP, MEMBER(conf, key_server), .section = &key_server_section,
	  .help = "This host as a key server (GCKS)." },
	{ "member", KIND_MAP, MEMBER(conf, member), .section = &member_section,
	  .help = "This host as a group member (GM)." },
};

const struct conf_section conf_root = SECTION(conf, root_options);
