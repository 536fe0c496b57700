#!/bin/sh
# Enact against psql, locally and through the proxy's latency. Options as `scripts/bench.sh --help` says.
set -eu
cd "$(dirname "$0")/.."

cargo build --release --locked --package enact
cargo bench --quiet --locked --package enact-bench -- "$@"
