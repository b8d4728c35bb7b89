# Passant's verbs: `make demo` shows it, `make test` proves it, `make check` is quick.
# One build configuration everywhere: release, with testing enabled.

SHELL := /bin/bash
EXTRAS ?= ../shared
SWIFT_FLAGS := -c release -Xswiftc -enable-testing
BINARY := .build/release/passant

.PHONY: demo test check bench bench-membership soak soak-pairing mutate fuzz build tools clean help

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | head -2

# What the build needs and the machine may lack.
tools:
	@Scripts/install-tools

build: tools
	@Scripts/stage "build" Scripts/build-all $(SWIFT_FLAGS)

# A mesh of real processes on this machine, and two strangers who meet in it.
demo: tools
	@Scripts/stage "build (the first one takes about 10 minutes on two cores)" swift build $(SWIFT_FLAGS) --product passant
	@Scripts/demo $(BINARY)

test: export PASSANT_EXTRAS := $(abspath $(EXTRAS))
test: tools
	@Scripts/run-tests

# Format and tidiness: what to run before each commit.
check: tools
	@Scripts/stage "format" swift format lint --strict --recursive --parallel Sources Tests Benchmarks/Sources Package.swift Benchmarks/Package.swift
	@Scripts/stage "build" Scripts/build-all $(SWIFT_FLAGS) --build-tests
	@Scripts/stage "tidiness" swift test $(SWIFT_FLAGS) --skip-build --filter TidyTests

# Figures beside their bars, limits and peers, in one run; see Docs/Measurements.md.
bench: export PASSANT_EXTRAS := $(abspath $(EXTRAS))
bench: tools
	@Scripts/stage "build" swift build $(SWIFT_FLAGS) --product passant
	@Scripts/stage "build of the load programs" swift build $(SWIFT_FLAGS) --package-path Benchmarks
	@Scripts/bench $(BINARY) Benchmarks/.build/release

# Our membership beside memberlist on the same scenarios: make bench-membership EXTRAS=DIRECTORY RUNS=20
bench-membership: export PASSANT_EXTRAS := $(abspath $(EXTRAS))
bench-membership: tools
	@Scripts/stage "build" swift build $(SWIFT_FLAGS) --product passant
	@Scripts/bench-membership $(BINARY)

# Real processes, killed, frozen and restarted from a seed, and watched: make soak SECONDS=600 NODES=30 SEED=1
soak: SECONDS ?= 600
soak: tools
	@Scripts/stage "build" swift build $(SWIFT_FLAGS) --product passant
	@Scripts/soak $(BINARY) $(SECONDS)

# People on real leaves meet again and again while homes and doors are killed and frozen: make soak-pairing MEETINGS=300
soak-pairing: tools
	@Scripts/stage "build" swift build $(SWIFT_FLAGS) --product passant
	@Scripts/soak-pairing $(BINARY)

# Takes each check of the pure targets out in turn, and lists those that no test misses. Long; see Docs/Testing.md.
# Only those that are new since a commit: make mutate SINCE=COMMIT
mutate: tools
	@Scripts/mutate $(if $(SINCE),--since $(SINCE))

# Invents inputs and looks for one that breaks a promise: make fuzz SECONDS=1200 TARGETS="wire engine"
fuzz: SECONDS ?= 30
fuzz: TARGETS ?= wire noise records offers invites control settings engine
fuzz: tools
	@Scripts/fuzz run $(SECONDS) $(TARGETS)

clean:
	rm -rf .build .build-fuzz
