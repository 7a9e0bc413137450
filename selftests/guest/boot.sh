#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# boot.sh [-k SERIES] [-t SECONDS] [-c CPUS] [-i] [-x ARG]... [-e NAME=VALUE]... [--] COMMAND [ARG]...
#
# Boot a stock Debian kernel in QEMU, or the debug kernel as a program of this
# host, and run COMMAND in it, as root, in the current directory. The guest sees this host's files under a tmpfs of its own,
# so it can write anywhere and leaves nothing behind. COMMAND's output comes out
# as it is made, and its exit status is ours. A guest that has not ended after
# SECONDS or that dies is a failure (125), and its console is shown.
#
#	-k	the kernel, 6.1 (the default), 6.12 or debug
#	-t	time for all of it, default 600
#	-c	so many CPUs, default 2
#	-e	set NAME in COMMAND's environment
#	-x	another argument for QEMU; one CPU, if any is given
#	-i	interactive: COMMAND gets this terminal, and no time limit
#
# GEMCAST_ACCEL=kvm or tcg overrides the choice of the accelerator.

set -eu

series=6.1 limit=600 interactive='' environment=() extra=() cpus=2
while getopts k:t:c:ie:x: option; do
	case $option in
	k) series=$OPTARG ;;
	t) limit=$OPTARG ;;
	c) cpus=$OPTARG ;;
	i) interactive=1 ;;
	e) environment+=("$OPTARG") ;;
	x) extra+=("$OPTARG") cpus=1 ;;
	*) sed -n 's/^# \(boot.sh .*\)/usage: \1/p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))

here=$(dirname "$(readlink -f "$0")")
. "$here/../../scripts/paths.sh"
image=$("$tree/scripts/kernel.sh" image "$series")
initramfs=$image/initramfs
if [ ! -e "$initramfs" ] || [ "$here/init" -nt "$initramfs" ] ||
   [ "$here/initramfs.sh" -nt "$initramfs" ]; then
	"$here/initramfs.sh" "$image" "$initramfs"
fi

mkdir -p "$cache/run"
run=$(mktemp -d "$cache/run/XXXXXX")
guest='' reader=''
cleanup()
{
	[ -z "$guest" ] || kill "$guest" 2>/dev/null || :
	[ -z "$reader" ] || kill "$reader" 2>/dev/null || :
	rm -rf "$run"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

{
	echo "cd $(printf %q "$PWD")"
	echo "export HOME=$(printf %q "${HOME:-/root}") TERM=$(printf %q "${TERM:-dumb}") LANG=C.UTF-8"
	for pair in "${environment[@]}"; do
		echo "export ${pair%%=*}=$(printf %q "${pair#*=}")"
	done
	if [ -n "$interactive" ]; then
		echo "stty $(stty size 2>/dev/null | sed 's/\(.*\) \(.*\)/rows \1 cols \2/')"
	fi
	printf 'exec'
	printf ' %q' "$@"
	echo
} >"$run/command"

mkfifo "$run/output"
: >"$run/status"
: >"$run/console"
if [ -n "$interactive" ]; then
	: >"$run/interactive"
fi
# A busy host may be late with the timer that the kernel wants to see at once.
words="no_timer_check loglevel=6 panic=-1 oops=panic softlockup_panic=1 hung_task_panic=1 watchdog_thresh=30 log_buf_len=4M random.trust_cpu=on mitigations=off norandmaps nokaslr gemcast.run=$run gemcast.image=$image gemcast.session=$here/session"

tcg='-accel tcg,thread=multi -cpu max,la57=off'
kvm='-accel kvm -cpu host'
common=(-nodefaults -no-user-config -display none -no-reboot -smp "$cpus"
	-kernel "$image/vmlinuz" -initrd "$initramfs")

# /dev/kvm may be there and yet not run a guest: boot one and see, once.
accelerator()
{
	local answer

	answer=$cache/accel-$(uname -r)
	if [ -n "${GEMCAST_ACCEL:-}" ]; then
		echo "$GEMCAST_ACCEL"
		return
	fi
	if [ ! -e "$answer" ]; then
		# shellcheck disable=SC2086
		if [ -w /dev/kvm ] &&
		   timeout -k 1 15 qemu-system-x86_64 $kvm "${common[@]}" -m 512M \
			-append "console=ttyS0 panic=-1 gemcast.probe" \
			-serial "file:$run/probe" </dev/null >/dev/null 2>&1 &&
		   grep -q 'gemcast: the guest is alive' "$run/probe"; then
			echo kvm >"$answer"
		else
			echo tcg >"$answer"
		fi
	fi
	cat "$answer"
}

# QEMU: the console is the serial port; output, status and terminal are virtio ports.
machine_qemu()
{
	local accel=$tcg

	[ "$cpus" -ne 1 ] || accel=${tcg/multi/single}
	if [ "$(accelerator)" = kvm ]; then
		accel=$kvm
	fi
	# shellcheck disable=SC2206
	machine=(qemu-system-x86_64 $accel "${common[@]}" -m 2G "${extra[@]}"
		-append "console=ttyS0 $words"
		-serial "file:$run/console"
		-virtfs "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap"
		-device virtio-serial
		-chardev "file,id=status,path=$run/status"
		-device "virtserialport,chardev=status,name=status")
	if [ -n "$interactive" ]; then
		machine+=(-chardev "null,id=output" -device "virtserialport,chardev=output,name=output"
			-chardev "stdio,id=terminal,signal=off" -device "virtconsole,chardev=terminal")
	else
		machine+=(-chardev "file,id=output,path=$run/output"
			-device "virtserialport,chardev=output,name=output")
	fi
}

# User-Mode Linux: the console is ttyS0, beside what the program itself says,
# output or terminal tty1, and the status is a file of the host's. Its processes
# are the host's: they end with it.
machine_uml()
{
	local terminal="null,fd:5"

	errors=$run/console
	exec 6>>"$run/console"
	if [ -n "$interactive" ]; then
		terminal="fd:0,fd:5"
		exec 5>&1
	fi
	# shellcheck disable=SC2206
	machine=(unshare --pid --fork --kill-child --mount-proc
		"$image/linux" mem=2G "initrd=$initramfs" "uml_dir=$run/" umid=guest
		con=null "con1=$terminal" ssl=null "ssl0=null,fd:6" console=ttyS0 $words)
	export TMPDIR=/dev/shm
	ulimit -c 0
}

errors=$run/errors
: >"$errors"
if [ -e "$image/linux" ]; then
	machine_uml
else
	machine_qemu
fi
if [ -n "$interactive" ]; then
	"${machine[@]}" 2>>"$errors"
else
	cat "$run/output" &
	reader=$!
	timeout --foreground -k 5 "$limit" "${machine[@]}" \
		</dev/null 5>"$run/output" >>"$errors" 2>&1 &
	guest=$!
	ended=0
	wait "$guest" || ended=$?
	guest=''
	wait "$reader" || :
	reader=''
	cat "$run/errors" >&2
fi

status=$(cat "$run/status")
if [ -z "$status" ]; then
	if [ "${ended:-0}" -eq 124 ]; then
		echo "guest: not done after $limit s; the end of its console:" >&2
	else
		echo "guest: died, with status ${ended:-0}; the end of its console:" >&2
	fi
	tail -n 80 "$run/console" | tr -d '\r' | sed 's/^/console: /' >&2
	exit 125
fi
exit "$status"
