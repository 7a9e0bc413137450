// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer target: whatever the kernel answers, the library neither crashes nor
 * tells of strings without end. The first byte chooses the call and how much of
 * the answer is in order; the rest are parts of datagrams, each behind two bytes
 * of its length.
 */
#include <stdlib.h>
#include <string.h>
#include "fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_string(const char *string, size_t size)
{
	if (strnlen(string, size) == size)
		abort();
}

static int check_group(const struct gemcast_group *group, void *arg)
{
	(void)arg;
	return group->id == 13;
}

static int check_policy(const struct gemcast_policy *policy, void *arg)
{
	(void)arg;
	check_string(policy->dev, sizeof(policy->dev));
	check_string(policy->reinject_dev, sizeof(policy->reinject_dev));
	return 0;
}

static int check_sa(const struct gemcast_sa *sa, void *arg)
{
	(void)arg;
	check_string(sa->aead, sizeof(sa->aead));
	check_string(sa->driver, sizeof(sa->driver));
	if (sa->key || sa->key_len)
		abort();
	return 0;
}

static int check_peer(const struct gemcast_peer *peer, void *arg)
{
	(void)arg;
	check_string(peer->dev, sizeof(peer->dev));
	return 0;
}

static int check_event(const struct gemcast_event *event, void *arg)
{
	check_policy(&event->policy, arg);
	check_string(event->acquire.dev, sizeof(event->acquire.dev));
	check_string(event->audit.dev, sizeof(event->audit.dev));
	return check_sa(&event->sa, arg);
}

static void call(struct gemcast_handle *h, uint8_t choice)
{
	const struct gemcast_sa key = {
		.present = GEMCAST_BIT(GEMCAST_A_SA_SPI) |
			   GEMCAST_BIT(GEMCAST_A_SA_GROUP),
		.spi = 0x1001, .group = 7,
	};
	struct gemcast_stats stats;
	struct gemcast_sa sa;

	switch (choice % 8) {
	case 0:
		gemcast_group_dump(h, NULL, check_group, NULL);
		break;
	case 1:
		gemcast_policy_dump(h, NULL, check_policy, NULL);
		break;
	case 2:
		gemcast_sa_dump(h, &key, check_sa, NULL);
		break;
	case 3:
		gemcast_peer_dump(h, NULL, check_peer, NULL);
		break;
	case 4:
		gemcast_stats_get(h, &stats);
		break;
	case 5:
		if (!gemcast_sa_get(h, &key, &sa))
			check_sa(&sa, NULL);
		break;
	case 6:
		gemcast_sa_del(h, &key);
		break;
	default:
		gemcast_dispatch(h, check_event, NULL);
		break;
	}
	check_string(gemcast_error(h), GEMCAST_ERROR_SIZE);
}

/* What of a datagram is not from the fuzzer. */
enum frame {
	FRAME_NONE,
	FRAME_HEADERS,	/* two headers, then its bytes */
	FRAME_NEST,	/* these and a nest around its bytes */
	FRAME_REFUSAL,	/* an NLMSG_ERROR with its bytes as extack */
};

static const struct {
	uint8_t cmd;
	uint8_t object;
} frames[8] = {
	{ GEMCAST_CMD_GROUP_GET, GEMCAST_A_OBJECT_GROUP },
	{ GEMCAST_CMD_POLICY_GET, GEMCAST_A_OBJECT_POLICY },
	{ GEMCAST_CMD_SA_GET, GEMCAST_A_OBJECT_SA },
	{ GEMCAST_CMD_PEER_GET, GEMCAST_A_OBJECT_PEER },
	{ GEMCAST_CMD_STATS_GET, GEMCAST_A_OBJECT_STATS },
	{ GEMCAST_CMD_SA_GET, GEMCAST_A_OBJECT_SA },
	{ GEMCAST_CMD_SA_DEL, GEMCAST_A_OBJECT_SA },
	{ GEMCAST_CMD_AUDIT_NTF, GEMCAST_A_OBJECT_AUDIT },
};

/* Put a frame around the bytes; the length of the whole. */
static size_t put_frame(char *buf, uint8_t choice, const uint8_t *data,
			size_t len)
{
	enum frame frame = choice >> 3 & 3;
	uint8_t cmd = frames[choice % 8].cmd;
	struct nlmsghdr *nlh;

	if (frame == FRAME_NONE) {
		memcpy(buf, data, len);
		return len;
	}
	/* Of events, the first byte is which one. */
	if (choice % 8 == 7 && len)
		cmd = (uint8_t)(GEMCAST_CMD_SA_NTF + data[0] % 8);
	nlh = gemcast_message_start(buf, FAKE_FAMILY, cmd, 0, 0);
	if (frame == FRAME_NEST)
		mnl_attr_put(nlh, frames[choice % 8].object | NLA_F_NESTED, len,
			     data);
	else
		memcpy(mnl_nlmsg_put_extra_header(nlh, len), data, len);
	if (frame == FRAME_REFUSAL) {
		nlh->nlmsg_type = NLMSG_ERROR;
		nlh->nlmsg_flags = NLM_F_CAPPED | NLM_F_ACK_TLVS;
	}
	return nlh->nlmsg_len;
}

static void queue(uint8_t choice, const uint8_t *data, size_t size)
{
	_Alignas(struct nlmsghdr) char buf[4096];
	bool events = choice % 8 == 7;
	unsigned int n;
	size_t len, whole;

	for (n = 0; size >= 2 && n < 8; n++) {
		len = (size_t)(data[0] & 7) << 8 | data[1];
		data += 2;
		size -= 2;
		len = len < size ? len : size;
		whole = put_frame(buf, choice, data, len);
		if (events)
			fake_event(buf, whole);
		else
			fake_answer(buf, whole);
		data += len;
		size -= len;
	}
	if (!events)
		fake_answer_errno(5);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gemcast_handle *h;
	bool opening;

	if (!size)
		return 0;
	fake_reset();
	/* The answer to the look-up of the family is as good as any. */
	opening = data[0] >= 0xf0;
	h = gemcast_new();
	if (!h)
		abort();
	if (opening) {
		queue(0, data + 1, size - 1);
		gemcast_open(h);
	} else {
		fake_serve();
		if (gemcast_open(h) || gemcast_subscribe(h, GEMCAST_EVENTS_ALL))
			abort();
		queue(data[0], data + 1, size - 1);
		call(h, data[0]);
	}
	gemcast_free(h);
	return 0;
}
