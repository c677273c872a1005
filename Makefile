# Berth: `make demo` and `make test` do all their set-up themselves.
.PHONY: help setup build install deb demo test lint unit clients e2e static bench fuzz clean
.DEFAULT_GOAL := help

CARGO := cargo
PREFIX ?= /usr/local
# What fails is tried once more and named at the end if it passes then (docs/decisions/0031-tests-that-fail-once.md).
PYTEST := .venv/bin/python -m pytest -q -rR --reruns 1
BERTH := $(or $(CARGO_TARGET_DIR),target)/release/berth

help: ## What can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1\t\2/' | expand -t 12

setup: ## Install what the machine lacks (root on Debian and Ubuntu; elsewhere it says what is missing)
	@scripts/setup.sh

build: ## The release binaries: berth, and berth-shim beside it, in target/release
	$(CARGO) build --release --locked --package berth
	scripts/build-static.sh --release berth-shim

install: build ## Install berth and berth-shim into PREFIX (/usr/local)
	install -D -m 0755 $(BERTH) $(DESTDIR)$(PREFIX)/bin/berth
	install -D -m 0755 $(BERTH)-shim $(DESTDIR)$(PREFIX)/bin/berth-shim

deb: setup build ## A Debian package with systemd units, in target/debian
	scripts/build-deb.sh

demo: setup build ## Build, start, and run a task of two containers end to end, offline
	scripts/build-static.sh --release berth-demo
	@BERTH=$(BERTH) scripts/demo.sh

test: setup lint unit clients e2e ## All that CI runs
	@echo "make test: all green"

lint: setup ## Format, floor plan, file lengths, clippy, generated code is fresh
	$(CARGO) fmt --all --check
	$(CARGO) xtask tidy
	$(CARGO) xtask layers
	$(CARGO) xtask codegen --check
	$(CARGO) clippy --workspace --all-targets --locked -- --deny warnings

unit: setup static ## Unit, property, scenario, confinement and fault tests
	$(CARGO) nextest run --workspace --locked
	$(CARGO) test --workspace --locked --doc --quiet

clients: setup ## The AWS CLI and boto3 against the real binary
	$(CARGO) build --locked --package berth
	$(PYTEST) tests/clients --berth $(or $(CARGO_TARGET_DIR),target)/debug/berth

e2e: setup ## A whole machine from outside: tasks, faults, restarts (root)
	$(CARGO) build --locked --package berth
	# Again: `unit` has put programs beside it that need libraries, which containers do not have.
	scripts/build-static.sh berth-shim berth-demo
	$(PYTEST) tests/e2e --berth $(or $(CARGO_TARGET_DIR),target)/debug/berth

static: setup
	scripts/build-static.sh berth-shim berth-demo

bench: setup build ## Speeds as ratios against a peer in the same run
	bench/run.sh

fuzz: ## Every fuzz target for SECONDS (30) each; needs `cargo install cargo-fuzz`
	fuzz/run.sh

clean: ## Remove what was built
	$(CARGO) clean
	rm -rf .venv .venv-bench
