#!/bin/sh
# Formatting and lints, as the checks demand them.
set -eu
cd "$(dirname "$0")/.."

cargo fmt --all --check
cargo clippy --workspace --all-targets --locked -- -D warnings
