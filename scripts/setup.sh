#!/usr/bin/env bash
# Installs what building and testing need and the machine lacks: system packages, cargo-nextest, pinned Python packages.
# Does nothing where all is there. Needs root only if a system package is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A package=([cc]=gcc [make]=make [python3]=python3 [curl]=curl [mount]=mount [ip]=iproute2 [nft]=nftables [iptables-legacy]=iptables)
PATH=$PATH:/usr/sbin:/sbin
missing=()
for program in "${!package[@]}"; do
  command -v "$program" >/dev/null || missing+=("${package[$program]}")
done
# berth-shim is static, and builds its system call filters with this.
[ -e "$(cc -print-file-name=libseccomp.a 2>/dev/null || true)" ] || missing+=(libseccomp-dev)
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)

if ((${#missing[@]})); then
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "setup: installing ${missing[*]}"
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
  else
    echo "setup: please install these packages (names as in Debian): ${missing[*]}" >&2
    exit 1
  fi
fi

command -v cargo >/dev/null || { echo "setup: no cargo; install a Rust toolchain (https://rustup.rs) and try again" >&2; exit 1; }
cargo nextest --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-nextest

stamp=.venv/requirements.installed
if ! cmp -s requirements.txt "$stamp"; then
  echo "setup: installing the Python packages of requirements.txt into .venv"
  python3 -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt
  cp requirements.txt "$stamp"
fi
