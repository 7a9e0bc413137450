#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kernel.sh image SERIES	a stock Debian kernel with its modules and headers
# kernel.sh source SERIES	the parts of its source that the checks use
#
# SERIES is 6.1 (Debian 12) or 6.12 (its backports). The packages are unpacked
# into the cache, with an apt configuration of our own: nothing is installed on
# this host and its list of package sources is not touched. Prints the directory:
#
#	image	release vmlinuz lib/modules/RELEASE build/ (what KDIR= wants)
#	source	tools/testing/selftests scripts LICENSES tools/net/ynl ...

set -eu

usage="usage: ${0##*/} {image|source} {6.1|6.12}"
what=${1:?$usage} series=${2:?$usage}
. "$(dirname "$0")/paths.sh"
dir=$cache/$what/$series

case $series in
6.1 | 6.12) ;;
*) echo "$usage" >&2; exit 2 ;;
esac
case $what in
image | source) ;;
*) echo "$usage" >&2; exit 2 ;;
esac

mkdir -p "$cache"
exec 9>"$cache/$what-$series.lock"
flock 9
if [ -e "$dir" ]; then
	echo "$dir"
	exit 0
fi

tmp=$(mktemp -d "$cache/tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
echo "kernel: fetching the Debian $series $what into $dir" >&2

# mirror SUITE: where this host has that suite of Debian from
mirror()
{
	apt-get --print-uris update | sed -n "s,^'\(.*\)/dists/$1/InRelease'.*,\1,p" | head -n 1
}

debian=$(mirror bookworm) security=$(mirror bookworm-security)
if [ -z "$debian" ]; then
	echo "kernel: apt has no bookworm (Debian 12) here" >&2
	exit 1
fi
key='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
mkdir -p "$tmp/apt/lists/partial" "$tmp/apt/cache/archives/partial" "$tmp/apt/parts"
{
	echo "deb $key $debian bookworm main"
	echo "deb $key $debian bookworm-backports main"
	[ -z "$security" ] || echo "deb $key $security bookworm-security main"
} >"$tmp/apt/sources"
opt=(-q -o "Dir::Etc::sourcelist=$tmp/apt/sources"
	-o "Dir::Etc::sourceparts=$tmp/apt/parts"
	-o "Dir::Etc::preferences=$tmp/apt/none"
	-o "Dir::Etc::preferencesparts=$tmp/apt/parts"
	-o "Dir::State::lists=$tmp/apt/lists"
	-o "Dir::Cache=$tmp/apt/cache"
	-o "APT::Sandbox::User=root" -o "Acquire::Retries=3")
if [ "$series" = 6.12 ]; then
	opt+=(-o "APT::Default-Release=bookworm-backports")
fi
apt-get "${opt[@]}" update >&2

# depends PACKAGE PATTERN: the dependency of PACKAGE that PATTERN names
depends()
{
	apt-cache "${opt[@]}" --no-all-versions show "$1" |
		sed -n 's/^Depends: //p' | tr ',|' '\n\n' |
		sed 's/^ *//; s/ .*//' | grep -x -m1 -e "$2"
}

# unpack PACKAGE...: into $tmp/root
unpack()
{
	(cd "$tmp/apt" && apt-get "${opt[@]}" download "$@" >&2)
	for deb in "$tmp"/apt/*.deb; do
		dpkg-deb -x "$deb" "$tmp/root"
		rm "$deb"
	done
}

# The headers hold absolute paths; make them speak of $dir.
image()
{
	local image headers common kbuild release

	image=$(depends linux-image-amd64 'linux-image-[0-9].*')
	headers=$(depends linux-headers-amd64 'linux-headers-[0-9].*')
	common=$(depends "$headers" 'linux-headers-.*-common')
	kbuild=$(depends "$headers" 'linux-kbuild-.*')
	release=${image#linux-image-}
	unpack "$image" "$headers" "$common" "$kbuild"

	mv "$tmp/root/boot/vmlinuz-$release" "$tmp/root/vmlinuz"
	echo "$release" >"$tmp/root/release"
	rm -rf "$tmp/root/usr/share" "$tmp/root/boot"
	rm -f "$tmp/root/lib/modules/$release/build" "$tmp/root/lib/modules/$release/source"
	sed -i "s,/usr/src/,$dir/usr/src/," "$tmp/root/usr/src/$headers/Makefile"
	ln -s "usr/src/$headers" "$tmp/root/build"
	ln -s "$dir/build" "$tmp/root/lib/modules/$release/build"
	depmod -b "$tmp/root" "$release"
}

source_parts()
{
	unpack "linux-source-$series"
	mkdir "$tmp/tree"
	tar -xf "$tmp/root/usr/src/linux-source-$series.tar.xz" -C "$tmp/tree" \
		--strip-components=1 --wildcards \
		'*/tools/testing/selftests/lib.mk' \
		'*/tools/testing/selftests/kselftest*' \
		'*/scripts/checkpatch.pl' '*/scripts/spdxcheck.py' \
		'*/scripts/spelling.txt' '*/scripts/const_structs.checkpatch' \
		'*/LICENSES' $([ "$series" = 6.1 ] || echo '*/tools/net/ynl' '*/Documentation/netlink/genetlink.yaml')
	rm -rf "$tmp/root"
	mv "$tmp/tree" "$tmp/root"
}

case $what in
image) image ;;
source) source_parts ;;
esac
mkdir -p "${dir%/*}"
mv "$tmp/root" "$dir"
echo "$dir"
