#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kernel.sh image SERIES	a stock Debian kernel with its modules and headers
# kernel.sh image debug		the debug kernel: Debian's source of 6.1, built here
#				for User-Mode Linux with scripts/debug.config
# kernel.sh source SERIES	the parts of its source that the checks use
# kernel.sh -n image debug	where it is, if it is there: builds nothing
#
# SERIES is 6.1 (Debian 12) or 6.12 (its backports). The packages are unpacked
# into the cache, with an apt configuration of our own: nothing is installed on
# this host and its list of package sources is not touched. Prints the directory:
#
#	image	release vmlinuz lib/modules/RELEASE build/ (what KDIR= wants);
#		of the debug kernel the program linux in the place of vmlinuz
#	source	tools/testing/selftests scripts LICENSES tools/net/ynl ...

set -eu

usage="usage: ${0##*/} [-n] {image {6.1|6.12|debug}|source {6.1|6.12}}"
ask=''
if [ "${1:-}" = -n ]; then
	ask=1
	shift
fi
what=${1:?$usage} series=${2:?$usage}
. "$(dirname "$0")/paths.sh"
dir=$cache/$what/$series

case $what-$series in
image-6.1 | image-6.12 | source-6.1 | source-6.12) ;;
image-debug)
	series=6.1
	dir+=-$series-$(cat "$tree"/scripts/debug.{config,patch} | cksum | cut -d' ' -f1)
	;;
*) echo "$usage" >&2; exit 2 ;;
esac

if [ -n "$ask" ]; then
	[ -e "$dir" ] && echo "$dir"
	exit
fi
mkdir -p "$cache"
exec 9>"$cache/$what-${dir##*/}.lock"
flock 9
if [ -e "$dir" ]; then
	echo "$dir"
	exit 0
fi

tmp=$(mktemp -d "$cache/tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
echo "kernel: making the $what of ${dir##*/} in $dir" >&2

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

# What the fragment says must have come true.
debug_config()
{
	local line name bad=0

	make -s ARCH=um KCONFIG_ALLCONFIG="$tree/scripts/debug.config" allnoconfig
	while read -r line; do
		case $line in
		CONFIG_*) ! grep -Fxq -e "$line" .config || continue ;;
		'# CONFIG_'*' is not set')
			name=${line#\# }
			grep -q "^${name%% *}=" .config || continue
			;;
		*) continue ;;
		esac
		echo "kernel: this source does not do $line" >&2
		bad=1
	done <"$tree/scripts/debug.config"
	return "$bad"
}

# Of the tree in which it was built stays what modules are built with.
debug_image()
{
	local root=$tmp/root release

	unpack linux-source-6.1
	mkdir "$root/build"
	tar -xf "$root/usr/src/linux-source-6.1.tar.xz" -C "$root/build" --strip-components=1
	rm -rf "${root:?}/usr"
	(
		cd "$root/build"
		patch -s -p1 <"$tree/scripts/debug.patch"
		debug_config
		make -s -j"$(nproc)" ARCH=um vmlinux modules
		release=$(cat include/config/kernel.release)
		echo "$release" >"$root/release"
		make -s ARCH=um INSTALL_MOD_PATH="$root" modules_install
		rm -f "$root/lib/modules/$release/build" "$root/lib/modules/$release/source"
		ln -s "$dir/build" "$root/lib/modules/$release/build"
		mv vmlinux "$root/linux"
		find . -mindepth 1 -maxdepth 1 ! -name arch ! -name include ! -name scripts \
			! -name .config ! -name Makefile ! -name Kbuild ! -name Module.symvers \
			-exec rm -rf {} +
		find arch -mindepth 1 -maxdepth 1 ! -name um ! -name x86 -exec rm -rf {} +
		find arch include scripts -name '*.o' ! -path 'scripts/*' -delete
	) >&2
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

case $what-${dir##*/} in
image-debug-*) debug_image ;;
image-*) image ;;
source-*) source_parts ;;
esac
mkdir -p "${dir%/*}"
mv "$tmp/root" "$dir"
echo "$dir"
