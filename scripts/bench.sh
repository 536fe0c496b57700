#!/bin/sh
# The benchmarks against psql, locally and through the proxy's latency.
set -eu
cd "$(dirname "$0")/.."

# A server of a PostgreSQL that syncs, and a client built as it is released.
cargo bench --workspace --locked "$@"
