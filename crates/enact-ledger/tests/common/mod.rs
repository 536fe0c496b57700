//! A realistic ledger with every kind of entry, and ways to tamper with it.

#![expect(dead_code, reason = "each test binary uses a part")]
#![expect(clippy::unwrap_used, reason = "a helper of tests may stop the test")]

use enact_ledger::Actor;
use enact_ledger::Algorithm;
use enact_ledger::Checkpoint;
use enact_ledger::Entry;
use enact_ledger::Fact;
use enact_ledger::FileDigest;
use enact_ledger::Hash;
use enact_ledger::Identity;
use enact_ledger::Stored;
use enact_ledger::SystemIdentifier;
use enact_ledger::Timestamp;
use enact_ledger::Tool;
use enact_ledger::bundle;
use enact_ledger::entry::fact::*;
use enact_ledger::hash_body;
use enact_ledger::merkle::Frontier;
use enact_ledger::stamp;

pub const IDENTITY: &str = "0d1f5a3c-1111-4222-8333-abcdefabcdef";

pub fn identity() -> Identity {
    IDENTITY.parse().unwrap()
}

/// A time that many microseconds after the tests' epoch, within the hour.
pub fn time(microseconds: u64) -> Timestamp {
    let (seconds, fraction) = (microseconds / 1_000_000 % 3600, microseconds % 1_000_000);
    format!(
        "2026-03-02T14:{:02}:{:02}.{fraction:06}Z",
        seconds / 60,
        seconds % 60
    )
    .parse()
    .unwrap()
}

pub fn file(text: &str) -> FileDigest {
    FileDigest {
        algorithm: Algorithm::Lf,
        value: Hash::of(text.as_bytes()).0,
    }
}

pub fn tokens(text: &str) -> FileDigest {
    FileDigest {
        algorithm: Algorithm::Tokens,
        value: Hash::of(text.as_bytes()).0,
    }
}

/// An entry as the tool drafts it after `prev`.
pub fn draft(seq: u64, prev: Hash, fact: Fact) -> Entry {
    Entry {
        seq,
        prev,
        at: time(seq * 1_370_011),
        server_at: None,
        actor: Actor {
            person: "Zoë Müller <zoe@example.org>".into(),
            role: "orion_deploy".into(),
            host: "runner-7".into(),
        },
        tool: Tool {
            version: "0.1.0".into(),
            digest: Hash::of(b"enact"),
        },
        run: (seq > 1).then(|| "0198c1f2-0000-7000-8000-000000000001".into()),
        fact,
    }
}

/// The row that the database stores for `entry`.
pub fn store(entry: &Entry) -> Stored {
    let appended_at = time(entry.seq * 1_370_011 + 2_345);
    let body = stamp(&entry.to_body().unwrap(), &entry.prev, &appended_at).unwrap();
    Stored {
        seq: entry.seq,
        prev: entry.prev,
        hash: hash_body(&body),
        body,
        appended_at: Some(appended_at),
    }
}

/// The rows of a ledger that states `facts` in order.
pub fn chain(facts: impl IntoIterator<Item = Fact>) -> Vec<Stored> {
    let mut rows: Vec<Stored> = Vec::new();
    for (seq, fact) in (1..).zip(facts) {
        let prev = rows.last().map_or(Hash::ZERO, |row| row.hash);
        rows.push(store(&draft(seq, prev, fact)));
    }
    rows
}

/// The rows with every hash recomputed, as someone does who rewrites the database: numbers and links made whole.
pub fn relink(rows: &[Stored]) -> Vec<Stored> {
    chain(
        rows.iter()
            .map(|row| Entry::from_body(&row.body).unwrap().fact),
    )
}

/// The checkpoint of a ledger of these rows.
pub fn checkpoint(rows: &[Stored]) -> Checkpoint {
    let mut frontier = Frontier::default();
    rows.iter().for_each(|row| frontier.push(row.hash));
    Checkpoint::new(&identity(), frontier.size(), frontier.root())
}

pub fn bundle_of(rows: &[Stored]) -> Vec<u8> {
    let mut out = Vec::new();
    bundle::write(&mut out, rows.iter().cloned()).unwrap();
    out
}

/// The exit code of verifying rows.
pub fn code(rows: &[Stored], known: &[Checkpoint]) -> u8 {
    match enact_ledger::verify(rows.iter().cloned(), known) {
        Ok(report) => report.exit_code(),
        Err(failure) => failure.exit_code(),
    }
}

/// The exit code of verifying a bundle.
pub fn bundle_code(bytes: &[u8], known: &[Checkpoint]) -> u8 {
    match bundle::verify(bytes, known) {
        Ok(report) => report.exit_code(),
        Err(bundle::BundleError::Failure(failure)) => failure.exit_code(),
        Err(bundle::BundleError::Io(error)) => panic!("{error}"),
    }
}

/// A ledger of 40 entries with every kind that the first writers of format 1 knew.
pub fn ledger() -> Vec<Stored> {
    let mut facts: Vec<Fact> = vec![enrolled(), baseline()];
    facts.push(run_started(Command::Apply, 2..=9));
    facts.extend((2..=9).map(applied));
    facts.push(run_finished(Outcome::Done, 2..=9));
    facts.push(run_started(Command::Rollback, 9..=9));
    facts.extend([rolled_back(9), run_finished(Outcome::Done, 9..=9)]);
    facts.extend([
        run_started(Command::Apply, 9..=10),
        applied(9),
        failed(10),
        run_finished(Outcome::Failed, 9..=9),
    ]);
    facts.extend([
        drift_found(),
        drift_accepted(),
        run_started(Command::Redo, 9..=9),
        rolled_back(9),
        applied(9),
    ]);
    facts.push(run_finished(Outcome::Interrupted, 9..=9));
    facts.push(run_started(Command::Apply, 10..=12));
    facts.extend([
        step(Phase::Started, None),
        step(Phase::Failed, Some(Found::Invalid)),
        run_finished(Outcome::Abandoned, 10..=10),
    ]);
    facts.extend([
        run_started(Command::Apply, 10..=12),
        step(Phase::Resolved, Some(Found::Absent)),
        step(Phase::Started, None),
    ]);
    facts.extend([
        step(Phase::Done, Some(Found::Present)),
        applied(10),
        applied(11),
        applied(12),
        run_finished(Outcome::Done, 10..=12),
    ]);
    facts.extend([
        drift_found(),
        run_started(Command::Apply, 13..=13),
        drift_found(),
    ]);
    assert_eq!(facts.len(), 40);
    chain(facts)
}

/// A ledger that has each kind once.
pub fn small_ledger() -> Vec<Stored> {
    let mut facts: Vec<Fact> = ledger()
        .iter()
        .map(|row| Entry::from_body(&row.body).unwrap().fact)
        .collect();
    let mut seen = std::collections::HashSet::new();
    facts.push(amended());
    facts.retain(|fact| seen.insert(fact.kind()));
    assert_eq!(facts.len(), Kind::ALL.len());
    chain(facts)
}

pub fn enrolled() -> Fact {
    TargetEnrolled {
        identity: identity(),
        system_identifier: SystemIdentifier(7_301_234_567_890_123_456),
        database: "orion_production".into(),
        server_version: 150_018,
        project: None,
        environment: None,
        endpoint: None,
        reason: None,
    }
    .into()
}

pub fn baseline() -> Fact {
    let migration = AdoptedMigration {
        stream: "core".into(),
        number: 1,
        name: "initial_schema".into(),
        digest: file("up 1"),
        meaning: tokens("up 1"),
        rollback: None,
        requires: None,
    };
    BaselineAdopted {
        migrations: vec![migration],
        fingerprint: Hash::of(b"one"),
        reason: "existing database,\n\ttaken over as \"is\" \\ agreed".into(),
    }
    .into()
}

pub fn run_started(command: Command, numbers: std::ops::RangeInclusive<u32>) -> Fact {
    let direction = if command == Command::Rollback {
        Direction::Down
    } else {
        Direction::Up
    };
    let step = |number| IntendedStep {
        direction,
        stream: "core".into(),
        number,
        digest: file(&format!("up {number}")),
    };
    let fingerprint = (command == Command::Apply).then(|| Hash::of(b"before"));
    RunStarted {
        command,
        plan: Hash::of(b"plan"),
        steps: numbers.map(step).collect(),
        server_version: 150_018,
        fingerprint,
        release: None,
        receipt: None,
    }
    .into()
}

pub fn run_finished(outcome: Outcome, numbers: std::ops::RangeInclusive<u32>) -> Fact {
    let done = outcome == Outcome::Done;
    let step = |number| FinishedStep {
        direction: Direction::Up,
        stream: "core".into(),
        number,
        milliseconds: u64::from(number) * 7,
        rows: done.then_some(u64::from(number)),
    };
    let stamp = done.then(|| "xmin:812345/9".into());
    RunFinished {
        outcome,
        core: None,
        fingerprint: done.then(|| Hash::of(b"after")),
        stamp,
        steps: numbers.map(step).collect(),
        notices: 2,
    }
    .into()
}

pub fn applied(number: u32) -> Fact {
    let text = format!("up {number}");
    MigrationApplied {
        stream: "core".into(),
        number,
        name: "add_audit_metadata".into(),
        digest: file(&text),
        meaning: tokens(&text),
        rollback: (number != 4).then(|| file(&format!("down {number}"))),
        statements: 7,
        requires: None,
    }
    .into()
}

pub fn amended() -> Fact {
    FileAmended {
        stream: "core".into(),
        number: 3,
        was: file("up 3"),
        digest: file("up 3 with a comment"),
        meaning: tokens("up 3"),
        reason: "the ticket's number was wrong".into(),
    }
    .into()
}

pub fn rolled_back(number: u32) -> Fact {
    MigrationRolledBack {
        stream: "core".into(),
        number,
        name: "add_audit_metadata".into(),
        digest: file("down"),
        statements: 2,
    }
    .into()
}

pub fn failed(number: u32) -> Fact {
    MigrationFailed {
        stream: "orion".into(),
        number,
        direction: Direction::Up,
        digest: file("up"),
        segment: 1,
        statement: 3,
        line: 42,
        sqlstate: "23505".parse().unwrap(),
        constraint: Some("participants_pkey".into()),
        table: Some("participants".into()),
        schema: None,
    }
    .into()
}

pub fn step(phase: Phase, found: Option<Found>) -> Fact {
    let reason = (phase == Phase::Resolved).then(|| "index dropped by hand".into());
    StepRecorded {
        stream: "core".into(),
        number: 10,
        direction: Direction::Up,
        digest: file("up 10"),
        segment: 2,
        segments: 3,
        phase,
        found,
        reason,
    }
    .into()
}

pub fn drift_found() -> Fact {
    let object = |object: &str, change| DriftedObject {
        object: object.into(),
        change,
        authors: None,
    };
    let objects = vec![
        object("index public.by_hand", Change::Added),
        object("table public.\"Größe\"", Change::Changed),
        object("view public.v", Change::Removed),
    ];
    DriftFound {
        expected: Hash::of(b"after"),
        actual: Hash::of(b"live"),
        objects,
        total: 3,
    }
    .into()
}

pub fn drift_accepted() -> Fact {
    DriftAccepted {
        expected: Hash::of(b"after"),
        actual: Hash::of(b"live"),
        reason: "hot fix of 2 March".into(),
    }
    .into()
}
