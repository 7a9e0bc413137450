#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# module.sh [-d NAME] [-c] [-m MODULE] SERIES [VARIABLE=VALUE]...
#
# Build the module for one of the kernels of scripts/kernel.sh (6.1, 6.12, debug),
# or if SERIES is "host" for the running one, with VARIABLEs for kbuild, and print the path of
# gemcast.ko. The objects go to a tree of links in the cache, one for each NAME
# (default: the series), so that builds for several kernels do not meet each
# other or what `make modules` built here.
#
#	-c	build everything anew
#	-m	the module of this directory of the tree, a part of the one it is in, instead

set -eu

. "$(dirname "$0")/paths.sh"
name='' clean='' module=''
while getopts d:cm: option; do
	case $option in
	d) name=$OPTARG ;;
	c) clean=1 ;;
	m) module=$OPTARG ;;
	*) sed -n 's/^# \(module.sh .*\)/usage: \1/p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
series=$1
shift

if [ "$series" = host ]; then
	headers=/lib/modules/$(uname -r)/build
else
	headers=$("$tree/scripts/kernel.sh" image "$series")/build
fi
if [ "$series" = debug ]; then
	set -- ARCH=um "$@"
fi
parts=(Kbuild kmod include) result=gemcast
if [ -n "$module" ]; then
	parts=("${module%/*}") result=$module/${module##*/}
fi
dir=$build/module/${name:-$series${module:+-${module##*/}}}
mkdir -p "$dir"
exec 8>"$dir.lock"
flock 8
if [ -n "$clean" ]; then
	rm -rf "$dir"
fi
mkdir -p "$dir"
find "$dir" -xtype l -delete
for part in "${parts[@]}"; do
	(cd "$tree" && find "$part" -name Kbuild -o -name '*.[chS]') |
	while read -r file; do
		mkdir -p "$dir/$(dirname "$file")"
		ln -sfn "$tree/$file" "$dir/$file"
	done
done
# BTF would need pahole, and nothing here reads it
make -s -C "$headers" M="$(dirname "$dir/$result")" -j"$(nproc)" CONFIG_DEBUG_INFO_BTF_MODULES= "$@" modules >&2
echo "$dir/$result.ko"
