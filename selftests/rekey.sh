#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=1800
#
# Keys change $REKEYS times (10) as fast as delays allow, under traffic, while what key
# server and members say to each other is lost, in another order and doubled: no datagram
# is lost, none comes twice. By both multicast and unicast; TRANSPORT=multicast and
# TRANSPORT=unicast are one of them alone.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"
. "$SELFTESTS/mike.sh"
. "$SELFTESTS/group.sh"

load_module
group_start
group_lossy
group_send
group_rekeys "${REKEYS:-10}" mike ks ks rekey group video
group_send_end
group_followed
