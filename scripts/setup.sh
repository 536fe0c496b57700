#!/bin/sh
# Installs what building and testing Enact need and the machine lacks. Says nothing if nothing is missing.
# usage: setup.sh [build]        with `build`, not what the tests alone need
# Checks by looking for files alone, so that every make target can afford it.
set -eu

packages=

need() { packages="$packages $1"; }

# 0 if one of the files that the patterns expand to exists.
exists() {
    for file in "$@"; do
        [ -e "$file" ] && return 0
    done
    return 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# PostgreSQL 13 or newer; the sandbox itself looks in more places than this.
has_postgres() {
    for postgres in /usr/lib/postgresql/*/bin/postgres; do
        major=${postgres#/usr/lib/postgresql/}
        major=${major%%/*}
        case $major in '' | *[!0-9]*) continue ;; esac
        [ -x "$postgres" ] && [ "$major" -ge 13 ] && return 0
    done
    has postgres || exists /opt/homebrew/opt/postgresql*/bin/postgres /usr/local/opt/postgresql*/bin/postgres \
        /usr/pgsql-*/bin/postgres /usr/local/pgsql/bin/postgres
}

has_libclang() {
    # Not libclang-cpp, which is another library.
    [ -n "${LIBCLANG_PATH:-}" ] || exists /usr/lib/llvm-*/lib/libclang.so* /usr/lib/llvm-*/lib/libclang-[0-9]*.so* \
        /usr/lib/*/libclang.so* /usr/lib/*/libclang-[0-9]*.so* /usr/lib64/libclang.so* \
        /opt/homebrew/opt/llvm/lib/libclang.dylib /Library/Developer/CommandLineTools/usr/lib/libclang.dylib
}

if ! has cargo && [ -x "$HOME/.cargo/bin/cargo" ]; then
    PATH="$HOME/.cargo/bin:$PATH"
fi
if ! has cargo; then
    echo "setup: Rust is missing; install it from https://rustup.rs" >&2
    exit 1
fi

has cc || need build-essential
has_libclang || need libclang-dev
has_postgres || need postgresql
if [ "${1:-}" != build ]; then
    has psql || need postgresql-client
    # For the test that a transaction pooler is recognised.
    has pgbouncer || [ -x /usr/sbin/pgbouncer ] || need pgbouncer
fi

if [ -n "$packages" ]; then
    if ! has apt-get; then
        echo "setup: missing, by their names on Debian:$packages; install them with your system's package manager" >&2
        exit 1
    fi
    if [ "$(id -u)" != 0 ]; then
        echo "setup: missing; run: sudo apt-get install --no-install-recommends$packages" >&2
        exit 1
    fi
    echo "setup: installing$packages" >&2
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 # a list of words
    apt-get install -y -qq --no-install-recommends $packages >/dev/null 2>&1 || {
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends $packages >/dev/null
    }
fi

if [ "${1:-}" != build ] && ! has cargo-nextest && [ ! -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo-nextest" ]; then
    echo "setup: installing cargo-nextest" >&2
    cargo install --locked --quiet cargo-nextest
fi
