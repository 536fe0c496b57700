#!/bin/sh
# Everything that must hold before a change lands.
set -eu
cd "$(dirname "$0")/.."

scripts/lint.sh
cargo nextest run --workspace --locked --profile ci
cargo test --workspace --locked --doc --quiet
