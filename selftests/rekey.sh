#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=900
#
# Keys change $REKEYS times (20) as fast as delays allow, under traffic, while what key
# server and members say to each other is lost, in another order and doubled: no datagram
# is lost, none comes twice.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"
. "$SELFTESTS/mike.sh"
. "$SELFTESTS/group.sh"

REKEYS=${REKEYS:-20}

load_module
group_start
group_lossy
group_send
while [ "$rekeys" -lt "$REKEYS" ]; do
	if ! group_rekey mike ks ks rekey group video; then
		fail "all members follow, rekey $rekeys"
		break
	fi
done
expect_eq "so many rekeys" "$REKEYS" "$rekeys"
group_send_end
group_followed
