#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=1800
#
# The policy of a group changes $REKEYS times (4), from keys of 128 bits to 256 and back,
# under traffic, while what key server and members say to each other is lost, in another
# order and doubled: no datagram is lost, none comes twice.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"
. "$SELFTESTS/mike.sh"
. "$SELFTESTS/group.sh"

change()
{
	case $ENCRYPTION in
	aes128gcm16) ENCRYPTION=aes256gcm16 ;;
	*) ENCRYPTION=aes128gcm16 ;;
	esac
	group_policy | mike ks ks group set file - yes
}

load_module
group_start
group_lossy
group_send
group_rekeys "${REKEYS:-4}" change
expect_eq "the group is as it was changed" $ENCRYPTION \
	"$(mike ks -j ks group show video | jq -r '.[0].encryption')"
group_send_end
group_followed
