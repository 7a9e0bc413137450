#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check.sh [-k "SERIES..."] [STAGE...]
#
# Run all checks, or those named, and count: every stage is a result, and so is
# every test that a stage runs. The last line is "N passed, N failed, N skipped".
# The logs stay in the cache.
#
#	-k	the kernels of the tests in a guest: 6.1 (the default), 6.12, debug
#
# If debug is not among them, some tests run on it nevertheless where it is in the
# cache, or can be built in time: there are 8 CPUs, or GEMCAST_DEBUG_KERNEL=build.

set -eu -o pipefail

. "$(dirname "$0")/paths.sh"
cd "$tree"
# Debian's python3, for which setup.sh has the modules, before any other
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
logs=$build/check
mkdir -p "$logs"
series='6.1 6.12'
tested=6.1
quick='harness loop gem netlink faults'
number=0
while getopts k: option; do
	case $option in
	k) tested=$OPTARG ;;
	*) sed -n 's/^# \(check.sh .*\)/usage: \1/p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))

# run DESC COMMAND...: a stage that shows its output only if it fails
run()
{
	local desc=$1 log status began=$SECONDS

	shift
	number=$((number + 1))
	log=$logs/$number.log
	set +e
	(set -e; "$@") >"$log" 2>&1
	status=$?
	set -e
	if [ "$status" -ne 0 ]; then
		tail -n 100 "$log" | sed 's/^/| /'
		echo "| the log: $log"
		echo "not ok $number - $desc"
	else
		echo "ok $number - $desc"
	fi
	echo "# $((SECONDS - began)) s"
}

# run_tap DESC COMMAND...: a stage whose output is TAP itself
run_tap()
{
	local desc=$1 status=0 began=$SECONDS

	shift
	number=$((number + 1))
	"$@" || status=$?
	if [ "$status" -ne 0 ]; then
		echo "not ok $number - $desc"
	else
		echo "ok $number - $desc"
	fi
	echo "# $((SECONDS - began)) s"
}

# A compiler that is not the very one of the kernel is not our warning.
build_module()
{
	scripts/module.sh -c -d check "$@" 2>&1 | tee "$logs/build.log"
	! grep -i 'warning:' "$logs/build.log" |
		grep -v 'the compiler differs from the one used to build the kernel'
}

# Of what sparse says, only what it says about us: the kernel's headers make
# Debian's sparse complain too.
sparse_module()
{
	scripts/module.sh -c -d check "$1" CONFIG_GEMCAST_SELFTEST=y C=2 CHECK=sparse 2>&1 |
		tee "$logs/build.log"
	! grep -E '/(kmod|include/uapi)/[^:]*:[0-9]+:[0-9]+: (sparse: )?(warning|error):' \
		"$logs/build.log"
}

checkpatch()
{
	local source

	source=$(scripts/kernel.sh source 6.1)
	# shellcheck disable=SC2086
	git ls-files -co --exclude-standard -- ${CHECKPATCH:-kmod include} | grep '\.[ch]$' |
		xargs perl "$source/scripts/checkpatch.pl" --no-tree --strict --terse \
			--no-summary --show-types -f
}

# Every file says its licence, and every licence is here.
licences()
{
	local file line bad=0

	while read -r file; do
		line=$(grep -m1 'SPDX-License-Identifier: ' "$file") || {
			echo "$file: no licence"
			bad=1
			continue
		}
		for word in $(echo "${line#*Identifier: }" | tr -d '()' | sed 's/ OR / /; s/ WITH / /; s/-or-later//g; s/[*-]*[/>].*//'); do
			compgen -G "LICENSES/*/$word" >/dev/null || {
				echo "$file: LICENSES has no $word"
				bad=1
			}
		done
	done < <(git ls-files | grep -Ev '^LICENSES/|/tests/corpus/')
	return "$bad"
}

scripts_clean()
{
	git ls-files -co --exclude-standard | while read -r file; do
		case $file in
		*.sh | .ci/run | selftests/guest/*) ;;
		*) continue ;;
		esac
		shellcheck --severity=warning "$file" || echo "$file"
	done >"$logs/shellcheck"
	cat "$logs/shellcheck"
	[ ! -s "$logs/shellcheck" ]
}

# A tree as a clone has it.
export_tree()
{
	rm -rf "$1"
	git checkout-index -a --prefix="$1/"
}

# All files, under a root of its own.
installed()
{
	local root=$logs/root release path bad=0

	release=$(cat "$cache/image/6.1/release")
	rm -rf "$root"
	export_tree "$logs/tree"
	make -j"$(nproc)" -C "$logs/tree" install DESTDIR="$root" PREFIX=/usr KDIR="$cache/image/6.1/build"
	for path in "lib/modules/$release/updates/gemcast.ko" usr/sbin/gemcast \
		    usr/lib/libgemcast.so usr/lib/pkgconfig/libgemcast.pc usr/include/gemcast.h \
		    usr/include/linux/gemcast.h usr/share/man/man8/gemcast.8 usr/sbin/miked \
		    usr/share/man/man8/miked.8 usr/share/man/man5/miked.conf.5 \
		    usr/lib/systemd/system/miked.service usr/lib/sysusers.d/gemcast.conf \
		    usr/lib/tmpfiles.d/gemcast.conf \
		    usr/share/bash-completion/completions/gemcast; do
		[ -e "$root/$path" ] || {
			echo "not installed: /$path"
			bad=1
		}
	done
	return "$bad"
}

# As `make dkms` does it, but in a DKMS tree of its own.
dkms_build()
{
	local root=$logs/dkms release version

	release=$(cat "$cache/image/6.1/release")
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
	rm -rf "$root"
	mkdir -p "$root/src" "$root/tree"
	export_tree "$root/src/gemcast-$version"
	dkms add "gemcast/$version" --sourcetree "$root/src" --dkmstree "$root/tree"
	dkms build "gemcast/$version" --sourcetree "$root/src" --dkmstree "$root/tree" \
		-k "$release" --kernelsourcedir "$cache/image/6.1/build"
	find "$root/tree" -name 'gemcast.ko*' | grep .
}

stage_build()
{
	local kernel

	for kernel in $series; do
		run "the module for $kernel, W=1, no warning" build_module "$kernel" W=1
		run "with its self-tests, for $kernel" build_module "$kernel" W=1 CONFIG_GEMCAST_SELFTEST=y
	done
}

stage_sparse()
{
	local kernel

	for kernel in $series; do
		run "the module for $kernel under sparse" sparse_module "$kernel"
	done
}

stage_checkpatch()
{
	run "checkpatch --strict" checkpatch
}

stage_static()
{
	run "a licence in every file" licences
	run "what the conformance matrix names is there" scripts/conformance.sh
	run "clang-tidy over user space" make -k -j"$(nproc)" -C userspace tidy
	run "shellcheck over the scripts" scripts_clean
}

stage_install()
{
	run "make install" installed
	run "a build by DKMS" dkms_build
}

stage_userspace()
{
	run_tap "user space's tests" env CMOCKA_MESSAGE_OUTPUT=TAP make -j"$(nproc)" -C userspace check
}

stage_fuzz()
{
	run_tap "user space's fuzzers" make -s -C userspace fuzz
}

stage_selftests()
{
	local kernel

	for kernel in $tested; do
		run_tap "the tests in three guests with $kernel" scripts/selftest.sh -r -k "$kernel" -t 4500 \
			-j 3
	done
	case " $tested " in
	*' debug '*) return ;;
	esac
	if [ "${GEMCAST_DEBUG_KERNEL:-}" = build ] || [ "$(nproc)" -ge 8 ] ||
	   scripts/kernel.sh -n image debug >/dev/null; then
		# shellcheck disable=SC2086
		run_tap "some tests with the debug kernel" scripts/selftest.sh -r -k debug -t 600 $quick
	else
		echo "# the debug kernel is not here; GEMCAST_DEBUG_KERNEL=build builds it"
	fi
}

# The fuzzers take what the guest leaves of the CPUs.
stage_guest()
{
	nice -n 19 make -s -j"$(nproc)" -C userspace fuzz >"$logs/fuzz.log" 2>&1 &
	fuzzers=$!
	stage_selftests
	run_tap "user space's fuzzers" fuzzed
}

fuzzed()
{
	local status=0

	wait "$fuzzers" || status=$?
	cat "$logs/fuzz.log"
	return "$status"
}

all='build sparse checkpatch static install userspace guest'
if [ $# -eq 0 ]; then
	# shellcheck disable=SC2086
	set -- $all
fi
for stage; do
	"stage_$stage"
done 2>&1 </dev/null | awk -v skips=selftests/skips.txt -f scripts/tally.awk
