#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The examples of gemcast(8): each runs as it stands in the man page, in a
# namespace of its own that has what it speaks of. One that only ends by a signal
# gets one; what is said to miked is good as far as that it does not run here.

. "$(dirname "$0")/lib.sh"

page=$SELFTESTS/../Documentation/man/gemcast.8

# examples: each into a file $TMP/NUMBER, as a reader would copy it
examples()
{
	awk -v dir="$TMP" '
		/^\.EX/ { file = dir "/" ++n; next }
		/^\.EE/ { file = "" }
		file {
			gsub(/\\-/, "-")
			gsub(/\\\(aq/, "\x27")
			gsub(/\\e/, "\\")
			print >file
		}
		END { print n }' "$page"
}

# run_example NUMBER
run_example()
{
	local dir=$TMP/host$1 limit=()

	mkdir -p "$dir/etc"
	(
		umask 077
		head -c 20 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$dir/key"
		head -c 36 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$dir/etc/7.key"
	)
	ns_exec "host$1" ip link add eth0 type dummy
	ns_exec "host$1" ip link add lan0 type dummy
	grep -q monitor "$TMP/$1" && limit=(timeout --preserve-status -s INT 3)
	# shellcheck disable=SC2016
	ns_exec "host$1" bash -euc 'mount --bind "$0/etc" /etc/gemcast; cd "$0"; "$@"' \
		"$dir" "${limit[@]}" bash -eu "$TMP/$1"
}

load_module
made=''
[ -d /etc/gemcast ] || made=$(mkdir -v /etc/gemcast)
count=$(examples)
expect "the man page has examples" [ "$count" -ge 6 ]
for ((i = 1; i <= count; i++)); do
	ns_add "host$i"
	desc=$(head -n 1 "$TMP/$i" | cut -c1-60)
	if grep -qE '^gemcast (join|leave|status|ks|log) ' "$TMP/$i"; then
		expect_fail -s 2 -e 'miked does not run' "$desc" run_example "$i"
	else
		expect "$desc" run_example "$i"
	fi
done
[ -z "$made" ] || rmdir /etc/gemcast
