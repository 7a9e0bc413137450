#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# options.sh [-w]
#
# The table of options, the sample configuration and miked.conf(5) agree, and the
# sample is a good configuration. Prints TAP; with -w, writes sample and man page anew.

set -u
options=build/test/options miked=build/test/miked number=0 failed=0
page=../../Documentation/man/miked.conf.5 sample=../../Documentation/miked.conf.sample
begin='.\" the table of options begins' end='.\" the table of options ends'
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

"$options" sample >"$tmp/sample"
{
	sed "/^${begin//\\/\\\\}/q" "$page"
	"$options" man
	sed -n "/^${end//\\/\\\\}/,\$p" "$page"
} >"$tmp/page"

if [ "${1-}" = -w ]; then
	cp "$tmp/sample" "$sample"
	cp "$tmp/page" "$page"
	exit
fi

# check DESC COMMAND...
check()
{
	local desc=$1

	shift
	number=$((number + 1))
	if "$@" >"$tmp/log" 2>&1; then
		echo "ok $number - $desc"
	else
		echo "not ok $number - $desc"
		sed 's/^/# /' "$tmp/log"
		failed=1
	fi
}

check "the sample has the table of options: else make docs" diff "$sample" "$tmp/sample"
check "miked.conf(5) has the table of options: else make docs" diff "$page" "$tmp/page"

# The files that it names, and a group that is there.
sed "s,/etc/gemcast,$tmp,; s/group: gemcast/group: root/" "$sample" >"$tmp/conf"
touch "$tmp/ks.pem" "$tmp/ca.pem" "$tmp/ca.crl"
chmod -R a+rX "$tmp"
check "the sample is a good configuration" "$miked" --check --user "$(id -un)" "$tmp/conf"

# Every option is in it, and taken out each leaves an error or a preset.
check "the sample has every option" diff \
	<("$options" keys | sort -u) \
	<(sed -n 's/^[ -]*\([a-z-]*\):.*/\1/p' "$sample" | sort -u)
echo "1..$number"
exit "$failed"
