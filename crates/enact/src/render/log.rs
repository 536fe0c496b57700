//! The ledger's entries, for people.

use enact_engine::log::Logged;
use enact_ledger::Fact;
use enact_ledger::entry::fact::{Direction, Outcome};

use super::status::{person, when};
use crate::ui::style::{DIM, paint, plural, safe};
use crate::ui::table::Table;

/// One line an entry; `hidden` older ones are not shown.
pub fn text(entries: &[Logged], hidden: usize) -> String {
    if entries.is_empty() && hidden == 0 {
        return "no ledger yet: the first `enact apply` installs it\n".to_owned();
    }
    let mut text = match hidden {
        0 => String::new(),
        many => paint(DIM, &format!("  {} before these", plural_entries(many))) + "\n",
    };
    let mut table = Table::default();
    for logged in entries {
        let entry = &logged.entry;
        let at = entry
            .server_at
            .map(|at| when(at.as_str()))
            .unwrap_or_default();
        table.row([
            entry.seq.to_string(),
            at,
            entry.kind().as_str().to_owned(),
            safe(&what(&entry.fact)),
            person(entry.actor.person.as_str()),
        ]);
    }
    text += &table.text("  ");
    text
}

fn plural_entries(count: usize) -> String {
    match count {
        1 => "1 entry".to_owned(),
        many => format!("{many} entries"),
    }
}

/// What an entry states, in a few words.
fn what(fact: &Fact) -> String {
    match fact {
        Fact::TargetEnrolled(fact) => format!("database {}", fact.database.as_str()),
        Fact::RunStarted(fact) => format!(
            "{}, {}",
            fact.command.as_str(),
            plural(fact.steps.len(), "step")
        ),
        Fact::RunFinished(fact) => match fact.outcome {
            Outcome::Done => plural(fact.steps.len(), "step") + " done",
            other => other.as_str().to_owned(),
        },
        Fact::MigrationApplied(fact) => step(fact.stream.as_str(), fact.number, fact.name.as_str()),
        Fact::MigrationRolledBack(fact) => {
            step(fact.stream.as_str(), fact.number, fact.name.as_str())
        }
        Fact::MigrationFailed(fact) => format!(
            "{}:{:03} {}, {} at line {}",
            fact.stream.as_str(),
            fact.number,
            direction(fact.direction),
            fact.sqlstate,
            fact.line
        ),
        Fact::StepRecorded(fact) => format!(
            "{}:{:03} {}, segment {} of {} {}",
            fact.stream.as_str(),
            fact.number,
            direction(fact.direction),
            fact.segment,
            fact.segments,
            fact.phase.as_str()
        ),
        Fact::BaselineAdopted(fact) => format!(
            "{}: {}",
            plural(fact.migrations.len(), "migration"),
            fact.reason.as_str()
        ),
        Fact::DriftFound(fact) => match fact.total {
            1 => "1 object".to_owned(),
            many => format!("{many} objects"),
        },
        Fact::DriftAccepted(fact) => fact.reason.as_str().to_owned(),
        Fact::FileAmended(fact) => format!(
            "{}:{:03}, {}",
            fact.stream.as_str(),
            fact.number,
            fact.reason.as_str()
        ),
    }
}

fn step(stream: &str, number: u32, name: &str) -> String {
    format!("{stream}:{number:03}_{name}")
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "going up",
        Direction::Down => "going down",
    }
}
