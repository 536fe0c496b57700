#!/bin/sh
# Enact against psql, locally and through the proxy's latency. Builds what it measures as it is released.
# Options: scripts/bench.sh --help
set -eu
cd "$(dirname "$0")/.."

cargo bench --locked --package enact-bench -- "$@"
