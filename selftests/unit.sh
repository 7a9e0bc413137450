#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# miked.service, started by systemd: a key server and a member in namespaces of their
# own, with all that the unit and the sandbox deny. systemd is process 1 of a process
# namespace, and knows no other units of this host's than it needs.
#
# timeout=600

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"
. "$SELFTESTS/mike.sh"

# Its configuration leaves out what systemd asks of a kernel and nobody else here.
if [ -e /proc/exitcode ]; then
	skip_all "the debug kernel is not one for systemd"
fi

GROUP=239.1.1.1
CAPABILITIES=0000000000001400	# CAP_NET_BIND_SERVICE, CAP_NET_ADMIN
MEMBER=/run/gemcast/miked.sock KS=/run/gemcast/ks.sock
systemd=''	# its process id

# --- systemd --------------------------------------------------------------------------

# What a user who installs it does. The module has a tree of modules of its own, so
# that depmod does not read all.
install_all()
{
	local release dependency dir=$TMP/modules/lib/modules

	if [ -z "${GEMCAST_INSTALLED:-}" ]; then
		GEMCAST_INSTALLED=$TMP/installed
		make -s -C "$SELFTESTS/../userspace" install DESTDIR="$GEMCAST_INSTALLED" PREFIX=/usr
	fi
	cp -r "$GEMCAST_INSTALLED/." /
	release=$(uname -r)
	mkdir -p "$dir/$release"
	for dependency in $(modinfo -F depends "$GEMCAST_KO" | tr , ' '); do
		modprobe --show-depends "$dependency" | awk '$1 == "insmod" { print $2 }' |
			xargs -r cp -t "$dir/$release"
	done
	cp "$GEMCAST_KO" "$dir/$release"
	cp "/lib/modules/$release"/modules.{order,builtin*} "$dir/$release"
	depmod -b "$TMP/modules" "$release"
	mount --bind "$dir/$release" "/lib/modules/$release"
}

# What there is of units is left out, but for those that make a bare system, and so are
# those that would be made of /etc/fstab and /etc/init.d.
reduce_units()
{
	local name dir=/usr/lib/systemd/system

	mkdir "$TMP/units" "$TMP/generators"
	for name in basic.target sysinit.target shutdown.target umount.target multi-user.target \
		    sockets.target slices.target network.target modprobe@.service \
		    systemd-journald.service systemd-journald.socket miked.service; do
		cp "$dir/$name" "$TMP/units"
	done
	mkdir "$TMP/units/sysinit.target.wants"
	ln -s ../systemd-journald.service "$TMP/units/sysinit.target.wants"
	mount --bind "$TMP/units" "$dir"
	mkdir -p /run/systemd
	for name in /etc/systemd/system /run/systemd /var/log; do
		mount -t tmpfs tmpfs $name
	done
}

# As systemd-nspawn does it for one in a container: mounts, as those of credentials, are
# seen by services that are begun later.
systemd_start()
{
	mkdir -p /sys/fs/cgroup
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mkdir -p "/sys/fs/cgroup/$NS_PREFIX"
	# shellcheck disable=SC2016
	bash -euc '
		echo $$ >"/sys/fs/cgroup/$1/cgroup.procs"
		export container=gemcast SYSTEMD_GENERATOR_PATH=$2
		exec unshare --pid --fork --kill-child --mount --mount-proc --cgroup --uts \
			bash -euc "
				mount --make-rshared /
				umount /sys/fs/cgroup
				mount -t cgroup2 cgroup2 /sys/fs/cgroup
				exec /lib/systemd/systemd --system --unit=multi-user.target"
		' _ "$NS_PREFIX" "$TMP/generators" >"$TMP/systemd.out" 2>&1 &
	unshare=$!
	wait_for -t 240 systemd_runs || {
		{
			cat "$TMP/systemd.out"
			inside systemctl list-units --no-pager
			inside journalctl -q -b --no-pager
		} 2>&1 | diag
		return 1
	}
}

systemd_runs()
{
	systemd=$(cat "/proc/$unshare/task/$unshare/children" 2>/dev/null) || return 1
	[ -n "$systemd" ] && [ "$(inside systemctl is-system-running 2>&1)" = running ]
}

# inside COMMAND...: where systemd runs
inside()
{
	nsenter -t ${systemd% } --pid --mount --cgroup --uts -- "$@"
}


# What systemd and miked said is of use if anything failed.
finish_unit()
{
	local status=$?

	trap - ERR
	set +eE
	if [ -n "$systemd" ] && { [ "$status" -ne 0 ] || [ "$test_failed" -gt 0 ]; }; then
		inside journalctl -q --no-pager -o cat _PID=1 + SYSLOG_IDENTIFIER=miked | diag
	fi
	(exit "$status")
	finish
}
trap finish_unit EXIT

# --- units ----------------------------------------------------------------------------

# drop_in UNIT NAME: from standard input
drop_in()
{
	mkdir -p "/etc/systemd/system/$1.service.d"
	cat >"/etc/systemd/system/$1.service.d/$2.conf"
	inside systemctl daemon-reload
}

drop_out()
{
	rm "/etc/systemd/system/$1.service.d/$2.conf"
	inside systemctl daemon-reload
}

# property UNIT NAME
property()
{
	inside systemctl show -P "$2" "$1"
}

is()
{
	[ "$(property "$1" "$2")" = "$3" ]
}

# said UNIT REGEX: how many lines of its log match
said()
{
	inside journalctl -q -o cat --no-pager -u "$1" | grep -Ec -e "$2" || :
}

has_said()
{
	[ "$(said "$1" "$2")" -ge "${3:-1}" ]
}

# properties UNIT NAME,NAME...: NAME=VALUE of each, by the alphabet
properties()
{
	inside systemctl show -p "$2" "$1" | sort | xargs
}

# read_process UNIT: for field NAME, of its main process, as the kernel tells
read_process()
{
	inside cat "/proc/$(property "$1" MainPID)/status" >"$TMP/process"
}

field()
{
	sed -n "s/^$1:[[:space:]]*//p" "$TMP/process" | tr '\t' ' '
}

is_stopped()
{
	read_process "$1" && [[ $(field State) = T* ]]
}

# other_process UNIT PID: it runs, and is another
other_process()
{
	is "$1" ActiveState active && ! is "$1" MainPID "$2"
}

# as_user GROUPS COMMAND...: neither root nor miked's user
as_user()
{
	inside setpriv --reuid=nobody --regid=nogroup "$@"
}

# --- miked ----------------------------------------------------------------------------

member_joined()
{
	[ "$(gemcast -c $MEMBER -j status video | jq -r '.[0].state')" = joined ] &&
		[ "$(gc gm -j sa show | jq length)" -gt 0 ]
}

spis()
{
	gc gm -j sa show | jq -r '[.[].spi] | unique | join(" ")'
}

other_spis()
{
	[ -n "$(spis)" ] && [ "$(spis)" != "$1" ]
}

# conf WHO NAME SOCKET: /etc/gemcast/NAME.conf, its own parts from standard input
conf()
{
	{
		cat <<-END
			log: { level: info }
			control: { socket: $3, group: gemcast }
			credentials:
			  - name: here
			    identity: $1.example.org
			    certificate: /etc/gemcast/$1.pem
			    key: credential:$1.key
			trust: { ca: [ /etc/gemcast/ca.pem ] }
		END
		cat
	} >"/etc/gemcast/$2.conf"
}

install_conf()
{
	local name

	mike_pki
	install -m 644 "$TMP/ca.pem" /etc/gemcast
	for name in ks gm; do
		mike_cert $name
		install -m 644 "$TMP/$name.pem" /etc/gemcast
	done
	mike_group $GROUP | conf ks ks $KS
	mike_member both 10.0.0.9 'join-multicast: yes' 'interface: eth0' |
		sed 's/register: command/register: start/' | conf gm miked $MEMBER
}

# The member is miked.service itself; the key server another of the kind.
install_units()
{
	cp /usr/lib/systemd/system/miked.service /etc/systemd/system/ks.service
	install -m 600 "$TMP/ks.key" /etc/gemcast
	drop_in ks test <<-END
		[Unit]
		ConditionPathExists=
		ConditionPathExists=/etc/gemcast/ks.conf
		[Service]
		ExecStart=
		ExecStart=/usr/sbin/miked --config /etc/gemcast/ks.conf
		LoadCredential=ks.key:/etc/gemcast/ks.key
		NetworkNamespacePath=/run/netns/$(ns_name ks)
	END
	inside systemd-creds encrypt --with-key=host --name=gm.key "$TMP/gm.key" \
		/etc/gemcast/gm.key.cred
	drop_in miked test <<-END
		[Service]
		LoadCredentialEncrypted=gm.key:/etc/gemcast/gm.key.cred
		NetworkNamespacePath=/run/netns/$(ns_name gm)
	END
}

# --- no configuration -----------------------------------------------------------------

ns_add ks gm
lan_add lan ks:eth0:10.0.0.9/24:fd00::9/64 gm:eth0:10.0.0.1/24:fd00::1/64
install_all
reduce_units
systemd_start
expect "systemd-sysusers takes what is installed" inside systemd-sysusers gemcast.conf
expect "there is a user gemcast, who does not log in" \
	grep -qE '^gemcast:.*:/usr/s?bin/nologin$' /etc/passwd
expect "systemd-tmpfiles takes what is installed" inside systemd-tmpfiles --create gemcast.conf
expect_eq "there are directories" \
	"gemcast:gemcast 755 root:gemcast 750 gemcast:gemcast 700" \
	"$(stat -c '%U:%G %a' /run/gemcast /etc/gemcast /var/lib/gemcast | xargs)"
expect "miked can be enabled" inside systemctl enable miked
expect_fail "the module is not loaded" module_loaded
expect "without a configuration its start is no error" inside systemctl start miked
expect_eq "it was skipped" "ActiveState=inactive ConditionResult=no Result=success" \
	"$(properties miked ActiveState,ConditionResult,Result)"

# --- start ----------------------------------------------------------------------------

install_conf
install_units
expect "the key server starts" inside systemctl start ks
expect "with the module" module_loaded
expect "the key server answers at once" gemcast -c $KS ks group show

# A miked that waits before its first step.
drop_in miked wait <<-'END'
	[Service]
	ExecStart=
	ExecStart=/bin/sh -c 'kill -STOP $$$$; exec /usr/sbin/miked'
END
inside systemctl start --no-block miked
expect "a miked that is not ready" wait_for -t 60 is_stopped miked
expect_eq "is not active" activating "$(property miked ActiveState)"
inside kill -CONT "$(property miked MainPID)"
expect "it is when it is ready" wait_for -t 60 is miked ActiveState active
drop_out miked wait

expect "the member starts" inside systemctl restart miked
expect "it registers: there are SAs" wait_for -t 60 member_joined
uid=$(id -u gemcast)
for unit in ks miked; do
	read_process $unit
	expect_eq "$unit runs as user gemcast" "$uid $uid $uid $uid" "$(field Uid)"
	for set in CapPrm CapEff CapBnd; do
		expect_eq "$unit has two capabilities, $set" $CAPABILITIES "$(field $set)"
	done
	expect_eq "$unit gains no privileges" 1 "$(field NoNewPrivs)"
	expect_eq "$unit has a filter of calls" 2 "$(field Seccomp)"
	expect "$unit has its memory locked" [ "$(field VmLck | sed 's/ kB//')" -gt 1000 ]
done
expect_eq "the member joined the IP multicast group" 1 \
	"$(ns_exec gm ip -4 maddr show dev eth0 | grep -c $GROUP)"
expect "the log is found by its fields" eval \
	'inside journalctl -q -o cat -u miked GEMCAST_GROUP=video | grep -q .'

# --- the control socket ---------------------------------------------------------------

expect "a member of the group asks" \
	as_user --groups gemcast /usr/sbin/gemcast -c $MEMBER status
expect_fail -s 2 "another user does not" \
	as_user --clear-groups /usr/sbin/gemcast -c $MEMBER status
expect_fail "nor reads the configuration" as_user --clear-groups cat /etc/gemcast/miked.conf
before=$(spis)
expect "another key is asked for" gemcast -c $KS ks rekey group video now
expect "and comes" wait_for -t 60 other_spis "$before"

# --- reload ---------------------------------------------------------------------------

pid=$(property ks MainPID)
cp /etc/gemcast/ks.conf "$TMP/good"
echo 'nonsense: 1' >>/etc/gemcast/ks.conf
expect "a reload with an error in the configuration" inside systemctl reload ks
expect "the log says that it was not" wait_for -t 60 has_said ks 'not reloaded'
expect "and why" has_said ks 'ks.conf:[0-9]*: .*nonsense'
expect "systemctl status shows it" eval 'inside systemctl status ks | grep -q "not reloaded"'
sed 's/239.1.1.1/239.1.1.2/; s/name: video/name: audio/' "$TMP/good" >/etc/gemcast/ks.conf
sed '/^  groups:$/,$!d; /^  groups:$/d' "$TMP/good" >>/etc/gemcast/ks.conf
expect "a reload with a group more" inside systemctl reload ks
expect "the log says that it was" wait_for -t 60 has_said ks 'ks.conf: reloaded'
expect "the group is there" eval 'gemcast -c $KS -j ks group show | grep -q audio'
expect_eq "all the while one process ran" "ActiveState=active MainPID=$pid" \
	"$(properties ks ActiveState,MainPID)"

# --- again ----------------------------------------------------------------------------

drop_in miked watchdog <<-END
	[Service]
	WatchdogSec=8
END
inside systemctl restart miked
expect "it registers" wait_for -t 60 member_joined
pid=$(property miked MainPID)
inside kill -STOP "$pid"
expect "a miked that hangs is started again" wait_for -t 60 other_process miked "$pid"
expect "by the watchdog" has_said miked 'Watchdog timeout'
expect "it registers" wait_for -t 60 member_joined
drop_out miked watchdog
inside systemctl restart miked
expect "it registers" wait_for -t 60 member_joined
pid=$(property miked MainPID)
inside kill -KILL "$pid"
expect "a miked that was killed is started again" wait_for -t 60 other_process miked "$pid"
expect "it registers again" wait_for -t 60 member_joined

# --- the end --------------------------------------------------------------------------

expect "miked is stopped" inside systemctl stop miked
expect_eq "its exit status is 0" "ActiveState=inactive ExecMainStatus=0 Result=success" \
	"$(properties miked ActiveState,ExecMainStatus,Result)"
expect_eq "its SAs are gone" 0 "$(gc gm -j sa show | jq length)"
expect_eq "policies stay" true "$(gc gm -j policy show | jq 'length > 0')"
expect_eq "its directory stays, the socket does not" "ks.sock" "$(ls /run/gemcast)"
cp /etc/gemcast/miked.conf "$TMP/good"
echo 'nonsense: 1' >>/etc/gemcast/miked.conf
expect_fail "it does not start with an error in the configuration" inside systemctl start miked
expect_eq "which is no reason to try again" "ActiveState=failed ExecMainStatus=1 NRestarts=0" \
	"$(properties miked ActiveState,ExecMainStatus,NRestarts)"
expect "the log says why" has_said miked 'miked.conf:[0-9]*: .*nonsense'
expect "the key server is stopped" inside systemctl stop ks
expect_eq "exit status 0" 0 "$(property ks ExecMainStatus)"
for unit in ks miked; do
	expect_eq "nothing was refused to $unit" 0 "$(said $unit 'not permitted|Permission denied')"
done
