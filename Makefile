# Berth: `make demo` and `make test` do all their set-up themselves.
.PHONY: help setup build install demo test lint unit clients bench fuzz clean
.DEFAULT_GOAL := help

CARGO := cargo
PREFIX ?= /usr/local
# Where cargo puts what is built for an explicit target; nothing replaces it with the dynamic one of a plain build.
SHIM := $(abspath $(or $(CARGO_TARGET_DIR),target))/$(shell rustc -vV | sed -n 's/^host: //p')/debug/berth-shim
BERTH := $(or $(CARGO_TARGET_DIR),target)/release/berth

help: ## What can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/\1\t\2/' | expand -t 12

setup: ## Install what the machine lacks (root on Debian and Ubuntu; elsewhere it says what is missing)
	@scripts/setup.sh

build: ## The release binaries, target/release/berth and berth-shim
	$(CARGO) build --release --locked --package berth
	scripts/build-shim.sh --release

install: build ## Install berth into PREFIX (/usr/local)
	install -D -m 0755 $(BERTH) $(DESTDIR)$(PREFIX)/bin/berth
	install -D -m 0755 $(BERTH)-shim $(DESTDIR)$(PREFIX)/bin/berth-shim

demo: setup build ## Build, start, and walk through what works, offline
	@BERTH=$(BERTH) scripts/demo.sh

test: setup lint unit clients ## All that CI runs
	@echo "make test: all green"

lint: setup ## Format, floor plan, file lengths, clippy, generated code is fresh
	$(CARGO) fmt --all --check
	$(CARGO) xtask tidy
	$(CARGO) xtask layers
	$(CARGO) xtask codegen --check
	$(CARGO) clippy --workspace --all-targets --locked -- --deny warnings

unit: setup ## Unit, property, scenario and fault tests; containers need root
	scripts/build-shim.sh
	BERTH_SHIM=$(SHIM) $(CARGO) nextest run --workspace --locked
	$(CARGO) test --workspace --locked --doc --quiet

clients: setup ## The AWS CLI and boto3 against the real binary
	$(CARGO) build --locked --package berth
	.venv/bin/python -m pytest -q tests/clients --berth $(or $(CARGO_TARGET_DIR),target)/debug/berth

bench: setup build ## Speeds as ratios against a peer in the same run
	bench/run.sh

fuzz: ## Every fuzz target for SECONDS (30) each; needs `cargo install cargo-fuzz`
	fuzz/run.sh

clean: ## Remove what was built
	$(CARGO) clean
	rm -rf .venv .venv-bench
