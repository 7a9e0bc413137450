#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# completion.sh COMMAND COMPLETION
#
# bash completion before a system of our own: the real command says what the
# grammar has, lists come from a file. Prints TAP.

set -u
command=$(readlink -f "$1") number=0 failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/bin"

cat >"$tmp/bin/gemcast" <<END
#!/bin/bash
echo "\$*" >>"$tmp/asked"
case "\$*" in
*'ks group show') printf 'audio\nvideo id keyid:video\n    epoch 3\n' ;;
*'status') printf 'audio state waiting\n    retry 5.000\nvideo state joined\n' ;;
*'group show') printf '7\n8 encap udp port 4500\n' ;;
*'sa show') printf 'group 7 spi 0x00001001 dst 239.1.1.1 dir both\n    state current\n' ;;
*'-s policy show') printf 'group 7 dst 239.1.1.1/32 dir both\n    index 3 out-packets 0\n' ;;
*'policy show') printf 'dst ff15::/16 dir both\n' ;;
*'peer show') printf 'group 8 to 198.51.100.7 port 4500\n' ;;
*) exec "$command" "\$@" ;;
esac
END
cat >"$tmp/bin/ip" <<'END'
#!/bin/bash
[ "$*" = '-n blue -o link' ] && printf '1: lo: <LOOPBACK>\n2: $(touch x)@if3: <UP>\n'
END
chmod +x "$tmp/bin/gemcast" "$tmp/bin/ip"
PATH=$tmp/bin:$PATH
. /usr/share/bash-completion/bash_completion
. "$2"

# completes DESC WANTED WORD...: the last word is the one that is not yet whole
completes()
{
	local desc=$1 wanted=$2 found

	shift 2
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMPREPLY=()
	COMP_POINT=${#COMP_LINE} COMP_TYPE=9 COMP_KEY=9
	_gemcast
	found=${COMPREPLY[*]-}
	number=$((number + 1))
	if [ "$found" = "$wanted" ]; then
		echo "ok $number - $desc"
	else
		echo "not ok $number - $desc"
		printf '# wanted: %s\n# found:  %s\n' "$wanted" "$found"
		failed=1
	fi
}

completes "objects and options" \
	"group policy sa sender peer monitor stats join leave status ks log help -json -pretty -statistics -netns -batch -force -control -Version -help" \
	gemcast ''
completes "an object" "policy peer" gemcast p
completes "an object behind options" "stats status" gemcast -j -n blue -c /s st
completes "an option" "-statistics" gemcast -s
completes "commands" "show add replace del flush help" gemcast group ''
completes "commands that begin so" "flush" gemcast policy f
completes "groups" "7 8" gemcast group show ''
completes "a new group is not one that is there" "" gemcast group add ''
completes "behind it" "encap port parallel help" gemcast group add 9 ''
completes "values" "none udp help" gemcast group add 9 encap ''
completes "on or off" "off on help" gemcast group replace 9 parallel ''
completes "words" "preserve" gemcast policy add dst 239.1.1.1 pre
completes "a policy's group" "7 8" gemcast policy add group ''
completes "a policy's index" "3" gemcast policy get index ''
completes "a policy's dst" "ff15::/16" gemcast policy del dst ff
completes "protocols" "igmp" gemcast policy add proto igm
completes "where SAs are from" "file fd - help" gemcast sa add key ''
completes "SPIs" "0x00001001" gemcast sa get spi 0
completes "an SA's dst" "239.1.1.1" gemcast sa show dst ''
completes "transforms" "'rfc4106(gcm(aes))' 'rfc4543(gcm(aes))'" gemcast sa add aead ''
completes "peers" "198.51.100.7" gemcast peer del group 8 to ''
completes "interfaces here" "lo" gemcast policy add dev lo
completes "interfaces there, of any name" "lo \$(touch x)" gemcast -n blue policy add dev ''
completes "events" "all acquire audit" gemcast monitor sa a
completes "groups to join" "audio video" gemcast join ''
completes "words behind one" "at as wait help" gemcast join video ''
completes "roles" "sender receiver both help" gemcast join video as ''
completes "groups to leave" "video" gemcast leave v
completes "groups to look at, of another miked" "audio" gemcast -control /s status a
completes "what a key server has" "group member rekey help" gemcast ks ''
completes "what can be done to its groups" "show add set del help" gemcast ks group ''
completes "its groups" "audio video" gemcast ks group show ''
completes "its members' group" "video" gemcast ks member expel group v
completes "no members" "" gemcast ks member show ''
completes "the group of a rekey" "audio video" gemcast ks rekey group ''
completes "and when" "now help" gemcast ks rekey group video ''
completes "areas of the log" "control conf" gemcast log info area co
completes "nothing behind what is wrong" "" gemcast group shwo ''
completes "nothing behind the end" "" gemcast stats reset ''
: >"$tmp/asked"
completes "a whole command" "" gemcast -n blue policy flush dev x
if grep -v '?/$' "$tmp/asked" | grep -q flush; then
	echo "not ok $((number + 1)) - but is not run"
	failed=1
else
	echo "ok $((number + 1)) - but is not run"
fi
echo "1..$((number + 1))"
exit "$failed"
