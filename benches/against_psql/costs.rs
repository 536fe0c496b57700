//! What applying costs apart from time: processor, memory, transactions, syncs.

use std::process::Command;

use crate::files::Repository;
use crate::lab::Lab;
use crate::measure::{Times, cpu, peak_memory, timed};
use crate::report::{Line, Section, Target, Unit};

pub const TITLE: &str = "Processor, memory, transactions, syncs";

pub fn section(lab: &Lab) -> Section {
    let mut lines = processor(lab);
    lines.push(memory(lab));
    for repository in [&lab.small, &lab.large] {
        lines.extend(writes(lab, repository));
    }
    let method = "Processor time is that of the client alone, user and system, as the kernel counts it for the process and those it \
                  waits for (enact asks git for the person). Memory is the kernel's high-water mark of the resident set, \
                  read every half a millisecond. Transactions are the transaction ids that the server gave out meanwhile, \
                  so those that wrote something: enact's own few for the run included. Syncs are the server's own count of \
                  WAL syncs by all its processes, so its WAL writer's too.";
    Section {
        title: TITLE,
        method: method.into(),
        lines,
    }
}

fn processor(lab: &Lab) -> Vec<Line> {
    let (mut apply, mut rollback, mut psql) = <(Times, Times, Times)>::default();
    for _ in 0..lab.scale.often {
        let (ours, theirs) = (lab.fresh(), lab.fresh());
        let (url, other) = (lab.url(&ours), lab.url(&theirs));
        apply.push(cpu(&lab.small.enact_apply(&url)));
        rollback.push(cpu(&lab.small.enact_rollback(&url)));
        psql.push(cpu(&lab.small.psql_apply(&other)));
        lab.drop(&ours);
        lab.drop(&theirs);
    }
    let line = |verb: &str, times: &Times, than: &str| {
        Line::new(
            format!("{verb} of {}, processor time", lab.small.size),
            Target::AtMost(0.1),
            (times.median(), Unit::Time),
            format!("enact {}, {}×{than}", times.show(), times.len()),
        )
    };
    let than = format!("; psql {}", psql.show());
    vec![
        line("apply", &apply, &than),
        line("rollback", &rollback, ""),
    ]
}

fn memory(lab: &Lab) -> Line {
    let (ours, theirs) = (lab.fresh(), lab.fresh());
    let enact = peak_memory(lab.large.enact_apply(&lab.url(&ours)));
    let psql = peak_memory(lab.large.psql_apply(&lab.url(&theirs)));
    lab.drop(&ours);
    lab.drop(&theirs);
    Line::new(
        format!("apply of {}, peak memory", lab.large.size),
        Target::AtMost(24.0),
        (enact, Unit::Memory),
        format!("psql {psql:.1} MiB"),
    )
}

/// Transactions and WAL syncs of applying a repository.
fn writes(lab: &Lab, repository: &Repository) -> Vec<Line> {
    let (ours, theirs) = (lab.fresh(), lab.fresh());
    let enact = counted(lab, repository.enact_apply(&lab.url(&ours)));
    let psql = counted(lab, repository.psql_apply(&lab.url(&theirs)));
    lab.drop(&ours);
    lab.drop(&theirs);
    let size = repository.size as f64;
    let most = size + 10.0;
    let transactions = Line::new(
        format!("apply of {}, transactions that write", repository.size),
        Target::AtMost(most),
        (enact.0, Unit::Count),
        format!("{:.2} a migration; psql {}", enact.0 / size, psql.0),
    );
    let what = format!("apply of {}, WAL syncs", repository.size);
    let syncs = match (enact.1, psql.1) {
        (Some(enact), Some(psql)) => Line::new(
            what,
            Target::AtMost(most),
            (enact, Unit::Count),
            format!("psql {psql}"),
        ),
        _ => Line::missing(what, "PostgreSQL 13 does not count them"),
    };
    vec![transactions, syncs]
}

/// Transactions and WAL syncs while the command runs.
fn counted(lab: &Lab, command: Command) -> (f64, Option<f64>) {
    lab.settle();
    let before = lab.counters();
    timed(command);
    let after = lab.counters();
    let syncs = after.wal_syncs.zip(before.wal_syncs);
    (
        (after.transactions - before.transactions) as f64,
        syncs.map(|(after, before)| (after - before) as f64),
    )
}
