#!/bin/sh
# Runs every fuzz target, or those named as arguments, for FUZZ_SECONDS (30) each.
set -eu
cd "$(dirname "$0")"
seconds="${FUZZ_SECONDS:-30}"
if [ $# -eq 0 ]; then
    set -- fuzz_targets/*.rs
fi
for target in "$@"; do
    name="$(basename "$target" .rs)"
    mkdir -p "corpus/$name"
    echo "== $name: $seconds s"
    cargo +nightly fuzz run --fuzz-dir . --sanitizer none "$name" "corpus/$name" "seeds/$name" -- \
        -max_total_time="$seconds" -max_len=65536 -timeout=5 -rss_limit_mb=1024 -verbosity=0 -print_final_stats=1
done
