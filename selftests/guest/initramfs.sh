#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# initramfs.sh IMAGE OUTPUT
#
# Make the guest's initramfs: a static busybox, the modules of IMAGE (a directory
# that scripts/kernel.sh made) that reach the host's files, and our init.

set -eu

image=$1 output=$2
here=$(dirname "$(readlink -f "$0")")
release=$(cat "$image/release")
modules='virtio_pci virtio_console 9pnet_virtio 9p overlay'
if [ -e "$image/linux" ]; then
	modules=''	# User-Mode Linux has what it needs
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp"/{bin,dev,proc,sys,rw,lower,root,modules}
cp "$(command -v busybox)" "$tmp/bin/busybox"
for applet in sh mount mkdir cat insmod grep ln switch_root poweroff; do
	ln -s busybox "$tmp/bin/$applet"
done
install -m 755 "$here/init" "$tmp/init"

# the load order, each module once
: >"$tmp/modules/order"
for module in $modules; do
	/sbin/modprobe -d "$image" -S "$release" --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r path; do
	name=${path##*/}
	case $path in
	*.xz) name=${name%.xz}; xz -dc "$path" >"$tmp/modules/$name" ;;
	*) cp "$path" "$tmp/modules/$name" ;;
	esac
	echo "/modules/$name" >>"$tmp/modules/order"
done

(cd "$tmp" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$output.tmp.$$"
mv "$output.tmp.$$" "$output"
