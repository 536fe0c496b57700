//! Who holds a target's lock, for people and for programs.

use std::time::Duration;

use enact_engine::exit::Exit;
use enact_engine::lock::Holder;

use super::Asked;
use crate::failure::Failure;
use crate::ui::style::{safe_line, span};
use crate::wire;

pub(super) fn locked(
    holder: Option<&Holder>,
    waited: Duration,
    orphan: bool,
    exit: Exit,
    asked: Asked<'_>,
) -> Failure {
    let message = if orphan {
        "a killed run's connection is still at work on this target"
    } else {
        "another run holds the lock of this target"
    };
    let mut failure = Failure::new(exit, message).fact("waited", span(waited));
    if let Some(holder) = holder {
        failure.listed.extend(holder_facts(holder));
        failure.details.holder = Some(holder_document(holder));
    }
    failure
        .next(asked.again("--lock-wait 10min"))
        .next(asked.status())
}

/// Who holds the lock, line by line.
pub fn holder_facts(holder: &Holder) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(lease) = &holder.lease {
        facts.push(("holder", format!("{} on {}", lease.person, lease.host)));
        facts.push((
            "run",
            format!("{} {}, since {}", lease.command, lease.run, lease.since),
        ));
    }
    let user = holder
        .user
        .as_ref()
        .map_or_else(String::new, |user| format!(", user {user}"));
    let since = holder
        .since
        .as_ref()
        .map_or_else(String::new, |since| format!(", connected since {since}"));
    facts.push(("server process", format!("{}{user}{since}", holder.pid)));
    facts.extend(foreign_query(holder).map(|query| ("query", safe_line(query, 80))));
    facts
}

/// What a holder that is no run of Enact asked last. A run's own connection only looks after the lock.
fn foreign_query(holder: &Holder) -> Option<&str> {
    let query = holder.query.as_deref().filter(|query| !query.is_empty());
    query.filter(|_| holder.lease.is_none())
}

/// Who holds the lock, for programs.
pub fn holder_document(holder: &Holder) -> wire::Holder {
    let lease = holder.lease.as_ref();
    wire::Holder {
        pid: holder.pid,
        user: holder.user.clone(),
        connected_at: holder.since.clone(),
        query: foreign_query(holder).map(str::to_owned),
        person: lease.map(|lease| lease.person.clone()),
        host: lease.map(|lease| lease.host.clone()),
        command: lease.map(|lease| lease.command.clone()),
        run: lease.map(|lease| lease.run.clone()),
        started_at: lease.map(|lease| lease.since.clone()),
    }
}
