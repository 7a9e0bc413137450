#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo.sh [-h]
#
# Build all, and run selftests/demo.sh in a guest; with -h on this host.

set -eu

. "$(dirname "$0")/paths.sh"
demo=$tree/selftests/demo.sh
if [ ! -x "$demo" ]; then
	echo "demo: $demo is missing" >&2
	exit 1
fi
if [ "${1:-}" != -h ]; then
	exec "$tree/scripts/selftest.sh" -g -t 900 ./demo.sh
fi

release=$(uname -r)
headers=/lib/modules/$release/build
if [ "$(id -u)" -ne 0 ]; then
	echo "demo: needs root" >&2
	exit 1
fi
if [ ! -e "$headers" ]; then
	echo "demo: no headers of the running kernel, $release (on Debian: linux-headers-$release)" >&2
	echo "demo: without HOST=1 it runs in a guest" >&2
	exit 1
fi
if [ -d /sys/module/gemcast ]; then
	echo "demo: the module is loaded and perhaps in use here; unload it first" >&2
	exit 1
fi
ko=$("$tree/scripts/module.sh" host)
for dependency in $(/sbin/modinfo -F depends "$ko" | tr , ' '); do
	/sbin/modprobe "$dependency"
done
if ! /sbin/insmod "$ko"; then
	echo "demo: this kernel, $release, does not load the module; without HOST=1 it runs in a guest" >&2
	exit 1
fi
/sbin/rmmod gemcast
make -s -C "$tree/userspace" all >&2
make -s -C "$tree/selftests" OUTPUT="$build/selftests" all >&2
cd "$tree/selftests"
export GEMCAST_KO=$ko LD_LIBRARY_PATH=$tree/userspace/lib
export PATH=$tree/userspace/gemcast:$tree/userspace/miked:$build/selftests/tools:$PATH:/usr/sbin:/sbin
exec ./demo.sh
