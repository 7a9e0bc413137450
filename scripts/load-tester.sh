#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# load-tester.sh
#
# strongSwan's plugin load-tester, which Debian does not package, for Debian's charon: made
# from the source of that version, in Debian's archive, into the cache. Prints its path.
# Nothing is installed, and the host's list of package sources is not touched.

set -eu -o pipefail
. "$(dirname "$0")/paths.sh"

packaged=/usr/lib/ipsec/plugins/libstrongswan-load-tester.so
if [ -e "$packaged" ]; then
	echo "$packaged"
	exit 0
fi
version=$(dpkg-query -W -f '${source:Upstream-Version}' strongswan-libcharon)
made=$cache/load-tester/libstrongswan-load-tester-$version.so
mkdir -p "${made%/*}"
exec 9>"$made.lock"
flock 9
if [ -e "$made" ]; then
	echo "$made"
	exit 0
fi

tmp=$(mktemp -d "$cache/tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
echo "load-tester: making it of strongSwan $version in $made" >&2

# fail WHAT: with the end of the log
fail()
{
	echo "load-tester: $1 failed:" >&2
	tail -n 5 "$tmp/log" >&2
	exit 1
}

mirror=$(apt-get --print-uris update | sed -n "s,^'\(.*\)/dists/bookworm/InRelease'.*,\1,p" |
	head -n 1)
mkdir -p "$tmp/apt/lists/partial" "$tmp/apt/cache/archives/partial" "$tmp/apt/parts" "$tmp/src"
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm main" \
	>"$tmp/apt/sources"
opt=(-q -o "Dir::Etc::sourcelist=$tmp/apt/sources"
	-o "Dir::Etc::sourceparts=$tmp/apt/parts"
	-o "Dir::State::lists=$tmp/apt/lists"
	-o "Dir::Cache=$tmp/apt/cache"
	-o "APT::Sandbox::User=root" -o "Acquire::Retries=3")
apt-get "${opt[@]}" update >"$tmp/log" 2>&1 || fail "apt-get update"
(cd "$tmp/apt" && apt-get "${opt[@]}" --tar-only --download-only source strongswan) \
	>>"$tmp/log" 2>&1 || fail "apt-get source"
tar -xf "$tmp/apt/strongswan_$version.orig.tar.bz2" -C "$tmp/src" --strip-components=1 \
	2>>"$tmp/log" || fail "tar"

# Structures are to be those of Debian's charon: its debian/rules has mediation.
cd "$tmp/src"
./configure --enable-mediation --enable-load-tester --disable-gmp >>"$tmp/log" 2>&1 ||
	fail "configure"
cd src/libcharon/plugins/load_tester
gcc -O2 -w -shared -fPIC -include ../../../../config.h -DIPSEC_PIDDIR='"/run"' \
	-I../../../libstrongswan -I../.. -o "$tmp/plugin.so" \
	load_tester_{plugin,config,creds,ipsec,listener,control,diffie_hellman}.c \
	>>"$tmp/log" 2>&1 || fail "gcc"
mv "$tmp/plugin.so" "$made"
echo "$made"
