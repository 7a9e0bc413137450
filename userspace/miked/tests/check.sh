#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check.sh TEST... -- FUZZER... -- RUNS
#
# Run all, whatever fails, and say so in TAP. A fuzzer begins with the corpus in
# tests/corpus/ and with what earlier runs found in build/corpus/.

set -u
failed=0

while [ "$1" != -- ]; do
	CMOCKA_MESSAGE_OUTPUT=TAP "$1" || failed=1
	shift
done
shift

tests/options.sh || failed=1
tests/daemon.py ./miked || failed=1
tests/systemd.sh ./miked || failed=1

number=0
while [ "$1" != -- ]; do
	number=$((number + 1))
	name=${1##*/}
	log=build/$name.log
	mkdir -p "build/corpus/$name" "tests/corpus/$name"
	if "$1" -runs="${!#}" -max_len=4096 -timeout=60 -close_fd_mask=3 -use_value_profile=1 \
	   -artifact_prefix="build/$name-" "build/corpus/$name" "tests/corpus/$name" >"$log" 2>&1; then
		echo "ok $number - $name: ${!#} runs"
	else
		echo "not ok $number - $name"
		tail -n 40 "$log" | sed 's/^/# /'
		failed=1
	fi
	shift
done
echo "1..$number"
exit "$failed"
