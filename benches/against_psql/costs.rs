//! What applying costs apart from time: processor, memory, transactions, syncs.

use std::process::Command;

use crate::files::Repository;
use crate::lab::{Counters, Lab};
use enact_bench::measure::{Times, cpu, peak_memory, timed};
use enact_bench::report::{Line, Section, Target, Unit};

pub const TITLE: &str = "Processor, memory, transactions, syncs";

pub fn section(lab: &Lab) -> Section {
    let mut lines = processor(lab);
    lines.extend(memory(lab));
    for repository in [&lab.small, &lab.large] {
        lines.extend(writes(lab, repository));
    }
    let method = "Processor time is that of the client alone, user and system, as the kernel counts it for the process and those it \
                  waits for (enact asks git for the person). Memory is the kernel's high-water mark of the resident set, \
                  read every half a millisecond. Transactions are the transaction ids that the server gave out meanwhile, \
                  so those that wrote something, enact's own few for the run included: one a migration plus ten are allowed, as for syncs. Syncs are the server's own count of \
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
            format!("enact {}, {}×{than}", times.show(), times.count()),
        )
    };
    let than = format!("; psql {}", psql.show());
    vec![
        line("apply", &apply, &than),
        line("rollback", &rollback, ""),
    ]
}

fn memory(lab: &Lab) -> Vec<Line> {
    let large = &lab.large;
    let line = |verb: &str, enact: f64, psql: f64| {
        Line::new(
            format!("{verb} of {}, peak memory", large.size),
            Target::AtMost(24.0),
            (enact, Unit::Memory),
            format!("psql {psql:.1} MiB"),
        )
    };
    both(lab, large)
        .map(|(verb, enact, psql)| line(verb, peak_memory(enact), peak_memory(psql)))
        .into()
}

/// Transactions and WAL syncs of applying a repository and rolling it back.
fn writes(lab: &Lab, repository: &Repository) -> Vec<Line> {
    let lines = |(verb, enact, psql): (&str, Command, Command)| {
        let what = format!("{verb} of {}", repository.size);
        written(
            &what,
            repository.size,
            counted(lab, enact),
            counted(lab, psql),
        )
    };
    both(lab, repository).into_iter().flat_map(lines).collect()
}

fn written(what: &str, size: usize, enact: Counters, psql: Counters) -> [Line; 2] {
    let most = Target::AtMost(size as f64 + 10.0);
    let each = enact.transactions as f64 / size as f64;
    let transactions = Line::new(
        format!("{what}, transactions that write"),
        most,
        (enact.transactions as f64, Unit::Count),
        format!("{each:.2} a migration; psql {}", psql.transactions),
    );
    let what = format!("{what}, WAL syncs");
    let syncs = match enact.wal_syncs.zip(psql.wal_syncs) {
        Some((enact, psql)) => Line::new(
            what,
            most,
            (enact as f64, Unit::Count),
            format!("psql {psql}"),
        ),
        None => Line::missing(what, "PostgreSQL 13 does not count them"),
    };
    [transactions, syncs]
}

/// What enact and psql run to apply all and then to roll all back, each in a database of its own.
fn both(lab: &Lab, repository: &Repository) -> [(&'static str, Command, Command); 2] {
    let (enact, psql) = (lab.url(&lab.fresh()), lab.url(&lab.fresh()));
    [
        (
            "apply",
            repository.enact_apply(&enact),
            repository.psql_apply(&psql),
        ),
        (
            "rollback",
            repository.enact_rollback(&enact),
            repository.psql_rollback(&psql),
        ),
    ]
}

/// What the server counts while the command runs.
fn counted(lab: &Lab, command: Command) -> Counters {
    lab.settle();
    let before = lab.counters();
    timed(command);
    let after = lab.counters();
    let syncs = after.wal_syncs.zip(before.wal_syncs);
    Counters {
        transactions: after.transactions - before.transactions,
        wal_syncs: syncs.map(|(after, before)| after - before),
    }
}
