#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# setup.sh [-n] {build|headers|dkms|guest|debug|host|bench|bench-ks|check}...
#
# See that the tools are there, and install the Debian packages of those that
# are not. If nothing is missing, apt is not asked at all. Services that come with
# them do not run on this host, neither now nor after its next boot.
#
#	-n	only name what is missing

set -eu

ask=''
if [ "${1:-}" = -n ]; then
	ask=1
	shift
fi
[ $# -gt 0 ] || set -- build

# for what, how to see it (a command, a file or a pkg-config module), the package
tools='
build	gcc				gcc
build	make				make
build	pkg-config			pkg-config
build	libmnl.pc			libmnl-dev
build	/usr/include/stdio.h		libc6-dev
build	jansson.pc			libjansson-dev
build	libcap-ng.pc			libcap-ng-dev
build	libcrypto.pc			libssl-dev
build	libcyaml.pc			libcyaml-dev
build	libseccomp.pc			libseccomp-dev
build	libsystemd.pc			libsystemd-dev
build	/usr/include/uthash.h		uthash-dev
build	sqlite3.pc			libsqlite3-dev
build	yaml-0.1.pc			libyaml-dev
headers	/usr/src/linux-headers-*-amd64	linux-headers-amd64
dkms	dkms				dkms
guest	qemu-system-x86_64		qemu-system-x86
guest	/bin/busybox			busybox-static
guest	/usr/share/keyrings/debian-archive-keyring.gpg	debian-archive-keyring
guest	flock				util-linux
guest	xz				xz-utils
debug	bc				bc
debug	bison				bison
debug	flex				flex
debug	patch				patch
host	libcrypto.pc			libssl-dev
host	/sbin/modprobe			kmod
host	/sbin/sysctl			procps
host	ip				iproute2
host	ethtool				ethtool
host	jq				jq
host	/usr/sbin/nft			nftables
host	openssl				openssl
host	python3				python3
host	/usr/lib/python3/dist-packages/yaml	python3-yaml
host	/usr/lib/python3/dist-packages/jsonschema	python3-jsonschema
host	/usr/sbin/smcroutectl		smcroute
host	/usr/sbin/igmpproxy		igmpproxy
host	socat				socat
host	tcpdump				tcpdump
host	tshark				tshark
bench	gnuplot				gnuplot-nox
bench	python3				python3
bench	wg				wireguard-tools
bench-ks	/usr/lib/ipsec/charon		strongswan-charon
bench-ks	/usr/lib/ipsec/plugins/libstrongswan-openssl.so	libstrongswan-standard-plugins
bench-ks	swanctl				strongswan-swanctl
bench-ks	bzip2				bzip2
bench-ks	/usr/share/keyrings/debian-archive-keyring.gpg	debian-archive-keyring
bench-ks	ip				iproute2
bench-ks	python3				python3
bench-ks	unshare				util-linux
check	clang				clang
check	clang-tidy			clang-tidy
check	/usr/share/bash-completion/bash_completion	bash-completion
check	/usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.fuzzer-x86_64.a	libclang-rt-14-dev
check	cmocka.pc			libcmocka-dev
check	/usr/lib/ipsec/charon		strongswan-charon
check	swanctl				strongswan-swanctl
check	/usr/lib/ipsec/plugins/libstrongswan-openssl.so	libstrongswan-standard-plugins
check	/usr/lib/ipsec/plugins/libstrongswan-curve25519.so	libstrongswan-extra-plugins
check	git				git
check	perl				perl
check	shellcheck			shellcheck
check	sparse				sparse
'

present()
{
	case $1 in
	/*) compgen -G "$1" >/dev/null ;;
	*.pc) pkg-config --exists "${1%.pc}" 2>/dev/null ;;
	*) PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null ;;
	esac
}

# What makes a service start at boot: systemd's links, and sysvinit's.
start_at_boot()
{
	compgen -G '/etc/systemd/system/*.wants/*.service' || :
	compgen -G '/etc/rc[2-5].d/S*' || :
}

# Those that were not there before, which a file lists: a package enables its service
# when it is installed, and asks nobody. Who wants one enables it as usual.
disable_new()
{
	local link

	start_at_boot | sort | comm -13 "$1" - | while read -r link; do
		case $link in
		/etc/rc?.d/*) update-rc.d "$(basename "$link" | cut -c4-)" disable ;;
		*) rm -f "$link" ;;
		esac
	done
}

missing=''
while read -r group tool package; do
	case " $* " in
	*" $group "*) ;;
	*) continue ;;
	esac
	if ! present "$tool"; then
		missing+=" $package"
		echo "setup: $tool is missing; Debian has it in $package" >&2
	fi
done < <(echo "$tools" | grep .)

[ -n "$missing" ] || exit 0
if [ -n "$ask" ]; then
	echo "setup: apt-get install$missing" >&2
	exit 1
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
	echo "setup: only root on Debian can install them: apt-get install$missing" >&2
	exit 1
fi
# Packages start their services by systemctl: deb-systemd-invoke does, and invoke-rc.d
# where systemd runs. Offline it does not talk to systemd. Without systemd, invoke-rc.d
# takes the runlevel from here, and in this one nothing of ours starts. A policy-rc.d would
# do, too, but is there for everybody, and stays if we are killed.
export SYSTEMD_OFFLINE=1 RUNLEVEL=1
export DEBIAN_FRONTEND=noninteractive
before=$(mktemp)
trap 'rm -f "$before"' EXIT
start_at_boot | sort >"$before"
apt-get -q update >&2
status=0
# shellcheck disable=SC2086
apt-get -q -y --no-install-recommends install $missing >&2 || status=$?
disable_new "$before" >&2
exit "$status"
