//! Applying all migrations and rolling all back.

use std::process::Command;

use enact_testkit::{Proxy, Stats};

use crate::files::Repository;
use crate::lab::Lab;
use enact_bench::measure::{Times, timed};
use enact_bench::report::{Line, Section, Target, Unit};

pub const LOCAL: &str = "Apply and rollback, local";
pub const DISTANT: &str = "Apply and rollback, 10 ms away";

/// What one client needed for one thing.
#[derive(Debug, Default)]
struct Side {
    times: Times,
    /// Of the last repetition, where a proxy counts.
    stats: Stats,
}

/// Both clients doing the same.
#[derive(Debug, Default)]
struct Race {
    enact: Side,
    psql: Side,
}

/// Over the server's own Unix socket.
pub fn local(lab: &Lab) -> Section {
    let mut lines = Vec::new();
    for (repository, repetitions) in [
        (&lab.small, lab.scale.often),
        (&lab.large, lab.scale.seldom),
    ] {
        for (verb, race) in races(lab, repository, None, repetitions) {
            let what = format!("{verb} of {}, wall time against psql", repository.size);
            lines.push(ratio(what, &race));
        }
    }
    Section {
        title: LOCAL,
        method: "Over the server's Unix socket, without a proxy. To reach: no slower than psql."
            .into(),
        lines,
    }
}

/// Through the proxy that adds latency.
pub fn distant(lab: &Lab) -> Section {
    let mut lines = Vec::new();
    for (repository, repetitions) in [(&lab.small, lab.scale.seldom), (&lab.large, 1)] {
        for (verb, race) in races(lab, repository, Some(&lab.distant), repetitions) {
            lines.extend(over_distance(verb, repository.size, &race));
        }
    }
    let method = "Through the proxy, which adds at least 10 ms to each round trip (its timer rounds each way up to a \
                  millisecond) for both alike. To reach: three times as fast as psql, 120 round trips in all for 100 \
                  migrations (for other numbers: 1.2 a migration), and two connections.";
    Section {
        title: DISTANT,
        method: method.into(),
        lines,
    }
}

fn ratio(what: String, race: &Race) -> Line {
    let ratio = race.enact.times.median() / race.psql.times.median();
    let result = (ratio, Unit::Ratio);
    Line::new(what, Target::AtMost(1.0), result, both(race))
}

fn over_distance(verb: &str, size: usize, race: &Race) -> [Line; 3] {
    let faster = race.psql.times.median() / race.enact.times.median();
    let (enact, psql) = (race.enact.stats, race.psql.stats);
    [
        Line::new(
            format!("{verb} of {size}, times as fast as psql"),
            Target::AtLeast(3.0),
            (faster, Unit::Ratio),
            both(race),
        ),
        Line::new(
            format!("{verb} of {size}, round trips"),
            Target::AtMost((size as f64 * 1.2).floor()),
            (enact.round_trips as f64, Unit::Count),
            format!("start-up included; psql {}", psql.round_trips),
        ),
        Line::new(
            format!("{verb} of {size}, connections"),
            Target::AtMost(2.0),
            (enact.connections as f64, Unit::Count),
            format!("psql {}", psql.connections),
        ),
    ]
}

fn both(race: &Race) -> String {
    let repetitions = race.enact.times.count();
    let (enact, psql) = (race.enact.times.show(), race.psql.times.show());
    format!("enact {enact}, psql {psql}, {repetitions}×")
}

/// Both clients, each in databases of its own, taking turns.
fn races(
    lab: &Lab,
    repository: &Repository,
    proxy: Option<&Proxy>,
    repetitions: usize,
) -> [(&'static str, Race); 2] {
    let (mut apply, mut rollback) = (Race::default(), Race::default());
    let url = |database: &str| proxy.map_or_else(|| lab.url(database), |proxy| proxy.url(database));
    for turn in 0..repetitions {
        let (ours, theirs) = (lab.fresh(), lab.fresh());
        let first = turn % 2 == 0;
        let (enact, psql) = (url(&ours), url(&theirs));
        let commands = [repository.enact_apply(&enact), repository.psql_apply(&psql)];
        apply.run(lab, proxy, commands, first);
        took_place(lab, [&ours, &theirs], repository.size);
        let commands = [
            repository.enact_rollback(&enact),
            repository.psql_rollback(&psql),
        ];
        rollback.run(lab, proxy, commands, first);
        took_place(lab, [&ours, &theirs], 0);
        lab.drop(&ours);
        lab.drop(&theirs);
    }
    [("apply", apply), ("rollback", rollback)]
}

/// What does less than it says is fast.
fn took_place(lab: &Lab, databases: [&str; 2], tables: usize) {
    for database in databases {
        assert_eq!(lab.tables(database), tables, "tables in {database}");
    }
}

impl Race {
    fn run(
        &mut self,
        lab: &Lab,
        proxy: Option<&Proxy>,
        [enact, psql]: [Command; 2],
        enact_first: bool,
    ) {
        let mut sides = [(&mut self.enact, enact), (&mut self.psql, psql)];
        if !enact_first {
            sides.reverse();
        }
        for (side, command) in sides {
            lab.settle();
            proxy.inspect(|proxy| proxy.reset());
            side.times.push(timed(command));
            side.stats = proxy.map(Proxy::stats).unwrap_or_default();
        }
    }
}
