#!/bin/sh
# Squawk's opinion of the cases of lint. Fetches the program from PyPI if there is none.
set -eu
cd "$(dirname "$0")/.."

version=2.70.0
if [ -z "${ENACT_SQUAWK:-}" ]; then
    folder=target/squawk-$version
    if [ ! -x "$folder/bin/squawk" ]; then
        python3 -m venv "$folder"
        "$folder/bin/pip" install --quiet --disable-pip-version-check "squawk-cli==$version"
    fi
    ENACT_SQUAWK=$PWD/$folder/bin/squawk
fi
export ENACT_SQUAWK

cargo test --locked --package enact-lint --test second_opinion "$@"
