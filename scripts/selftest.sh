#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# selftest.sh [-k SERIES] [-t SECONDS] [-j GUESTS] [-r] [TEST...]
# selftest.sh [-k SERIES] [-t SECONDS] {-s|-g COMMAND...}
#
# Build the module, user space and the tests, run all tests (or those named, with
# or without .sh) one after the other in a guest, and count the results.
#
#	-k	the guest's kernel, 6.1 (the default), 6.12 or debug
#	-t	time for all of it
#	-j	in so many guests at the same time; what each prints comes whole
#	-r	do not count, only print what the tests print
#	-s	a shell in the guest instead
#	-g	COMMAND in the guest instead

set -eu

. "$(dirname "$0")/paths.sh"
usage()
{
	sed -n 's/^# \(selftest.sh .*\)/usage: \1/p' "$0" >&2
	exit 2
}

series=6.1 limit=3600 what=tests guests=1
while getopts k:t:j:rsg option; do
	case $option in
	k) series=$OPTARG ;;
	t) limit=$OPTARG ;;
	j) guests=$OPTARG ;;
	r) what=raw ;;
	s) what=shell ;;
	g) what='command' ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))

ko=${GEMCAST_KO:-$("$tree/scripts/module.sh" "$series" CONFIG_GEMCAST_SELFTEST=y)}
make -s -j"$(nproc)" -C "$tree/userspace" all >&2
output=$build/selftests
mkdir -p "$output"
make -s -j"$(nproc)" -C "$tree/selftests" OUTPUT="$output" all >&2
# As a user has it, for the tests of what is installed.
rm -rf "$output/installed"
make -s -C "$tree/userspace" install DESTDIR="$output/installed" PREFIX=/usr >&2

# the guest has no network to fetch it from
"$tree/scripts/kernel.sh" source 6.12 >/dev/null

guest=("$tree/selftests/guest/boot.sh" -k "$series"
	-e "GEMCAST_KO=$ko"
	-e "GEMCAST_INSTALLED=$output/installed"
	-e "GEMCAST_CACHE=$cache"
	-e "RACE_SECONDS=${RACE_SECONDS:-10}"
	${ROLLOVERS:+-e "ROLLOVERS=$ROLLOVERS"}
	${REKEYS:+-e "REKEYS=$REKEYS"}
	${TRANSPORT:+-e "TRANSPORT=$TRANSPORT"}
	${SLACK:+-e "SLACK=$SLACK"}
	-e "LD_LIBRARY_PATH=$tree/userspace/lib"
	-e "PATH=$tree/userspace/gemcast:$tree/userspace/miked:$output/tools:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
cd "$tree/selftests"

case $what in
shell)
	exec "${guest[@]}" -i bash
	;;
command)
	exec "${guest[@]}" -t "$limit" "$@"
	;;
esac

known=$(make -s OUTPUT="$output" emit_tests | sed -n 's/^gemcast://p')
if [ $# -eq 0 ]; then
	# shellcheck disable=SC2086
	set -- $known
fi
# By name also those that are not run otherwise.
known+=$'\n'$(sed -n 's/^TEST_PROGS_EXTENDED := //p' Makefile | tr ' ' '\n')
tests=()
for name; do
	name=$(echo "$known" | grep -Fx -e "$name" -e "$name.sh") || {
		echo "no such test: $name; there are:" $known >&2
		exit 2
	}
	# A binary that somebody built in the tree may be of another day.
	case $name in
	*.sh) tests+=("$tree/selftests/$name") ;;
	*) tests+=("$output/$name") ;;
	esac
done
if [ ${#tests[@]} -eq 0 ]; then
	echo "there is no test" >&2
	exit 1
fi

# The longest go first, each to the guest that has least to do.
share()
{
	printf '%s\n' "${tests[@]}" | awk -F / '
		FNR == NR { split($0, word, " "); seconds[word[1]] = word[2]; next }
		{ print $NF in seconds ? seconds[$NF] : 20, $0 }' durations - |
	sort -k 1nr -k 2 | awk -v guests="$guests" -v wanted="$1" '
		{
			least = 0
			for (i = 1; i < guests; i++)
				if (load[i] < load[least])
					least = i
			load[least] += $1
			if (least == wanted)
				print $2
		}'
}

# What the first guest prints comes as it is made, that of the others when that is over.
run_all()
{
	local i status=0 mine pids=()

	trap '[ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || :' EXIT
	for ((i = guests - 1; i >= 0; i--)); do
		mapfile -t mine < <(share "$i" | sort)
		[ ${#mine[@]} -gt 0 ] || continue
		mine=("${guest[@]}" -t "$limit" "$tree/selftests/guest/run-tests" "${mine[@]}")
		if [ "$i" -gt 0 ]; then
			"${mine[@]}" >"$output/guest.$i" 2>&1 &
			pids[i]=$!
		else
			"${mine[@]}" || status=$?
		fi
	done
	for i in "${!pids[@]}"; do
		wait "${pids[i]}" || status=$?
		cat "$output/guest.$i"
	done
	trap - EXIT
	return "$status"
}

if [ "$what" = raw ]; then
	run_all
	exit
fi
set +e
run_all | awk -v skips="$tree/selftests/skips.txt" -f "$tree/scripts/tally.awk"
status=("${PIPESTATUS[@]}")
[ "${status[0]}" -eq 0 ] && [ "${status[1]}" -eq 0 ]
