#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check.sh TEST... -- KERNEL_SOURCE
#
# Run all, whatever fails, and say so in TAP; called by check.mk in userspace/.

set -u
failed=0

while [ "$1" != -- ]; do
	CMOCKA_MESSAGE_OUTPUT=TAP "$1" || failed=1
	shift
done
shift
kernel=$1

tests/symbols.sh lib/libgemcast.so lib/libgemcast.a lib/gemcast.h lib/libgemcast.map || failed=1
tests/spec.py ../include/uapi/linux/gemcast.h ../Documentation/netlink/specs/gemcast.yaml \
	build/fields "$kernel" || failed=1

tests/man.sh gemcast/gemcast ../Documentation/man/gemcast.8 build/fields || failed=1
tests/completion.sh gemcast/gemcast gemcast/completion/gemcast || failed=1

exit "$failed"
