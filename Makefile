# SPDX-License-Identifier: GPL-2.0-or-later
#
# gemcast: the kernel module and user space. `make help` lists the targets.

VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
PREFIX ?= /usr/local
DESTDIR ?=
KERNEL ?= 6.1
TEST ?=
FUZZ_SECONDS ?= 600

# The kernel to build for: the running one, or the newest that has headers here.
KDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
		    $(shell ls -d /usr/src/linux-headers-*-amd64 2>/dev/null | sort -Vr))
KRELEASE = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h)

# What checkpatch --strict looks at.
CHECKPATCH ?= kmod include

DKMS_SRC = /usr/src/gemcast-$(VERSION)

.PHONY: all modules userspace install install-module dkms clean help \
	bench bench-ks bench-rekey demo check check-full selftest selftest-shell fuzz sparse checkpatch

all: modules userspace	## build the module and user space (the default)

modules:	## build gemcast.ko; KDIR=PATH for another kernel
	@scripts/setup.sh -n build $(if $(KDIR),,headers)
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

userspace:	## build the gemcast command and libgemcast
	@scripts/setup.sh -n build
	$(MAKE) -C userspace all

install: install-module	## install all: module, command, library, headers, man page; DESTDIR=, PREFIX=
	$(MAKE) -C userspace install DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)

install-module: modules
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_PATH=$(DESTDIR) INSTALL_MOD_DIR=updates \
		CONFIG_MODULE_SIG_ALL= $(if $(DESTDIR),DEPMOD=true) modules_install

dkms:	## build and install the module by DKMS, for this kernel and later ones
	@scripts/setup.sh -n dkms
	rm -rf $(DKMS_SRC)
	mkdir -p $(DKMS_SRC)
	cp -r Makefile Kbuild dkms.conf kmod include scripts LICENSES $(DKMS_SRC)
	-dkms remove gemcast/$(VERSION) --all 2>/dev/null
	dkms add gemcast/$(VERSION)
	dkms install gemcast/$(VERSION) --force -k $(KRELEASE) --kernelsourcedir $(KDIR)

clean:	## remove what was built here
	$(if $(KDIR),$(MAKE) -C $(KDIR) M=$(CURDIR) clean)
	$(MAKE) -C userspace clean

demo:	## show it at work, in a guest; HOST=1 on this host
	scripts/setup.sh build host $(if $(HOST),,guest)
	scripts/demo.sh $(if $(HOST),-h)

check:	## all checks and tests, as CI runs them; KERNEL=6.12 for the tests on that one
	scripts/setup.sh build host guest debug dkms check
	CHECKPATCH="$(CHECKPATCH)" scripts/check.sh -k $(KERNEL)

check-full:	## check with the tests on every kernel, and races for a minute
	scripts/setup.sh build host guest debug dkms check
	CHECKPATCH="$(CHECKPATCH)" RACE_SECONDS=60 scripts/check.sh -k "6.1 6.12 debug"

bench:	## what a packet costs, beside XFRM, MACsec and WireGuard; scripts/bench.sh has the variables
	scripts/setup.sh build host guest bench
	scripts/bench.sh $(if $(OUTPUT),-o $(OUTPUT))

bench-ks:	## what a registration costs a key server, beside strongSwan's figures; MEMBERS=1000 ROUNDS=3
	scripts/setup.sh build bench-ks
	$(MAKE) -C userspace/miked bench-ks

bench-rekey:	## time and bytes from a rekey until all members have it; FOLLOWERS="10 100 1000" REKEYS=5
	scripts/setup.sh build host
	$(MAKE) -C userspace/miked bench-rekey

selftest:	## the tests in a guest; TEST="NAME..." for some, KERNEL=6.12 or debug for another kernel
	scripts/setup.sh build host guest $(filter debug,$(KERNEL))
	scripts/selftest.sh -k $(KERNEL) $(TEST)

selftest-shell:	## a shell in the guest; KERNEL=6.12 or debug
	scripts/setup.sh build host guest $(filter debug,$(KERNEL))
	scripts/selftest.sh -k $(KERNEL) -s

fuzz:	## the fuzzers of user space, each for FUZZ_SECONDS=600
	scripts/setup.sh build check
	$(MAKE) -C userspace fuzz FUZZ_SECONDS=$(FUZZ_SECONDS)

sparse:	## the module under sparse
	scripts/check.sh sparse

checkpatch:	## checkpatch --strict over CHECKPATCH="PATH..."
	CHECKPATCH="$(CHECKPATCH)" scripts/check.sh checkpatch

help:	## this
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | expand -t 18
