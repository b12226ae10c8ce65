# Rivulet: `make help` lists what there is.
#
# One variant of the build lives in one folder: build/ is what people run,
# build/asan what the tests run. `make VARIANT=asan` builds another.

VARIANT ?= release
CLANG_FORMAT ?= $(or $(shell command -v clang-format-14),clang-format)
CLANG_TIDY ?= $(or $(shell command -v clang-tidy-14),clang-tidy)

# make's own defaults are c++ and cc; an explicit CXX= or CC= wins.
ifeq ($(origin CXX),default)
  CXX := g++
endif
ifeq ($(origin CC),default)
  CC := gcc
endif

include scripts/llhttp.mk

# ---- flags -----------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion
ifdef WERROR
  WARNINGS += -Werror
endif
BUILD := build/$(VARIANT)
OPTIMISE := -O2 -g
EXTRA :=
FMT_LIBS := -lfmt
# WITH_JWT=0 needs no libjwt, and refuses the option subscribe-key-file.
WITH_JWT ?= 1
# WITH_REDIS=0 needs no hiredis, and refuses the option redis.
WITH_REDIS ?= 1

ifeq ($(VARIANT),release)
  BUILD := build
  EXTRA := -DNDEBUG -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
  LDFLAGS += -Wl,-z,relro,-z,now
else ifeq ($(VARIANT),static)  # for the container image: needs no library
  EXTRA := -DNDEBUG -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
  # Debian has no static libfmt: its headers alone will do. Nor a static libjwt,
  # which has more to it.
  WITH_JWT := 0
  WITH_REDIS := 0
  EXTRA += -DFMT_HEADER_ONLY
  LDFLAGS += -static-pie -s -Wl,-z,relro,-z,now
  FMT_LIBS :=
else ifeq ($(VARIANT),asan)
  OPTIMISE := -O1 -g -fno-omit-frame-pointer
  EXTRA := -fsanitize=address,undefined -fno-sanitize-recover=all -D_GLIBCXX_ASSERTIONS
  LDFLAGS += -fsanitize=address,undefined
else ifeq ($(VARIANT),debug)
  OPTIMISE := -O0 -g3
  EXTRA := -D_GLIBCXX_ASSERTIONS
else ifeq ($(VARIANT),fuzz)  # see "fuzzing" below
  CXX := $(or $(shell command -v clang++-14),clang++)
  CC := $(or $(shell command -v clang-14),clang)
  OPTIMISE := -O1 -g -fno-omit-frame-pointer
  EXTRA := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -D_GLIBCXX_ASSERTIONS
  LDFLAGS += -fsanitize=fuzzer,address,undefined
else ifeq ($(VARIANT),sim)  # fast, and with every assertion
  EXTRA := -D_GLIBCXX_ASSERTIONS
else ifeq ($(VARIANT),coverage)
  OPTIMISE := -O0 -g
  EXTRA := --coverage
  LDFLAGS += --coverage
else
  $(error VARIANT is release, static, asan, debug, fuzz, coverage or sim)
endif

ifeq ($(WITH_JWT),1)
  JWT_CFLAGS := -DRIVULET_WITH_JWT
  JWT_LIBS := -ljwt
endif

ifeq ($(WITH_REDIS),1)
  REDIS_CFLAGS := -DRIVULET_WITH_REDIS
  REDIS_LIBS := -lhiredis
endif

CPPFLAGS += -Isrc $(LLHTTP_CFLAGS) $(JWT_CFLAGS) $(REDIS_CFLAGS) -MMD -MP
CXXFLAGS += -std=c++20 $(OPTIMISE) $(WARNINGS) $(EXTRA)
# llhttp calls back into C++, which may throw std::bad_alloc through it.
CFLAGS += -fexceptions $(OPTIMISE) $(EXTRA)
LDLIBS += $(LLHTTP_LIBS) $(FMT_LIBS) $(JWT_LIBS) $(REDIS_LIBS)

# ---- what is built ---------------------------------------------------------

MAIN := src/daemon/main.cpp
SOURCES := $(filter-out $(MAIN),$(sort $(wildcard src/*/*.cpp)))
UNIT_TESTS := $(sort $(wildcard tests/unit/*.cpp tests/unit/*/*.cpp))
PAGE := $(sort $(wildcard www/*))

objects = $(patsubst %.cpp,$(BUILD)/obj/%.o,$(1))
LLHTTP_OBJECTS := $(patsubst $(LLHTTP_SOURCE_DIR)/%.c,$(BUILD)/obj/llhttp/%.o,$(LLHTTP_SOURCES))
LIBRARY := $(call objects,$(SOURCES)) $(BUILD)/obj/embedded_files.o $(LLHTTP_OBJECTS)

all: $(BUILD)/rivulet  ## Build build/rivulet (the default)

$(BUILD)/rivulet: $(call objects,$(MAIN)) $(LIBRARY)
	@echo "  LINK $@"
	@$(CXX) $(CXXFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(BUILD)/unit-tests: $(call objects,$(UNIT_TESTS)) $(LIBRARY)
	@echo "  LINK $@"
	@$(CXX) $(CXXFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

# The server on a simulated kernel, which takes the place of the files that
# make system calls.
SIM_REPLACES := $(addprefix src/os/,clock.cpp unique_fd.cpp socket.cpp \
  listener.cpp epoll_set.cpp inherited.cpp signals.cpp process.cpp \
  process_usage.cpp)
SIM_SOURCES := $(sort $(wildcard tests/sim/*.cpp))

$(BUILD)/rivulet-sim: $(call objects,$(SIM_SOURCES)) $(filter-out $(call objects,$(SIM_REPLACES)),$(LIBRARY))
	@echo "  LINK $@"
	@$(CXX) $(CXXFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

# Very many streams on a kernel that does nothing.
SCALE_REPLACES := $(addprefix src/os/,unique_fd.cpp socket.cpp epoll_set.cpp)
SCALE_SOURCES := $(sort $(wildcard tests/bench/scale/*.cpp))

$(BUILD)/rivulet-scale: $(call objects,$(SCALE_SOURCES)) $(filter-out $(call objects,$(SCALE_REPLACES)),$(LIBRARY))
	@echo "  LINK $@"
	@$(CXX) $(CXXFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

# What was chosen in the server, beside what else could have been.
CHOICES_SOURCES := $(sort $(wildcard tests/bench/choices/*.cpp))

$(BUILD)/rivulet-choices: $(call objects,$(CHOICES_SOURCES)) $(LIBRARY)
	@echo "  LINK $@"
	@$(CXX) $(CXXFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

# The benchmark's own programs, which need nothing of the server.
$(BUILD)/bench-%: $(BUILD)/obj/tests/bench/%.o
	@echo "  LINK $@"
	@$(CXX) $(CXXFLAGS) $(LDFLAGS) $^ $(FMT_LIBS) -o $@

# What only tests are made of is compiled with one precompiled header, and the
# unit tests in the least time: what they test is what they spend theirs in. Not
# at -O2, where it makes GCC 12 warn of copies in std::string that are none.
ifneq ($(filter asan fuzz coverage,$(VARIANT)),)
  PRELUDE := $(BUILD)/obj/tests/prelude.h.gch
  WITH_PRELUDE := $(if $(filter fuzz,$(VARIANT)),-include-pch $(PRELUDE),-include $(basename $(PRELUDE)))
endif
ifeq ($(VARIANT),asan)
  UNIT_PRELUDE := $(BUILD)/obj/tests/unit/prelude.h.gch
  UNIT_OBJECTS := $(call objects,$(UNIT_TESTS))
$(UNIT_OBJECTS): $(UNIT_PRELUDE)
$(UNIT_OBJECTS): private WITH_PRELUDE := -include $(basename $(UNIT_PRELUDE))
$(UNIT_OBJECTS) $(UNIT_PRELUDE): private OPTIMISE := -O0 -g
endif

$(BUILD)/obj/%.h.gch: %.h Makefile
	@mkdir -p $(@D)
	@echo "  CXX  $<"
	@$(CXX) $(CPPFLAGS) $(CXXFLAGS) -x c++-header $< -o $@

# A change of flags is a change of this file.
$(BUILD)/obj/%.o: %.cpp Makefile $(PRELUDE)
	@mkdir -p $(@D)
	@echo "  CXX  $<"
	@$(CXX) $(CPPFLAGS) $(CXXFLAGS) $(WITH_PRELUDE) -c $< -o $@

# Only these depend on WITH_JWT and WITH_REDIS: they are compiled anew when that
# changes.
$(BUILD)/obj/src/server/token_claims.o: $(BUILD)/with-jwt-$(WITH_JWT)
$(BUILD)/obj/src/cluster/redis_connection.o $(BUILD)/obj/src/os/resolver.o: \
  $(BUILD)/with-redis-$(WITH_REDIS)

$(BUILD)/with-jwt-% $(BUILD)/with-redis-%:
	@mkdir -p $(@D)
	@rm -f $(subst -$*,-*,$@)
	@touch $@

$(BUILD)/obj/llhttp/%.o: $(LLHTTP_SOURCE_DIR)/%.c
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(LLHTTP_CFLAGS) $(CFLAGS) -c $< -o $@

$(BUILD)/embedded_files.cpp: scripts/embed-www $(PAGE)
	@mkdir -p $(@D)
	@scripts/embed-www $(BUILD)/www $(PAGE) > $@

$(BUILD)/obj/embedded_files.o: $(BUILD)/embedded_files.cpp $(PAGE) $(PRELUDE)
	@mkdir -p $(@D)
	@echo "  CXX  $<"
	@$(CXX) $(CPPFLAGS) $(CXXFLAGS) $(WITH_PRELUDE) -c $< -o $@

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

man: $(BUILD)/rivulet.8  ## Write the manual page, build/rivulet.8

$(BUILD)/rivulet.8: $(BUILD)/rivulet
	@$< --man > $@

include scripts/packaging.mk

# ---- what people type ------------------------------------------------------

run:  ## Install what the build needs, build, and serve on port 3000
	@scripts/deps.sh build
	@$(MAKE) --no-print-directory -j$(shell nproc) all
	@exec build/rivulet

test:  ## Install what the tests need, build, and run every test
	@scripts/deps.sh test
	@tests/run

asan:  ## Build with AddressSanitizer and UBSan into build/asan
	@$(MAKE) --no-print-directory VARIANT=asan WERROR=1 build/asan/rivulet build/asan/unit-tests

unit: asan  ## Run the unit tests (with sanitizers)
	build/asan/unit-tests

exercises:  ## Which exercises of tests/exercises are done
	@tests/exercises/run

sim:  ## Simulate for 30 s, or one schedule with a trace: make sim SEED=n
	@$(MAKE) --no-print-directory -j$(shell nproc) VARIANT=sim WERROR=1 build/sim/rivulet-sim
	@build/sim/rivulet-sim $(if $(SEED),--seed $(SEED),--seconds 30)

bench-scale:  ## What 1,000 to 1,000,000 streams cost, without the kernel's part
	@$(MAKE) --no-print-directory -j$(shell nproc) build/rivulet-scale
	@build/rivulet-scale

bench-choices:  ## What else could have been chosen costs: lists, queues, deadlines, epoll
	@$(MAKE) --no-print-directory -j$(shell nproc) build/rivulet-choices
	@build/rivulet-choices

FORMATTED = $(shell find src tests -name node_modules -prune -o \( -name '*.h' -o -name '*.cpp' \) -print)

format:  ## Format the C++ sources in place
	$(CLANG_FORMAT) -i $(FORMATTED)

format-check:  ## Fail when a C++ source is not formatted
	$(CLANG_FORMAT) --dry-run --Werror $(FORMATTED)

lint: format-check compile_commands.json  ## Layers, sizes, clang's warnings, clang-tidy
	scripts/check-layers
	scripts/check-sizes
	clang++ -std=c++20 -Isrc $(LLHTTP_CFLAGS) $(JWT_CFLAGS) $(REDIS_CFLAGS) $(WARNINGS) -Werror -fsyntax-only $(SOURCES) $(MAIN)
	$(CLANG_TIDY) -p . --quiet $(SOURCES) $(MAIN)

compile_commands.json: Makefile  ## For clangd and clang-tidy
	@{ echo '['; separator=; for file in $(SOURCES) $(MAIN) $(UNIT_TESTS); do \
	  printf '%s{"directory": "%s", "file": "%s", "command": "c++ -std=c++20 -Isrc %s %s -c %s"}\n' \
	    "$$separator" '$(CURDIR)' "$$file" '$(LLHTTP_CFLAGS) $(JWT_CFLAGS) $(REDIS_CFLAGS)' '$(WARNINGS)' "$$file"; separator=,; \
	done; echo ']'; } > $@

# ---- fuzzing, coverage, bench, soak ------------------------------------------

FUZZ ?= connection parser events options text
FUZZ_SECONDS ?= 60
FUZZ_SHARED := $(addprefix tests/fuzz/,answers.cpp event_model.cpp \
  request_model.cpp route_model.cpp still_clock.cpp text_model.cpp)
FUZZ_LIBRARY := $(filter-out $(call objects,src/os/clock.cpp),$(LIBRARY))

# Only with VARIANT=fuzz, which `make fuzz` sets.
fuzzers: $(addprefix $(BUILD)/fuzz-,$(FUZZ))

.SECONDARY: $(call objects,$(wildcard tests/fuzz/*.cpp))
$(BUILD)/fuzz-%: $(BUILD)/obj/tests/fuzz/%.o $(call objects,$(FUZZ_SHARED)) $(FUZZ_LIBRARY)
	@echo "  LINK $@"
	@$(CXX) $(CXXFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

fuzz:  ## Fuzz FUZZ="connection parser events options text", each for FUZZ_SECONDS=60
	@scripts/deps.sh test
	@$(MAKE) --no-print-directory -j$(shell nproc) VARIANT=fuzz fuzzers
	@tests/fuzz/run --seconds $(FUZZ_SECONDS) $(FUZZ)

# The least share of the lines of src that the tests must reach, in percent.
COVERAGE_LEAST ?= 90
COVERAGE_RUN = RIVULET_BIN=build/coverage/rivulet python3 -m unittest discover -s $(1) -t $(1)

coverage:  ## Run the tests without sanitizers and show the lines of src they reach
	@scripts/deps.sh lint
	@$(MAKE) --no-print-directory -j$(shell nproc) VARIANT=coverage WERROR=1 \
	  build/coverage/rivulet build/coverage/unit-tests build/coverage/rivulet-sim
	@find build/coverage -name '*.gcda' -delete
	build/coverage/unit-tests
	$(call COVERAGE_RUN,tests/conformance)
	$(call COVERAGE_RUN,tests/e2e)
	build/coverage/rivulet-sim --seconds 20
	@gcovr --root . --filter src/ --object-directory build/coverage \
	  --txt build/coverage/lines.txt --csv build/coverage/lines.csv build/coverage/obj/src
	@grep '^src' build/coverage/lines.txt | grep -v '100%'
	@awk -F, -v least=$(COVERAGE_LEAST) 'NR > 1 { split($$1, part, "/"); folder = part[2]; \
	    lines[folder] += $$2; reached[folder] += $$3; lines["total"] += $$2; reached["total"] += $$3 } \
	  function show(name) { printf "%-8s %5d of %5d lines  %5.1f %%\n", name, reached[name], \
	    lines[name], 100 * reached[name] / lines[name] } \
	  END { for (name in lines) if (name != "total") show(name); show("total"); \
	    exit 100 * reached["total"] < least * lines["total"] }' build/coverage/lines.csv

bench: all bench-tools  ## What the server costs beside the least possible: ROUNDS=5 PEERS=1 README=1
ifdef README  # all that README.md and src/README.md show, and writes it there
	@$(MAKE) --no-print-directory build/rivulet-scale build/rivulet-choices
	@tests/bench/figures $(if $(ROUNDS),--rounds $(ROUNDS))
	@scripts/readme-figures
else
	@tests/bench/run $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(PEERS),--peers) $(BENCH)
endif

bench-cluster: all  ## What Redis between two instances costs: ROUNDS=5
	@tests/bench/cluster $(if $(ROUNDS),--rounds $(ROUNDS)) $(BENCH)

bench-tools: $(BUILD)/bench-floor $(BUILD)/bench-load

soak: all  ## Churn, faults and slow readers, all at once, for SOAK_MINUTES=30
	@tests/soak/soak

clean:  ## Remove everything that was built
	rm -rf build compile_commands.json

help:  ## This list
	@awk -F ':.*## ' '/^[a-z_.-]+:.*## / {printf "  make %-22s %s\n", $$1, $$2}' Makefile scripts/packaging.mk

.PHONY: all man run test asan unit exercises sim fuzz fuzzers coverage bench bench-cluster bench-tools bench-scale bench-choices soak format format-check lint clean help
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
