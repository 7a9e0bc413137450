#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fuzz.sh SECONDS FUZZER...
#
# Run each for so long, as many at one time as there are CPUs, and say in TAP what came
# of it. DIR/build/fuzz/NAME begins with the corpus in DIR/tests/corpus/NAME and with
# what earlier runs found in DIR/build/corpus/NAME, and has words to try in
# DIR/tests/NAME.dict. An input that it failed by stays as DIR/build/NAME-*.

set -u
seconds=$1
shift

# dir_of FUZZER, log_of FUZZER
dir_of()
{
	echo "${1%build/fuzz/*}."
}

log_of()
{
	echo "$(dir_of "$1")/build/${1##*/}.log"
}

fuzz()
{
	local fuzzer=$1 name=${1##*/} dir log
	local -a more=()

	dir=$(dir_of "$fuzzer")
	log=$(log_of "$fuzzer")
	[ ! -e "$dir/tests/$name.dict" ] || more+=("-dict=$dir/tests/$name.dict")
	mkdir -p "$dir/build/corpus/$name"
	more+=("$dir/build/corpus/$name")
	[ ! -d "$dir/tests/corpus/$name" ] || more+=("$dir/tests/corpus/$name")
	"$fuzzer" -max_total_time="$seconds" -max_len=4096 -timeout=60 -close_fd_mask=3 \
		-use_value_profile=1 -print_final_stats=1 -artifact_prefix="$dir/build/$name-" \
		"${more[@]}" >"$log" 2>&1
	echo "status $?" >>"$log"
}

running=0
for fuzzer; do
	if [ "$running" -eq "$(nproc)" ]; then
		wait -n
		running=$((running - 1))
	fi
	fuzz "$fuzzer" &
	running=$((running + 1))
done
wait

failed=0 number=0
for fuzzer; do
	log=$(log_of "$fuzzer")
	number=$((number + 1))
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	if [ "$(tail -n 1 "$log")" = 'status 0' ] && [ "${runs:-0}" -gt 1 ]; then
		echo "ok $number - $fuzzer: $seconds s, $runs runs"
	else
		echo "not ok $number - $fuzzer: $log"
		tail -n 40 "$log" | sed 's/^/# /'
		failed=1
	fi
done
echo "1..$number"
exit "$failed"
