#!/bin/sh
# Whether npm itself installs what `enact release` writes, unchanged, and `enact pin` finds it there. Needs npm; asks no registry.
set -eu
cd "$(dirname "$0")/.."

command -v npm >/dev/null || { echo "npm is missing: install Node.js (https://nodejs.org)" >&2; exit 1; }
cargo build --locked --package enact
enact=$PWD/target/debug/enact
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/core" "$work/sponsor"
cp -R examples/clinical-diary/core/. "$work/core"
rm -rf "$work/core/releases"
cd "$work/core"
"$enact" release 1.3.0
release=$work/core/releases/clinical-diary-database-1.3.0

cd "$work/sponsor"
mkdir migrations
cat >package.json <<'JSON'
{ "name": "sponsor", "version": "1.0.0", "private": true }
JSON
cat >enact.toml <<'TOML'
[project]
kind = "sponsor"
name = "orion"
migrations = "migrations"

[core]
package = "@clinical-diary/database"
version_from = "package.json"
source = { npm = "node_modules/@clinical-diary/database" }
TOML
echo "npm $(npm --version)"
npm install --offline --no-audit --no-fund "$release.tgz"
diff -r "$release" node_modules/@clinical-diary/database
"$enact" pin
"$enact" pin --check
# And anew from npm's own lock file, which holds the archive's digest.
npm ci --offline --no-audit --no-fund
"$enact" pin --check
echo "npm installs the release as it is"
