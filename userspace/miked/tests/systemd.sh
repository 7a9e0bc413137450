#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# systemd.sh MIKED
#
# What is for systemd is what systemd takes, what is installed is whole, and the unit
# and miked's sandbox give up the same. Prints TAP.

set -u
miked=$(readlink -f "$1") number=0 failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
PATH=$PATH:/usr/sbin:/sbin
unit=$tmp/usr/lib/systemd/system/miked.service

# check DESC COMMAND...: good if it succeeds
check()
{
	local desc=$1

	shift
	number=$((number + 1))
	if "$@" >"$tmp/log" 2>&1; then
		echo "ok $number - $desc"
	else
		echo "not ok $number - $desc"
		sed 's/^/# /' "$tmp/log"
		failed=1
	fi
}

# check_by TOOL DESC COMMAND...: the same, if the tool is there
check_by()
{
	if command -v "$1" >/dev/null; then
		check "${@:2}"
	else
		number=$((number + 1))
		echo "ok $number - $2 # SKIP no $1"
	fi
}

words_of()
{
	sed -n "s/^$1=//p" "$unit" | tr ' ' '\n' | sort
}

verified()
{
	sed "s,^ExecStart=.*,ExecStart=$miked," "$unit" >"$tmp/miked.service"
	systemd-analyze verify --man=no "$tmp/miked.service" >"$tmp/said" 2>&1 || return 1
	# what it only warns of fails here too
	! grep miked.service "$tmp/said"
}

tmpfiles()
{
	systemd-sysusers --root="$tmp" "$tmp/usr/lib/sysusers.d/gemcast.conf" &&
		grep -q '^gemcast:.*nologin$' "$tmp/etc/passwd" &&
		systemd-tmpfiles --create --root="$tmp" "$tmp/usr/lib/tmpfiles.d/gemcast.conf" &&
		[ "$(stat -c %a "$tmp/run/gemcast" "$tmp/etc/gemcast" "$tmp/var/lib/gemcast" |
			xargs)" = "755 750 700" ]
}

check "make install" make -s install DESTDIR="$tmp" PREFIX=/usr
for path in usr/sbin/miked usr/share/man/man8/miked.8 usr/share/man/man5/miked.conf.5 \
	    usr/share/doc/gemcast/miked.conf.sample; do
	check "installs /$path" test -s "$tmp/$path"
done
check "the unit starts what is installed" grep -qx 'ExecStart=/usr/sbin/miked' "$unit"
check_by systemd-analyze "the unit is good" verified
check_by systemd-analyze "and leaves little open" \
	systemd-analyze security --offline=true --threshold=20 --no-pager "$unit"
if [ "$(id -u)" -eq 0 ]; then
	mkdir -p "$tmp/etc"
	check_by systemd-sysusers "a user and directories" tmpfiles
fi
check "the sandbox keeps the unit's capabilities" diff \
	<(words_of AmbientCapabilities) \
	<(grep '^static const unsigned int kept' base/sandbox.c | grep -oE 'CAP_\w+' | sort)
check "which are all that it could have" diff \
	<(words_of AmbientCapabilities) <(words_of CapabilityBoundingSet)
check "the sandbox has the unit's sockets" diff \
	<(words_of RestrictAddressFamilies) \
	<(grep '^static const int domains' base/sandbox.c | grep -oE 'AF_\w+' | sort)
check_by groff "the manual is good roff" bash -c \
	'! groff -man -Tutf8 -ww -z "$@" 2>&1 | grep .' _ "$tmp"/usr/share/man/man?/*
echo "1..$number"
exit "$failed"
