//! The page docs/benchmarks.md, up to its results.

use crate::files;

/// What is measured, and how.
pub fn introduction() -> String {
    let (migration, rollback) = files::example();
    format!(
        "{INTRODUCTION}\n## Migrations\n\nEach is one file like this, without transaction control of its own:\n\n\
         ```sql\n{migration}```\n\nwith its rollback:\n\n```sql\n{rollback}```\n"
    )
}

const INTRODUCTION: &str = "\
# Benchmarks

Enact against psql, in one run on one machine. This page is written by the benchmark itself; do not edit it:

    make bench                                                # measure and show
    scripts/bench.sh --markdown docs/benchmarks.md            # measure, show and write this page
    scripts/bench.sh --quick                                  # whether the benchmark works, not how fast enact is

## Method

- The server is a private cluster on this machine that syncs every commit (`fsync = on`, `synchronous_commit = on`);
  apart from that its settings are those of any sandbox (`shared_buffers = 32MB`, no autovacuum).
- `enact` is the release build (unless the table below says otherwise), each run a process of its own, timed on the wall from its start to its end. It finds
  a git configuration with name and e-mail, as a developer's machine has one, and no other settings.
- `psql` is the installation's own program, not the Perl wrapper that Debian has in the path, which would add to psql's times. It gets
  `-X`, runs one session, and takes the same files by `\\i`, each between `BEGIN` and `COMMIT`.
- The two take turns, and who goes first alternates. Each application begins in an empty database, right after a
  checkpoint and a `sync` of the file systems; enact's time includes that it installs its schema `enact`, appends its records and takes the
  fingerprints before and after.
- Numbers are medians, with the lowest and the highest in brackets. Ratios are ratios of medians.
- Connections and round trips are counted by a proxy between client and server, which also adds the latency: half of
  it each way, whatever is sent in a row overlaps. A round trip is counted when a client sends something after it has
  heard from the server, or first of all; the goodbye is not counted, since nobody waits for an answer. Round trips
  *after start-up* are those less one for each connection: over a Unix socket with neither TLS nor a password, the start-up message
  and all that the server answers until it is ready are one. By this count `psql -c 'select 1'` has 1, which is
  measured along with the others. Connections that work at the same time are counted one by one.
";
