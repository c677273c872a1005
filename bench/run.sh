#!/usr/bin/env bash
# `make bench`: Berth's API against moto_server, then its launches against Docker Engine, each interleaved in one run of some minutes;
# docs/performance.md says what is measured. `--quick` for a look at whether it works at all; `--only api`, `--only launch`, `--only unpack`, `--only logs`, `--only services` or
# `--only placement` for one part (placement is decided on simulated state, beside a plain scan of vectors in the same run; unpacking against buildah).
set -euo pipefail
cd "$(dirname "$0")/.."

only=all
if [ "${1:-}" = --only ]; then only=$2; shift 2; fi

if [ "$only" = all ] || [ "$only" = placement ]; then
  cargo build --quiet --release --locked --package berth-plan --example placement
  "${CARGO_TARGET_DIR:-target}/release/examples/placement"
  if [ "$only" = placement ]; then exit 0; fi
fi

if [ "$only" = all ] || [ "$only" = unpack ]; then
  if ! command -v buildah >/dev/null; then
    echo "bench: installing buildah as the peer"
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends buildah
  fi
  cargo build --quiet --release --locked --package berth-oci --example unpack
  python3 bench/unpack.py --programs "${CARGO_TARGET_DIR:-target}/release" "$@"
  if [ "$only" = unpack ]; then exit 0; fi
fi

stamp=.venv-bench/requirements.installed
if ! cmp -s bench/requirements.txt "$stamp"; then
  echo "bench: installing moto_server and boto3 into .venv-bench"
  python3 -m venv .venv-bench
  .venv-bench/bin/pip install --quiet --disable-pip-version-check --no-deps -r bench/requirements.txt
  cp bench/requirements.txt "$stamp"
fi

programs=${CARGO_TARGET_DIR:-target}/release
if [ "$only" = all ] || [ "$only" = api ]; then
  cargo build --quiet --release --locked --package berth-loadgen
  cargo build --quiet --release --locked --package berth-store --example measure
  .venv-bench/bin/python bench/bench.py --programs "$programs" "$@"
fi
if [ "$only" != api ]; then
  if ! command -v dockerd >/dev/null || ! command -v ip >/dev/null; then
    echo "bench: installing Docker Engine (docker.io) as the peer"
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends docker.io iproute2
  fi
  scripts/build-static.sh --release berth-demo
fi
if [ "$only" = all ] || [ "$only" = launch ]; then
  cargo build --quiet --release --locked --package berth-shim --example floor
  cargo build --quiet --release --locked --package berth-loadgen
  .venv-bench/bin/python bench/launch.py --programs "$programs" "$@"
fi
if [ "$only" = all ] || [ "$only" = services ]; then
  .venv-bench/bin/python bench/services.py --programs "$programs" "$@"
fi
if [ "$only" = all ] || [ "$only" = logs ]; then
  cargo build --quiet --release --locked --package berth-services --example logs_service
  .venv-bench/bin/python bench/logs.py --programs "$programs" "$@"
fi
