# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Key servers and group members, for tests of miked; to be sourced after traffic.sh.
# Each miked has a NAME, NAME.example.org is who it is, by a certificate or a pre-shared
# key, and it runs as the user nobody.
#
#	mike_pki			a CA, in $TMP/ca.pem
#	mike_conf NAME			a configuration, $TMP/NAME.conf, whose own parts come
#					from standard input, and a certificate
#	mike_conf_psk NAME PEER...	the same with a pre-shared key for each of these
#	mike_start NAME NS		when this returns, it answers
#	mike NAME ARG...		`gemcast ARG...`, asking this miked
#	mike_stop NAME			end it by SIGTERM
#	mike_kill NAME			by SIGKILL
#	mike_log NAME REGEX		how many lines of its log match
#	mike_group DST [LINE...]	a group "video" for a key server's configuration, which
#					everybody may send and receive, with more lines
#	mike_member ROLE KS-ADDR [LINE...]	a membership of it for a member's

for tool in miked openssl; do
	if ! command -v "$tool" >/dev/null; then
		fail "there is a program $tool"
		exit 1
	fi
done

MIKE_USER=nobody

# What that user has to get at.
mike_dir()
{
	chmod 711 "$TMP"
	mkdir -p "$TMP/run"
	chown $MIKE_USER "$TMP/run"
}

mike_pki()
{
	mike_dir
	openssl req -x509 -newkey ed25519 -nodes -days 2 -subj "/O=Example/CN=CA" \
		-keyout "$TMP/ca.key" -out "$TMP/ca.pem" 2>/dev/null
	chmod 644 "$TMP/ca.pem"
}

# mike_cert NAME: by that CA
mike_cert()
{
	openssl req -new -newkey ed25519 -nodes -subj "/O=Example/CN=$1" \
		-addext "subjectAltName=DNS:$1.example.org" \
		-keyout "$TMP/$1.key" -out "$TMP/$1.csr" 2>/dev/null
	openssl x509 -req -in "$TMP/$1.csr" -CA "$TMP/ca.pem" -CAkey "$TMP/ca.key" \
		-days 2 -copy_extensions copy -out "$TMP/$1.pem" 2>/dev/null
	chown $MIKE_USER "$TMP/$1.key"
	chmod 600 "$TMP/$1.key"
	chmod 644 "$TMP/$1.pem"
}

mike_conf()
{
	[ -e "$TMP/$1.pem" ] || mike_cert "$1"
	cat >"$TMP/$1.conf" <<-END
		log: { target: stderr, level: info }
		control: { socket: $TMP/run/$1.sock }
		credentials:
		  - name: here
		    identity: $1.example.org
		    certificate: $TMP/$1.pem
		    key: $TMP/$1.key
		trust: { ca: [ $TMP/ca.pem ] }
	END
	cat >>"$TMP/$1.conf"
	chmod 644 "$TMP/$1.conf"
}

# Both sides of a pair have one file.
mike_conf_psk()
{
	local name=$1 peer file

	shift
	mike_dir
	{
		cat <<-END
			log: { target: stderr, level: info }
			control: { socket: $TMP/run/$name.sock }
			credentials: [ { name: here, identity: $name.example.org } ]
			psk:
		END
		for peer; do
			file=$TMP/$(printf '%s\n' "$name" "$peer" | sort | paste -sd-).psk
			if ! [ -e "$file" ]; then
				(umask 077 && printf '0x%s\n' "$(od -An -v -tx1 -N 32 /dev/urandom |
					tr -d ' \n')" >"$file")
				chown $MIKE_USER "$file"
			fi
			echo "  - { peer: $peer.example.org, file: $file }"
		done
		cat
	} >"$TMP/$name.conf"
	chmod 644 "$TMP/$name.conf"
}

mike()
{
	gemcast -c "$TMP/run/$1.sock" "${@:2}"
}

mike_answers()
{
	mike "$1" status >/dev/null 2>&1
}

mike_start()
{
	in_background "miked.$1" "$2" miked --config "$TMP/$1.conf" --user $MIKE_USER
	wait_for -t 60 mike_answers "$1" || {
		diag <"$TMP/miked.$1.err"
		return 1
	}
}

mike_stop()
{
	kill -TERM "${pid_of[miked.$1]}"
	in_background_end "miked.$1" >/dev/null
}

mike_kill()
{
	kill -KILL "${pid_of[miked.$1]}"
	in_background_end "miked.$1" >/dev/null 2>&1 || :
}

mike_log()
{
	grep -Ec -e "$2" "$TMP/miked.$1.err" || :
}

mike_group()
{
	cat <<-END
		key-server:
		  credential: here
		  groups:
		    - name: video
		      traffic: [ { destination: $1, protocol: udp } ]
		      rekey: { transport: unicast }
		      members: [ { identity: "*.example.org", role: both } ]
	END
	shift
	[ $# -eq 0 ] || printf '      %s\n' "$@"
}

mike_member()
{
	cat <<-END
		member:
		  credential: here
		  key-servers:
		    - name: ks
		      address: $2
		      identity: ks.example.org
		      may-give: [ { destination: 239.0.0.0/8 }, { destination: ff3e::/16 } ]
		  groups:
		    - name: video
		      key-servers: [ ks ]
		      role: $1
		      register: command
	END
	shift 2
	[ $# -eq 0 ] || printf '      %s\n' "$@"
}
