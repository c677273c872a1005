#!/usr/bin/env bash
# `make bench`: Berth against moto_server in one run. Takes about three minutes; docs/performance.md says what it measures.
# Arguments go to bench/bench.py: --quick for a look at whether it works at all.
set -euo pipefail
cd "$(dirname "$0")/.."

stamp=.venv-bench/requirements.installed
if ! cmp -s bench/requirements.txt "$stamp"; then
  echo "bench: installing moto_server and boto3 into .venv-bench"
  python3 -m venv .venv-bench
  .venv-bench/bin/pip install --quiet --disable-pip-version-check --no-deps -r bench/requirements.txt
  cp bench/requirements.txt "$stamp"
fi

cargo build --quiet --release --locked --package berth-loadgen
cargo build --quiet --release --locked --package berth-store --example measure
exec .venv-bench/bin/python bench/bench.py --programs "${CARGO_TARGET_DIR:-target}/release" "$@"
