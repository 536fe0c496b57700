//! Where a target stands.

use enact_engine::drift::Schema;
use enact_engine::status::{Line, Status, StreamStatus};

use super::history;
use crate::context::Target;
use crate::error::{holder_document, holder_facts};
use crate::ui::style::{BAD, DIM, GOOD, STRONG, WARNING, paint, plural, safe};
use crate::ui::table::Table;
use crate::wire;

/// For people.
pub fn text(status: &Status, target: &Target) -> String {
    let mut text = place(target);
    for stream in &status.streams {
        text += &head(stream, status.release.as_deref());
        let mut table = Table::default();
        for line in &stream.migrations {
            table.row(row(line, stream));
        }
        text += &table.text("  ");
    }
    text += &notes(status, target);
    text
}

fn place(target: &Target) -> String {
    let place = target.conninfo.redacted();
    let name = target
        .environment
        .as_ref()
        .map_or(place.clone(), |(name, _)| format!("{name}: {place}"));
    format!("{}\n", paint(DIM, &safe(&name)))
}

fn head(stream: &StreamStatus, release: Option<&str>) -> String {
    let position = match stream.position() {
        0 => "nothing applied".to_owned(),
        at => format!("at {at:03}"),
    };
    let pending = match stream.pending() {
        0 => paint(GOOD, "nothing pending"),
        many => paint(WARNING, &format!("{many} pending")),
    };
    let release = release.filter(|_| stream.stream == "core");
    let release = release.map_or_else(String::new, |release| format!(", release {release}"));
    format!(
        "{} {position}, {pending}{release}\n",
        paint(STRONG, &stream.stream)
    )
}

fn row(line: &Line, stream: &StreamStatus) -> [String; 4] {
    let name = format!("{:03}_{}", line.number, line.name);
    let half = stream
        .in_progress
        .as_ref()
        .filter(|at| at.number == line.number);
    match (&line.applied, half) {
        (_, Some(at)) => [
            "~".to_owned(),
            name,
            format!("{} of {} segments", at.done, at.segments),
            half_way(at.direction.as_str()),
        ],
        (Some(applied), None) => {
            let at = applied.at.map(|at| when(at.as_str())).unwrap_or_default();
            let how = if applied.baseline {
                "adopted"
            } else {
                "applied"
            };
            [
                "+".to_owned(),
                name,
                format!("{how} {at}"),
                person(&applied.person),
            ]
        }
        (None, None) => [" ".to_owned(), name, "pending".to_owned(), String::new()],
    }
}

fn half_way(direction: &str) -> String {
    format!("half done, going {direction}")
}

/// A person without the address behind the name.
pub fn person(recorded: &str) -> String {
    let name = recorded.split_once(" <").map_or(recorded, |(name, _)| name);
    safe(name)
}

/// To the second.
pub fn when(time: &str) -> String {
    let seconds = time.split('.').next().unwrap_or(time);
    format!("{}Z", seconds.trim_end_matches('Z').replace('T', " "))
}

fn notes(status: &Status, target: &Target) -> String {
    let mut notes = Vec::new();
    for (stream, position) in &status.other_streams {
        notes.push(format!("{stream} at {position:03} (another repository)"));
    }
    if status.identity.is_none() {
        notes.push("no ledger yet: the first `enact apply` installs it".to_owned());
    }
    if let Some(stranger) = &status.stranger {
        notes.push(format!(
            "{} {}",
            paint(BAD, "not the enrolled target:"),
            safe(&stranger.to_string())
        ));
    }
    notes.extend(at_work(status));
    notes.extend(unfinished(status, target));
    for stream in &status.streams {
        let of = of_stream(status, stream);
        notes.extend(stream.disagreements.iter().map(|one| {
            format!(
                "{} {of}{}",
                paint(BAD, "disagrees:"),
                safe(&history::words(one))
            )
        }));
    }
    notes.push(schema(status, target));
    let core = super::core::other(status.core.as_ref());
    notes.extend(core.map(|core| {
        format!(
            "{}, see `{}`",
            super::core::line(core),
            target.command("drift")
        )
    }));
    notes.retain(|note| !note.is_empty());
    notes.iter().map(|note| format!("{note}\n")).collect()
}

fn at_work(status: &Status) -> Vec<String> {
    let heading = |text: &str| paint(WARNING, text);
    let (holder, heading) = match (&status.holder, &status.orphan) {
        (Some(holder), _) => (holder, heading("a run is at work:")),
        (None, Some(orphan)) => (
            orphan,
            heading("a killed run's connection is still at work:"),
        ),
        (None, None) => return Vec::new(),
    };
    let facts = holder_facts(holder);
    let facts = facts
        .iter()
        .map(|(label, text)| format!("  {label}: {}", safe(text)));
    std::iter::once(heading).chain(facts).collect()
}

fn unfinished(status: &Status, target: &Target) -> Vec<String> {
    let mut notes = Vec::new();
    let working = status.holder.is_some();
    if let Some(run) = status.open_run.as_ref().filter(|_| !working) {
        notes.push(format!(
            "{} {} {} by {} on {} did not record its end; the next command does",
            paint(WARNING, "unfinished:"),
            run.command.as_str(),
            safe(&run.run),
            safe(&run.person),
            safe(&run.host)
        ));
    }
    for stream in &status.streams {
        notes.extend(half_done(stream, &of_stream(status, stream), target));
    }
    notes
}

/// The stream before a number, where there are several.
fn of_stream(status: &Status, stream: &StreamStatus) -> String {
    match status.streams.as_slice() {
        [_] => String::new(),
        _ => format!("{}:", stream.stream),
    }
}

fn half_done(stream: &StreamStatus, of: &str, target: &Target) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(at) = &stream.in_progress {
        let unknown = at.started.map_or_else(String::new, |(segment, _)| {
            format!("; the end of segment {segment} was not recorded")
        });
        let unknown = at.backfilling.map_or(unknown, |segment| {
            let look = target.command("backfill status");
            format!("; segment {segment} is a backfill, see `{look}`")
        });
        notes.push(format!(
            "{} {of}{:03}, {} of {} segments done{unknown}; `{}` goes on",
            paint(WARNING, "half done:"),
            at.number,
            at.done,
            at.segments,
            target.command(if at.direction.as_str() == "up" {
                "apply"
            } else {
                "rollback"
            })
        ));
    }
    if let Some(failed) = &stream.last_failure {
        notes.push(format!(
            "{} {of}{:03} ({}) with {} at line {}{}",
            paint(BAD, "last failure:"),
            failed.number,
            failed.direction.as_str(),
            failed.sqlstate,
            failed.line,
            failed
                .at
                .map_or_else(String::new, |at| format!(", {}", when(at.as_str())))
        ));
    }
    notes
}

fn schema(status: &Status, target: &Target) -> String {
    match &status.schema {
        Schema::Same => format!("schema {}", paint(GOOD, "as recorded")),
        Schema::Unrecorded if status.identity.is_none() => String::new(),
        Schema::Unrecorded => "schema not recorded since the last change".to_owned(),
        Schema::Drifted(drift) => {
            let objects = drift.differences.as_ref().map_or_else(
                || "objects".to_owned(),
                |found| plural(found.len(), "object"),
            );
            format!(
                "schema {}: {objects} not as recorded, see `{}`\n  {}",
                paint(BAD, "drifted"),
                target.command("drift"),
                super::drift::who(drift, target)
            )
        }
    }
}

/// For programs.
pub fn document(status: &Status, target: &Target) -> wire::Status {
    let core = match status.streams.as_slice() {
        [core, _] => Some(core),
        _ => None,
    };
    wire::Status {
        schema: "enact.status/1",
        target: target.conninfo.redacted(),
        environment: target.environment.as_ref().map(|(name, _)| name.clone()),
        identity: status.identity.as_ref().map(ToString::to_string),
        enrolled: enrolled(status),
        stranger: status.stranger.as_ref().map(ToString::to_string),
        server_version: status.server.version_num,
        release: status.release.clone(),
        own: status.streams.last().map(stream).unwrap_or_default(),
        core: core.map(stream),
        other_streams: status
            .other_streams
            .iter()
            .map(|(stream, position)| wire::StreamPosition {
                stream: stream.clone(),
                position: *position,
            })
            .collect(),
        open_run: status.open_run.as_ref().map(|run| wire::OpenRun {
            run: run.run.clone(),
            command: run.command.as_str(),
            person: run.person.clone(),
            host: run.host.clone(),
            since: run.since.map(|at| at.to_string()),
        }),
        holder: status.holder.as_ref().map(holder_document),
        orphan: status.orphan.as_ref().map(holder_document),
        drift: match &status.schema {
            Schema::Unrecorded => "unrecorded",
            Schema::Same => "none",
            Schema::Drifted(_) => "drifted",
        },
        core_as_released: super::core::as_released(status.core.as_ref()),
        fingerprint: status
            .recorded
            .as_ref()
            .map(|recorded| recorded.fingerprint.to_string()),
        entries: status.entries,
        head: status.head.to_string(),
    }
}

/// Project and environment, where the ledger knows them.
fn enrolled(status: &Status) -> Option<String> {
    let enrolment = status.enrolment.as_ref()?;
    let project = enrolment.project.as_deref()?;
    Some(format!("{project} {}", enrolment.environment.as_deref()?))
}

fn stream(stream: &StreamStatus) -> wire::StreamStatus {
    wire::StreamStatus {
        stream: stream.stream.clone(),
        position: stream.position(),
        pending: stream.pending(),
        migrations: stream.migrations.iter().map(migration).collect(),
        in_progress: stream.in_progress.as_ref().map(|at| wire::InProgress {
            number: at.number,
            direction: at.direction.as_str(),
            segments: at.segments,
            done: at.done,
            unknown: at.started.map(|(segment, _)| segment),
            backfilling: at.backfilling,
        }),
        last_failure: stream
            .last_failure
            .as_ref()
            .map(|failed| wire::LastFailure {
                number: failed.number,
                direction: failed.direction.as_str(),
                sqlstate: failed.sqlstate.to_string(),
                line: failed.line,
                at: failed.at.map(|at| at.to_string()),
            }),
        disagreements: stream.disagreements.iter().map(history::document).collect(),
    }
}

fn migration(line: &Line) -> wire::StatusMigration {
    let applied = line.applied.as_ref();
    wire::StatusMigration {
        number: line.number,
        name: line.name.clone(),
        state: match applied {
            None => "pending",
            Some(applied) if applied.baseline => "adopted",
            Some(_) => "applied",
        },
        reversible: line.reversible,
        digest: applied.map(|applied| applied.digest.to_string()),
        applied_at: applied
            .and_then(|applied| applied.at)
            .map(|at| at.to_string()),
        person: applied.map(|applied| applied.person.clone()),
        entry: applied.map(|applied| applied.seq),
    }
}
