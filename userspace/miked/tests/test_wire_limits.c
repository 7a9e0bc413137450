// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * More than there is room for is refused; as many as there is room for is not. Those
 * of GSA and KD are in test_wire_group.c.
 */
#include "test.h"
#include "wire_samples.h"

static struct coded coded;
static struct wire_room room;
static struct wire_error error;

static void assert_limit(struct wire_message *m, size_t *n, size_t most, const char *reason,
			 uint8_t payload)
{
	struct wire_message parsed;

	*n = most;
	assert_true(encode(&coded, m, false));
	if (!decode(&coded, &parsed, &room, &error))
		fail_msg("%zu of payload %u: %s", most, payload, error.reason);
	*n = most + 1;
	assert_true(encode(&coded, m, false));
	assert_false(decode(&coded, &parsed, &room, &error));
	assert_string_equal(error.reason, reason);
	assert_int_equal(error.payload, payload);
}

static void limits(void **state)
{
	static const char many[] = "more such payloads than there may be";
	static struct wire_notify notifies[WIRE_MAX_NOTIFIES + 1];
	static struct wire_delete deletes[WIRE_MAX_DELETES + 1];
	static struct chunk vendor[WIRE_MAX_VENDORS + 1];
	static struct wire_cert cert[WIRE_MAX_CERTS + 1];
	static struct wire_cert req[WIRE_MAX_CERTREQS + 1];
	struct wire_message info = { .header = REQUEST(INFORMATIONAL), .notifies = notifies,
				     .deletes = deletes, .vendors = vendor };
	struct wire_message auth = { .header = REQUEST(IKE_AUTH), .idi = &id_fqdn,
				     .certs = cert, .certreqs = req };
	size_t i;

	(void)state;
	for (i = 0; i <= WIRE_MAX_NOTIFIES; i++)
		notifies[i].type = N_INITIAL_CONTACT;
	for (i = 0; i <= WIRE_MAX_DELETES; i++)
		deletes[i].protocol = PROTO_IKE;
	for (i = 0; i <= WIRE_MAX_CERTS; i++)
		cert[i] = (struct wire_cert){ CERT_X509_SIGNATURE, { bytes_132, 9 } };
	assert_limit(&info, &info.n_notifies, WIRE_MAX_NOTIFIES, many, PAYLOAD_N);
	info.n_notifies = 0;
	assert_limit(&info, &info.n_deletes, WIRE_MAX_DELETES, many, PAYLOAD_D);
	info.n_deletes = 0;
	assert_limit(&info, &info.n_vendors, WIRE_MAX_VENDORS, many, PAYLOAD_V);
	assert_limit(&auth, &auth.n_certs, WIRE_MAX_CERTS, many, PAYLOAD_CERT);
	auth.n_certs = 0;
	assert_limit(&auth, &auth.n_certreqs, WIRE_MAX_CERTREQS, many, PAYLOAD_CERTREQ);
}

static void limits_of_sa(void **state)
{
	static struct wire_transform transforms[WIRE_MAX_TRANSFORMS];
	static struct wire_proposal proposals[WIRE_MAX_PROPOSALS + 1];
	static struct wire_ts selectors[WIRE_MAX_SELECTORS + 1];
	struct wire_message m = { .header = REQUEST(CREATE_CHILD_SA), .proposals = proposals,
				  .nonce = FILL(16), .ke = &ke };
	size_t i;

	(void)state;
	for (i = 0; i <= WIRE_MAX_PROPOSALS; i++)
		proposals[i] = (struct wire_proposal){ i + 1, PROTO_ESP, FILL(4), transforms, 1 };
	assert_limit(&m, &m.n_proposals, WIRE_MAX_PROPOSALS, "too many proposals", PAYLOAD_SA);
	m.n_proposals = 2;
	proposals[0].n_transforms = 200;
	assert_limit(&m, &proposals[1].n_transforms, WIRE_MAX_TRANSFORMS - 200,
		     "too many transforms", PAYLOAD_SA);
	for (i = 0; i <= WIRE_MAX_SELECTORS; i++)
		selectors[i] = (struct wire_ts){ .type = TS_SECLABEL };
	m.tsi = selectors;
	m.n_tsi = 1;
	m.tsr = selectors;
	proposals[1].n_transforms = 1;
	assert_limit(&m, &m.n_tsr, WIRE_MAX_SELECTORS - 1, "too many traffic selectors",
		     PAYLOAD_TSr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits),
		cmocka_unit_test(limits_of_sa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
