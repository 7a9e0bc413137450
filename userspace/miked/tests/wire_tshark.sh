#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tshark, whose dissector others wrote, reads all samples of tests/corpus/fuzz_wire: no
# message has a malformed mark, or is another message to it. Their Encrypted payloads
# are encrypted by ENCR_NULL, so that it looks into these too; gsa-rekey-sealed is what
# test_rekey_sa.c has, and tshark checks its ICV. Debian's tshark 4.0 does
# not know the names of G-IKEv2's exchanges, nor what is in GSA and KD: these are bytes
# to it, in their frame.

set -u
corpus=tests/corpus/fuzz_wire
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
number=0
failed=0

for tool in tshark text2pcap; do
	command -v "$tool" >/dev/null && continue
	echo "Bail out! $tool is missing: apt install tshark"
	exit 1
done

result() {	# STATUS NAME
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=1
	fi
}

names=()
for file in "$corpus"/*; do
	names+=("${file##*/}")
	od -Ax -tx1 -v "$file"
done >"$dir/hex"
text2pcap -q -u 500,500 "$dir/hex" "$dir/pcap" 2>"$dir/log" || sed 's/^/# /' "$dir/log"

keys='1122334455667788,99aabbccddeeff00,,,"NULL [RFC2410]",,,"NONE [RFC4306]"'
keymat=000102030405060708090a0b0c0d0e0fa0a1a2a3
rekey="c1c2c3c4c5c6c7c8,d1d2d3d4d5d6d7d8,$keymat,$keymat,\"AES-GCM-128 with 16 octet ICV [RFC5282]\",,,\"NONE [RFC4306]\""
HOME=$dir tshark -r "$dir/pcap" -o "uat:ikev2_decryption_table:$keys" \
	-o "uat:ikev2_decryption_table:$rekey" -T fields \
	-E separator='|' -E occurrence=a -E aggregator=' ' -e _ws.malformed -e _ws.expert \
	-e isakmp.exchangetype -e isakmp.typepayload >"$dir/fields" 2>"$dir/log"

# Payload types as tshark has them; 2 and 3 are proposals and transforms.
expect() {	# NAME FIELDS
	local i
	local line

	for i in "${!names[@]}"; do
		[ "${names[$i]}" = "$1" ] || continue
		line=$(sed -n "$((i + 1))p" "$dir/fields")
		[ "$line" = "||$2" ] || { echo "# $1: $line"; false; }
		result $? "tshark sees what is in $1"
		return
	done
	result 1 "$1 is there"
}

[ "$(wc -l <"$dir/fields")" = "${#names[@]}" ]
result $? "tshark reads ${#names[@]} messages"
malformed=$(grep -nv '^||' "$dir/fields")
[ -z "$malformed" ] || echo "# $malformed"
[ -z "$malformed" ]
result $? "none is malformed"

p6="2 3 3 3 3 3 3"
expect sa-init-request "34|33 $p6 2 3 3 3 3 3 34 40 41 41 41 41 41 41 41 43 43 43"
expect sa-init-cookie "34|41 33 $p6 2 3 3 3 3 3 34 40 41"
expect sa-init-response "34|33 2 3 3 3 3 34 40 38 38 41 41 41 41 41 41 41"
expect sa-init-cookie-wanted "34|41"
expect auth-request "35|46 35 37 37 37 38 38 36 39 33 2 3 3 2 3 3 44 45 41 41 41"
expect auth-response "35|46 36 39 33 2 3 3 44 45 41"
expect child-rekey-ike "36|46 33 $p6 40 34"
expect child-rekey-esp "36|46 41 33 2 3 3 2 3 3 40 44 45 41"
expect informational-delete-children "37|46 42 42 41"
expect informational-empty "37|46"
expect intermediate-request "43|46 34"
expect gsa-auth-request "39|46 35 37 37 37 38 38 36 39 50 33 2 3 3 3 3 3 2 3 3 2 3 3 41"
expect gsa-auth-response "39|46 36 37 37 37 39 51 52"
expect gsa-registration-request "40|46 50 33 2 3 3 3 3 3 2 3 3 2 3 3 41"
expect gsa-rekey "41|46 51 52 39"
expect gsa-rekey-sealed "41|46 42 39"
expect gsa-inband-rekey "42|46 51 52 42 42"
echo "1..$number"
exit "$failed"
