#!/usr/bin/env bash
# Builds berth-shim, static, and puts it beside `berth`. With --release, optimised; more options go to cargo.
set -euo pipefail
cd "$(dirname "$0")/.."

profile=debug
# The tests' own program is not for release.
what=(--bin berth-shim --example probe)
for option in "$@"; do
  if [ "$option" = --release ]; then profile=release what=(--bin berth-shim); fi
done
target=${CARGO_TARGET_DIR:-target}
host=$(rustc -vV | sed -n 's/^host: //p')
# libseccomp's own folder, which the linker of a static program is not told by itself.
seccomp=$(pkg-config --variable=libdir libseccomp 2>/dev/null || dirname "$(cc -print-file-name=libseccomp.a)")

# With an explicit target these flags do not reach build scripts, which have to be able to load libraries.
CARGO_ENCODED_RUSTFLAGS=$'-Ctarget-feature=+crt-static\x1f-Crelocation-model=static' \
LIBSECCOMP_LINK_TYPE=static LIBSECCOMP_LIB_PATH=$seccomp \
  cargo build --locked --target "$host" --package berth-shim "${what[@]}" "$@"
mkdir -p "$target/$profile"
install -m 0755 "$target/$host/$profile/berth-shim" "$target/$profile/berth-shim"
