# SPDX-License-Identifier: GPL-2.0-or-later
#
# make check: unit tests of the library and the command before a fake kernel, the
# names that the library shows, and the netlink specification; behind them come miked's
# own tests. make fuzz: the fuzzers, miked's too. All is built anew with sanitizers,
# and no warning is allowed, by gcc or by clang.

CLANG		?= clang
FUZZ_SECONDS	?= 60
KERNEL_SOURCE	?= $(shell ../scripts/kernel.sh source 6.12)

SANITIZE	= -fsanitize=address,undefined -fno-sanitize-recover=all
TEST_CFLAGS	= -g -O1 -fno-omit-frame-pointer -Werror

TESTS		= $(basename $(notdir $(wildcard tests/test_*.c)))
FUZZERS		= $(basename $(notdir $(wildcard tests/fuzz_*.c)))
TEST_BIN	= $(TESTS:%=$(BUILD)/test/%)
FUZZ_BIN	= $(FUZZERS:%=$(BUILD)/fuzz/%)

# What both have of ours, and of the kernel's stand-in.
PARTS		= $(LIB_SRC:.c=) $(CLI_SRC:.c=) tests/fake
TEST_OBJ	= $(PARTS:%=$(BUILD)/test/%.o) $(BUILD)/test/tests/run.o \
		  $(BUILD)/test/tests/fake_miked.o
FUZZ_OBJ	= $(PARTS:%=$(BUILD)/fuzz/%.o)

comma		= ,
wrap		= $(1:%=-Wl$(comma)--wrap=%)
WRAP		= $(call wrap,mnl_socket_open2 mnl_socket_bind mnl_socket_setsockopt \
		  mnl_socket_close mnl_socket_get_fd mnl_socket_sendto recvfrom prctl)

# The linker's names are what they are.
$(BUILD)/test/tests/%.o $(BUILD)/fuzz/tests/%.o: WARN += -Wno-missing-prototypes
# The tests have a main() of their own.
$(BUILD)/test/gemcast/main.o $(BUILD)/fuzz/gemcast/main.o: \
	WARN += -Dmain=gemcast_main -Wno-missing-prototypes

$(BUILD)/test/%.o: %.c
	@mkdir -p $(@D)
	$(call run,CC)$(CC) $(BASE) $(WARN) $(LIB_CFLAGS) $(TEST_CFLAGS) $(SANITIZE) -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(call run,CLANG)$(CLANG) $(BASE) $(WARN) $(LIB_CFLAGS) $(TEST_CFLAGS) $(SANITIZE) -fsanitize=fuzzer-no-link \
		-MMD -MP -c -o $@ $<

$(TEST_BIN): $(BUILD)/test/%: $(BUILD)/test/tests/%.o $(TEST_OBJ)
	$(call run,LD)$(CC) $(SANITIZE) $(WRAP) $(TEST_WRAP) -o $@ $^ $(LIB_LIBS) -lcmocka

$(BUILD)/test/test_control: TEST_WRAP = $(call wrap,clock_gettime)

$(FUZZ_BIN): $(BUILD)/fuzz/%: $(BUILD)/fuzz/tests/%.o $(FUZZ_OBJ)
	$(call run,LD)$(CLANG) $(SANITIZE) -fsanitize=fuzzer $(WRAP) $(FUZZ_WRAP) -o $@ $^ $(LIB_LIBS)

$(BUILD)/fuzz/fuzz_args: FUZZ_WRAP = $(call wrap,open read)
$(BUILD)/fuzz/fuzz_control: FUZZ_WRAP = $(call wrap,socket connect)

$(BUILD)/test/fields: $(BUILD)/test/tests/fields.o $(LIB_SRC:%.c=$(BUILD)/test/%.o)
	$(call run,LD)$(CC) $(SANITIZE) -o $@ $^ $(LIB_LIBS)

check-tools:
	$(call need,python3,python3)
	$(call need-library,cmocka,libcmocka-dev)
	$(if $(shell python3 -c 'import yaml, jsonschema' 2>/dev/null && echo yes),,\
		$(error python modules are missing: apt install python3-yaml python3-jsonschema))
	$(if $(wildcard /usr/share/bash-completion/bash_completion),,\
		$(error bash completion is missing: apt install bash-completion))

fuzz-tools:
	$(call need,$(CLANG),clang)
	$(if $(wildcard $(shell $(CLANG) -print-resource-dir)/lib/linux/libclang_rt.fuzzer*),,\
		$(error libFuzzer is missing: apt install libclang-rt-14-dev))

check: check-tools $(LIB_SO) $(LIB_A) gemcast/gemcast $(TEST_BIN) $(BUILD)/test/fields
	@$(BUILD)/test/fields >$(BUILD)/fields
	@failed=0; \
	tests/check.sh $(TEST_BIN) -- $(KERNEL_SOURCE) || failed=1; \
	$(MAKE) --no-print-directory -C miked check || failed=1; \
	exit $$failed

fuzz: fuzz-tools $(FUZZ_BIN)
	@$(MAKE) --no-print-directory -C miked fuzzers
	@tests/fuzz.sh $(FUZZ_SECONDS) $(FUZZ_BIN) miked/build/fuzz/fuzz_*

-include $(wildcard $(BUILD)/test/*/*.d $(BUILD)/fuzz/*/*.d)

.PHONY: check-tools fuzz-tools fuzz
.SECONDARY: $(TEST_BIN:$(BUILD)/test/%=$(BUILD)/test/tests/%.o) \
	$(FUZZ_BIN:$(BUILD)/fuzz/%=$(BUILD)/fuzz/tests/%.o)
