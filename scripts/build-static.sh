#!/usr/bin/env bash
# Builds programs that need no library of the machine they run on: build-static.sh [--release] PACKAGE... They come to lie beside `berth`.
# A target is named so that the flags do not reach build scripts; without relocations their pages are shared between processes.
set -euo pipefail
cd "$(dirname "$0")/.."

profile=debug options=()
if [ "${1:-}" = --release ]; then profile=release options=(--release); shift; fi
target=$(rustc -vV | sed -n 's/^host: //p')
out=${CARGO_TARGET_DIR:-target}
packages=()
for package in "$@"; do packages+=(--package "$package"); done
# What only tests run is built with what they test.
[ "$profile" = release ] || options+=(--examples)
# Linked where a program needs it; the linker of static programs has to be told where libraries of the system are.
export LIBSECCOMP_LINK_TYPE=static
LIBSECCOMP_LIB_PATH=$(dirname "$(cc -print-file-name=libseccomp.a)")
export LIBSECCOMP_LIB_PATH
RUSTFLAGS="-C target-feature=+crt-static -C relocation-model=static" \
  cargo build --locked --target "$target" "${options[@]}" "${packages[@]}" --bins
mkdir -p "$out/$profile"
for package in "$@"; do
  # Replaced, not written into: the old one may be running.
  cp "$out/$target/$profile/$package" "$out/$profile/.$package.new"
  mv "$out/$profile/.$package.new" "$out/$profile/$package"
done
