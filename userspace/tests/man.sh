#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# man.sh COMMAND PAGE FIELDS
#
# Every word that the command says may be given, every option, and every counter
# of FIELDS is explained in the man page, behind its synopsis. Prints TAP.

set -u
command=$1 page=$2 fields=$3 number=0 failed=0

# What the page explains: its words in bold, hyphens as they are typed.
explained=$(sed '1,/^\.SH DESCRIPTION/d' "$page" |
	grep -oE '^\.(B|BR|BI|RB) .*|\\fB[^\\]*(\\-[^\\]*)*\\fP' |
	sed 's/\\fB//g; s/\\fP//g; s/\\//g' | tr -cs 'A-Za-z0-9_-' '\n')

# explains DESC WORD...
explains()
{
	local desc=$1 word missing=''

	shift
	for word; do
		grep -qxF -e "$word" <<<"$explained" || missing+=" $word"
	done
	number=$((number + 1))
	if [ $# -gt 0 ] && [ -z "$missing" ]; then
		echo "ok $number - $desc"
	else
		echo "not ok $number - $desc"
		echo "# not explained:$missing"
		failed=1
	fi
}

# words_of WORD...: what may be behind these
words_of()
{
	"$command" "$@" '?/' 2>&1 | sed -n 's/.*expected one of: //p' | tr -d ,
}

# shellcheck disable=SC2046
while read -r -a point; do
	explains "words of: gemcast ${point[*]}" $(words_of "${point[@]}")
done <<-'END'

	group
	policy
	sa
	sender
	peer
	stats
	monitor
	group add 7
	group add 7 encap
	group add 7 encap udp
	group add 7 parallel
	policy add
	policy show
	policy add dir
	policy add action
	policy add mode
	policy add preserve
	policy add on-no-sa
	policy add df
	policy add reinject
	sa add
	sa show
	sender show
	sa add dir
	sa add key
	sa add sid 3
	sa add replay
	sa add limit
	sa add limit packets
	peer add
	join video
	join video as
	ks
	ks group
	ks group add
	ks group set
	ks group set file x
	ks member
	ks member admit
	ks member admit group video as
	ks rekey
	ks rekey group video
	log
	log info
	log info area
END
# shellcheck disable=SC2046
explains "options" $(words_of - | xargs -n 1 printf -- '-%s ')
# shellcheck disable=SC2046
explains "counters" $(awk '$1 == "stats" { print $2 }' "$fields")
echo "1..$number"
exit "$failed"
