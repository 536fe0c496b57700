#!/bin/sh
# Enact against psql, locally and through the proxy's latency; or, as `scripts/bench.sh under_load`, beside an application at
# work. Builds what it measures as it is released. Options: scripts/bench.sh --help
set -eu
cd "$(dirname "$0")/.."

bench=against_psql
case "${1:-}" in
against_psql | under_load)
    bench=$1
    shift
    ;;
esac
cargo bench --locked --package enact-bench --bench "$bench" -- "$@"
