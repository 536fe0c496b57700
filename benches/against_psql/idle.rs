//! What it costs to find that there is nothing to do.

use enact_testkit::Stats;

use crate::files::Repository;
use crate::lab::Lab;
use enact_bench::measure::{Times, timed};
use enact_bench::report::{Line, Section, Target, Unit};

pub const TITLE: &str = "Nothing to do, and status";

/// The commands that are compared, psql's `select 1` last.
const COMMANDS: [&str; 3] = ["apply", "status", "select 1"];

pub fn section(lab: &Lab) -> Section {
    let mut lines = Vec::new();
    for repository in [&lab.small, &lab.large] {
        let database = lab.fresh();
        timed(repository.enact_apply(&lab.url(&database)));
        lab.settle();
        lines.extend(times(lab, repository, &database));
        lines.extend(trips(lab, repository, &database));
        lab.drop(&database);
    }
    let method = "On a database with all migrations applied: `enact apply`, which then has nothing to do, and `enact \
                  status`, against `psql -X -c 'select 1'`. Times over the server's Unix socket; round trips through a proxy \
                  without latency, after start-up.";
    Section {
        title: TITLE,
        method: method.into(),
        lines,
    }
}

fn command(repository: &Repository, what: &str, url: &str) -> std::process::Command {
    match what {
        "select 1" => repository.psql_select(url),
        verb => repository.enact_on(url, verb),
    }
}

fn times(lab: &Lab, repository: &Repository, database: &str) -> Vec<Line> {
    let url = lab.url(database);
    let mut all = [Times::default(), Times::default(), Times::default()];
    for turn in 0..lab.scale.many {
        for place in 0..COMMANDS.len() {
            let which = (turn + place) % COMMANDS.len();
            all[which].push(timed(command(repository, COMMANDS[which], &url)));
        }
    }
    let [.., select] = &all;
    let line = |(verb, times): (&str, &Times)| {
        let ratio = times.median() / select.median();
        Line::new(
            format!("{verb} at {}, wall time against psql", repository.size),
            Target::AtMost(1.2),
            (ratio, Unit::Ratio),
            format!(
                "enact {}, psql {}, {}×",
                times.show(),
                select.show(),
                times.count()
            ),
        )
    };
    COMMANDS.into_iter().zip(&all).take(2).map(line).collect()
}

fn trips(lab: &Lab, repository: &Repository, database: &str) -> Vec<Line> {
    let count = |what: &str| {
        lab.near.reset();
        timed(command(repository, what, &lab.near.url(database)));
        lab.near.stats()
    };
    let after_start = |stats: Stats| stats.round_trips.saturating_sub(stats.connections);
    let select = after_start(count("select 1"));
    let lines = |verb: &str| {
        let stats = count(verb);
        let at = format!("{verb} at {}", repository.size);
        let trips = (after_start(stats) as f64, Unit::Count);
        let from = format!(
            "{} in all less {} to start; psql {select}",
            stats.round_trips, stats.connections
        );
        let connections = (stats.connections as f64, Unit::Count);
        [
            Line::new(
                format!("{at}, round trips"),
                Target::AtMost(5.0),
                trips,
                from,
            ),
            Line::new(
                format!("{at}, connections"),
                Target::AtMost(2.0),
                connections,
                "",
            ),
        ]
    };
    COMMANDS[..2].iter().flat_map(|verb| lines(verb)).collect()
}
