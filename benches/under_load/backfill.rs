//! A value for every row of a large table.

use std::sync::Arc;
use std::time::Duration;

use enact_bench::measure::{Times, timed};
use enact_bench::report::{Line, Section, Target, Unit};
use enact_testkit::Signal;

use crate::lab::Lab;
use crate::load::{Latency, Load, scattered};

pub const TITLE: &str = "Backfill";

/// Twice would show.
const CHANGE: &str = "UPDATE t SET done = coalesce(done, 0) + 1";
const SIZE: &str = "SELECT pg_table_size('t')";

/// Who changes the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contestant {
    Enact,
    Vacuuming,
    Plain,
    Procedure,
}

impl Contestant {
    fn name(self) -> &'static str {
        match self {
            Self::Enact => "enact",
            Self::Vacuuming => "enact, `vacuum=10%`",
            Self::Plain => "one plain UPDATE",
            Self::Procedure => "a procedure that commits per batch",
        }
    }
}

/// Several turns of one contestant.
#[derive(Debug, Default)]
struct Turns {
    times: Times,
    /// 99th percentile beside the undisturbed one.
    ratios: Times,
    p99: Times,
    longest: Times,
    growth: Times,
    failures: usize,
}

pub fn section(lab: &Lab) -> Section {
    let [mut enact, mut vacuuming, mut plain, mut procedure] = [(); 4].map(|()| Turns::default());
    let mut undisturbed = Times::default();
    let mut batch = 0;
    for _ in 0..lab.scale.rounds {
        let order = [
            (Contestant::Enact, &mut enact),
            (Contestant::Plain, &mut plain),
            (Contestant::Procedure, &mut procedure),
            (Contestant::Vacuuming, &mut vacuuming),
        ];
        for (contestant, turns) in order {
            let rows = turn(lab, contestant, batch, (turns, &mut undisturbed));
            if contestant == Contestant::Enact {
                batch = rows;
            }
        }
    }
    let of = |times: &Times, other: &Times| times.median() / other.median();
    let beside = |other: &Turns| format!("enact {}, it {}", enact.times.show(), other.times.show());
    let at_most = Target::AtMost;
    let mut lines = vec![
        Line::new(
            "time, beside one plain UPDATE",
            at_most(1.2),
            (of(&enact.times, &plain.times), Unit::Ratio),
            beside(&plain),
        ),
        Line::new(
            "time, beside a procedure with batches of the same size",
            at_most(1.0),
            (of(&enact.times, &procedure.times), Unit::Ratio),
            format!("{}; {batch} rows a batch", beside(&procedure)),
        ),
    ];
    for (contestant, turns) in [
        (Contestant::Enact, &enact),
        (Contestant::Vacuuming, &vacuuming),
        (Contestant::Procedure, &procedure),
        (Contestant::Plain, &plain),
    ] {
        lines.extend(felt(contestant, turns, &undisturbed));
    }
    lines.push(kills(lab));
    let method = format!(
        "Every row of the table gets a value, by `{CHANGE}`. The procedure is PL/pgSQL that walks the primary key and commits \
         after each batch, of as many rows as Enact's had on average. Times are with the load at work. Growth is of the table without its indexes."
    );
    Section {
        title: TITLE,
        method,
        lines,
    }
}

/// What the application felt, and the space.
fn felt(contestant: Contestant, turns: &Turns, undisturbed: &Times) -> Vec<Line> {
    let name = contestant.name();
    let ours = matches!(contestant, Contestant::Enact | Contestant::Vacuuming);
    let target = |limit| {
        if ours {
            Target::AtMost(limit)
        } else {
            Target::None
        }
    };
    let growth = match contestant {
        Contestant::Vacuuming => Target::AtMost(1.3),
        _ => Target::None,
    };
    let beside = format!(
        "p99 {}, undisturbed {}",
        turns.p99.show(),
        undisturbed.show()
    );
    vec![
        Line::new(
            format!("{name}: 99th percentile of latency, beside the undisturbed"),
            target(1.3),
            (turns.ratios.median(), Unit::Ratio),
            beside,
        ),
        Line::new(
            format!("{name}: longest latency"),
            target(0.120),
            (turns.longest.median(), Unit::Time),
            turns.longest.show(),
        ),
        Line::new(
            format!("{name}: failed transactions"),
            target(0.0),
            (turns.failures as f64, Unit::Count),
            "",
        ),
        Line::new(
            format!("{name}: size of the table afterwards, beside before"),
            growth,
            (turns.growth.median(), Unit::Ratio),
            format!("took {}", turns.times.show()),
        ),
    ]
}

/// One turn on a copy of its own. Returns how many rows Enact had in a batch.
fn turn(
    lab: &Lab,
    contestant: Contestant,
    batch: u64,
    (turns, undisturbed): (&mut Turns, &mut Times),
) -> u64 {
    let name = lab.copy();
    let url = lab.url(&name);
    let before = lab.number(&name, SIZE);
    let rows = lab.scale.rows;
    let statement = move |n: u64| {
        let (one, other) = (scattered(n, rows) + 1, scattered(n + (1 << 40), rows) + 1);
        format!(
            "BEGIN; UPDATE t SET n = n + 1 WHERE id = {one}; SELECT n, note FROM t WHERE id = {other}; COMMIT"
        )
    };
    let load = Load::begin(url.clone(), lab.scale.rate, Arc::new(statement));
    // The first answers are those of sessions that have only just connected.
    std::thread::sleep(Duration::from_secs(1));
    let from = load.now();
    std::thread::sleep(lab.scale.undisturbed);
    let begun = load.now();
    let took = change(lab, contestant, &url, batch);
    let ended = load.now();
    let seen = load.end();
    let Latency { p99: calm, .. } = seen.between(from, begun);
    let Latency {
        p99,
        longest,
        count,
    } = seen.between(begun, ended);
    assert!(count > 0, "no load");
    turns.times.push(took);
    turns.ratios.push(Duration::from_secs_f64(p99 / calm));
    turns.p99.push(Duration::from_secs_f64(p99));
    turns.longest.push(Duration::from_secs_f64(longest));
    turns
        .growth
        .push(Duration::from_secs_f64(lab.number(&name, SIZE) / before));
    turns.failures += seen.failures.len();
    undisturbed.push(Duration::from_secs_f64(calm));
    assert_eq!(
        lab.value(&name, "SELECT count(*) FROM t WHERE done = 1"),
        rows.to_string()
    );
    assert_eq!(
        lab.value(&name, "SELECT sum(n) FROM t"),
        seen.committed().to_string(),
        "a lost write"
    );
    let rows = match contestant {
        Contestant::Enact => lab.number(&name, "SELECT walked / batches FROM enact.backfill"),
        _ => 0.0,
    };
    lab.drop(&name);
    // A number of rows.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of rows"
    )]
    let rows = rows as u64;
    rows
}

/// Changes all rows. Returns how long it took.
fn change(lab: &Lab, contestant: Contestant, url: &str, batch: u64) -> Duration {
    let option = match contestant {
        Contestant::Plain => return timed(lab.psql(url, CHANGE)),
        Contestant::Procedure => return timed(lab.psql(url, &procedure(batch))),
        Contestant::Enact => "",
        Contestant::Vacuuming => " vacuum=10%",
    };
    let env = lab.repository(&format!("-- enact: backfill{option}\n{CHANGE};\n"));
    let mut command = env.command();
    command.args(["apply", "--database-url", url]);
    timed(command)
}

/// What one would write without Enact.
fn procedure(batch: u64) -> String {
    format!(
        "DO $$ DECLARE low bigint := 0; high bigint; BEGIN LOOP \
           SELECT max(id) INTO high FROM (SELECT id FROM t WHERE id > low ORDER BY id LIMIT {batch}) b; \
           EXIT WHEN high IS NULL; \
           {CHANGE} WHERE id > low AND id <= high; COMMIT; low := high; \
         END LOOP; END $$"
    )
}

/// Enact is killed again and again on its way through the table.
fn kills(lab: &Lab) -> Line {
    let name = lab.copy();
    let url = lab.url(&name);
    let env = lab.repository(&format!("-- enact: backfill batch=1000\n{CHANGE};\n"));
    let apply = ["apply", "--lock-wait", "60s", "--database-url", &url];
    let changed = "SELECT coalesce(sum(changed), 0) FROM enact.backfill";
    let mut done = 0.0;
    let mut killed = 0;
    while killed < lab.scale.kills {
        let mut running = env.spawn(apply);
        let share = lab.scale.rows as f64 / (lab.scale.kills + 1) as f64;
        while running.runs()
            && installed(lab, &name)
                .is_none_or(|()| lab.number(&name, changed) < done + share * 0.8)
        {}
        if !running.runs() {
            break;
        }
        running.signal(Signal::Kill);
        let _killed = running.wait();
        done = lab.number(&name, changed);
        killed += 1;
    }
    let last = env.enact(apply);
    assert_eq!(last.code, Some(0), "{last}");
    let wrong = lab.number(
        &name,
        "SELECT count(*) FROM t WHERE done IS DISTINCT FROM 1",
    );
    lab.drop(&name);
    Line::new(
        "enact, killed on the way: rows not done, or done twice",
        Target::AtMost(0.0),
        (wrong, Unit::Count),
        format!("{killed} kills by SIGKILL, each on its way through the rows"),
    )
}

fn installed(lab: &Lab, name: &str) -> Option<()> {
    (!lab
        .value(name, "SELECT to_regclass('enact.backfill')")
        .is_empty())
    .then_some(())
}
