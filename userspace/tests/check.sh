#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check.sh TEST... -- FUZZER... -- RUNS KERNEL_SOURCE
#
# Run all, whatever fails, and say so in TAP; called by check.mk in userspace/.

set -u
failed=0

while [ "$1" != -- ]; do
	CMOCKA_MESSAGE_OUTPUT=TAP "$1" || failed=1
	shift
done
shift
fuzzers=()
while [ "$1" != -- ]; do
	fuzzers+=("$1")
	shift
done
shift
runs=$1 kernel=$2

tests/symbols.sh lib/libgemcast.so lib/libgemcast.a lib/gemcast.h lib/libgemcast.map || failed=1
tests/spec.py ../include/uapi/linux/gemcast.h ../Documentation/netlink/specs/gemcast.yaml \
	build/fields "$kernel" || failed=1

tests/man.sh gemcast/gemcast ../Documentation/man/gemcast.8 build/fields || failed=1
tests/completion.sh gemcast/gemcast gemcast/completion/gemcast || failed=1

# fuzz NAME COMMAND...: from a corpus that stays, so that each run begins where
# the last one ended, and from seeds
number=0
fuzz()
{
	local name=$1 log=build/$1.log corpus=build/corpus/$1

	shift
	number=$((number + 1))
	mkdir -p "$corpus"
	if "$@" -runs="$runs" -max_len=2048 -timeout=60 -close_fd_mask=3 \
	   -artifact_prefix="build/$name-" "$corpus" "${seeds[@]}" >"$log" 2>&1; then
		echo "ok $number - $name: $runs runs"
		grep -E '^(#[0-9]+[[:space:]]+DONE|Done)' "$log" | sed 's/^#*/# /'
	else
		echo "not ok $number - $name"
		tail -n 40 "$log" | sed 's/^/# /'
		failed=1
	fi
}

for fuzzer in "${fuzzers[@]}"; do
	case $fuzzer in
	*/fuzz_args)
		seeds=(tests/seeds)
		fuzz fuzz_args "$fuzzer" -dict=tests/args.dict
		;;
	*)
		seeds=()
		[ ! -d "tests/corpus/${fuzzer##*/}" ] || seeds=("tests/corpus/${fuzzer##*/}")
		fuzz "${fuzzer##*/}" "$fuzzer" -use_value_profile=1
		;;
	esac
done
echo "1..$number"
exit "$failed"
