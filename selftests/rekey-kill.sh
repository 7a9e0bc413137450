#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=1800
#
# rekey.sh by multicast, but once in five rekeys, of $REKEYS (10), the key server is killed at
# any moment and started anew: members notice nothing.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"
. "$SELFTESTS/mike.sh"
TRANSPORT=${TRANSPORT:-multicast}
. "$SELFTESTS/group.sh"

STORE="store: $TMP/ks/store.db
  master-key: $TMP/ks/master"
kills=0 victim=0

# A command that was answered counts, whatever becomes of who answered it.
rekey_or_die()
{
	[ $((rekeys % 5)) -ne 1 ] || victim=$((rekeys + RANDOM % 5))
	mike ks ks rekey group video
	[ $rekeys -eq $victim ] || return 0
	sleep $((RANDOM % 3)).$((RANDOM % 1000))
	mike_kill ks
	kills=$((kills + 1))
	mike_start ks ks
}

load_module
mike_dir
mkdir -m 700 "$TMP/ks"
(umask 077 && head -c 32 /dev/urandom >"$TMP/ks/master")
chown -R $MIKE_USER "$TMP/ks"
group_start
group_lossy
group_send
group_rekeys "${REKEYS:-10}" rekey_or_die
diag "the key server was killed $kills times"
group_send_end
group_followed
