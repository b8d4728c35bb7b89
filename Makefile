# Passant's verbs: `make demo` shows it, `make test` proves it, `make check` is quick.
# One build configuration everywhere: release, with testing enabled.

SHELL := /bin/bash
EXTRAS ?= ../shared
SWIFT_FLAGS := -c release -Xswiftc -enable-testing
BINARY := .build/release/passant

.PHONY: demo test check bench fuzz build tools clean help

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | head -2

# What the build needs and the machine may lack.
tools:
	@Scripts/install-tools

build: tools
	@Scripts/stage "build" swift build $(SWIFT_FLAGS)

# A mesh of real processes on this machine, and two strangers who meet in it.
demo: tools
	@Scripts/stage "build (the first one takes about 10 minutes on two cores)" swift build $(SWIFT_FLAGS) --product passant
	@Scripts/demo $(BINARY)

test: export PASSANT_EXTRAS := $(abspath $(EXTRAS))
test: tools
	@Scripts/run-tests

# Format and tidiness: what to run before each commit.
check: tools
	@Scripts/stage "format" swift format lint --strict --recursive --parallel Sources Tests Package.swift
	@Scripts/stage "build" swift build $(SWIFT_FLAGS) --build-tests
	@Scripts/stage "tidiness" swift test $(SWIFT_FLAGS) --skip-build --filter TidyTests

bench: tools
	@echo "No benchmark yet: the figures so far are printed by the integration tests (make test)."

# Invents inputs and looks for one that breaks a promise: make fuzz SECONDS=1200 TARGETS="wire engine"
fuzz: SECONDS ?= 30
fuzz: TARGETS ?= wire noise records offers invites control engine
fuzz: tools
	@Scripts/fuzz run $(SECONDS) $(TARGETS)

clean:
	rm -rf .build .build-fuzz
