#!/usr/bin/env bash
# What a chain of 40 stages costs to compile, beside Iterator and Stream: seconds of the compiler, the
# dependencies not counted. `bash benches/compile_time.sh`; with --test, builds each once.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=${CARGO_TARGET_DIR:-$root/target}/compile-time
mkdir -p "$work/src/bin"

cat >"$work/Cargo.toml" <<TOML
[package]
name = "compile-time"
edition = "2024"
[dependencies]
futures-util = { version = "0.3", default-features = false }
tubes = { path = "$root/tubes" }
tubes-benches = { path = "$root/benches" }
[workspace]
TOML

# 40 stages of six kinds in turn; all sides alike but for what the functions give back.
chain() {
    local n
    for n in $(seq 5); do
        printf '.map(|n| n + %d).filter(|n| %s).map(|n| n ^ %d).filter_map(|n| %s)\n' "$n" "$1" "$n" "$2"
        printf '.scan(0, |sum: &mut u64, n| { *sum ^= n; %s }).enumerate().map(|(_, n)| n).skip(%d)\n' "$3" "$n"
    done
}
{
    echo 'use tubes::{Fount, drains, founts};'
    echo 'fn main() { let sum = tubes_benches::run(founts::iter(0..1_000_u64)'
    chain '*n != 5' 'n.checked_sub(1)' '*sum'
    echo '.flow_to(drains::fold(0, |sum: u64, n| sum.wrapping_add(n)))); println!("{sum:?}"); }'
} >"$work/src/bin/tubes.rs"
{
    echo 'fn main() { let sum = (0..1_000_u64)'
    chain '*n != 5' 'n.checked_sub(1)' 'Some(*sum)'
    echo '.fold(0, |sum: u64, n| sum.wrapping_add(n)); println!("{sum:?}"); }'
} >"$work/src/bin/iterator.rs"
{
    echo 'use futures_util::{StreamExt, future::ready, stream};'
    echo 'fn main() { let sum = tubes_benches::run(stream::iter(0..1_000_u64)'
    chain 'ready(*n != 5)' 'ready(n.checked_sub(1))' 'ready(Some(*sum))'
    echo '.fold(0, |sum: u64, n| ready(sum.wrapping_add(n)))); println!("{sum:?}"); }'
} >"$work/src/bin/stream.rs"

export CARGO_TARGET_DIR=$work/target
run() { (ulimit -v 12000000; cargo "$@" --quiet --manifest-path "$work/Cargo.toml" 2>/dev/null); }
rounds=5
[ "${1:-}" = --test ] && rounds=1
for mode in check build 'build --release'; do
    for side in iterator stream tubes; do
        # shellcheck disable=SC2086
        run $mode --bin "$side"
        times=()
        for _ in $(seq "$rounds"); do
            touch "$work/src/bin/$side.rs"
            start=$(date +%s%N)
            # shellcheck disable=SC2086
            run $mode --bin "$side"
            times+=($((($(date +%s%N) - start) / 1000000)))
        done
        median=$(printf '%s\n' "${times[@]}" | sort -n | sed -n "$(((rounds + 1) / 2))p")
        printf '%-16s %-9s %5d ms\n' "$mode" "$side" "$median"
    done
done
