//! The recorder of DDL: event triggers that note who changes the schema outside Enact's runs.
//!
//! It is optional, since event triggers take a superuser's rights. What it notes stands in `enact.ddl`, append-only, and
//! not in the ledger's chain: an append waits for the ledger's head, so a stranger's long transaction would hold up every
//! other one, and Enact's own runs. When a run finds drift, it names the authors in `drift.found`, and so in the chain.

use enact_ledger::Timestamp;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row};

use crate::catalog::{Change, Difference, ObjectId};
use crate::connection::Connection;
use crate::events::Events;
use crate::ledger;
use crate::ledger::recorder::{INSTALL_SQL, NOTE_SQL, REMOVE_SQL};
use crate::lock;
use crate::observe::observe;
use crate::ownership::relation_of;
use crate::run::RunError;
use crate::state::TargetState;
use crate::target::ConnInfo;
use crate::target::server::{Purpose, Server};

/// More commands than this are not read.
const MOST: i64 = 10_000;

/// What the recorder says of a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorder {
    /// Its event triggers are there and fire.
    pub at_work: bool,
    /// What it noted since the schema was recorded last, newest first. Something may be there although it is not at work now.
    pub noted: Vec<Noted>,
    /// What it noted is not for this role to read.
    pub hidden: bool,
}

/// A command that changed the schema outside Enact's runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// When, by the server's clock.
    pub at: Timestamp,
    /// The command's tag, such as `ALTER TABLE`.
    pub tag: String,
    /// Whether the object was dropped by it.
    pub dropped: bool,
    /// Kind of the object, as PostgreSQL names it.
    pub object_type: Option<String>,
    /// The object, as PostgreSQL identifies it; grants do not tell.
    pub object: Option<String>,
    /// Role that logged in.
    pub login: String,
    /// Role that was set, else the same.
    pub role: String,
    /// What the session called itself.
    pub application: Option<String>,
    /// Address of the client; none over a socket.
    pub client: Option<String>,
}

/// Why the recorder could not be put up or taken down.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecorderError {
    /// The target cannot be worked on.
    #[error(transparent)]
    Run(#[from] RunError),
    /// There is no schema `enact`.
    #[error("schema enact is not installed here, and the recorder is part of it")]
    NotInstalled,
    /// The role may not.
    #[error(
        "this database role may not create event triggers: the recorder takes a superuser's rights"
    )]
    NotAllowed(#[source] tokio_postgres::Error),
}

const STATE_SQL: &str = "\
SELECT count(*) = 2 AND bool_and(e.evtenabled = 'A'), has_table_privilege(to_regclass('enact.ddl'), 'SELECT') FROM pg_event_trigger e JOIN pg_proc p ON p.oid = e.evtfoid
WHERE e.evtname IN ('enact_ddl', 'enact_drop') AND p.pronamespace = to_regnamespace('enact')";

const NOTED_SQL: &str = "\
SELECT to_char(d.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), d.tag, d.dropped, d.object_type, d.object,
       d.login::text, d.role::text, nullif(d.application, ''), host(d.client)
FROM enact.ddl d WHERE d.at > coalesce((SELECT l.appended_at FROM enact.ledger l WHERE l.seq = $1), '-infinity')
ORDER BY d.seq DESC LIMIT $2";

/// Whether the recorder is at work, and what it noted since the schema was recorded last. Works for a role that may only
/// read.
///
/// # Errors
/// When the connection is lost, or the role may not read schema `enact`.
pub async fn look(client: &Client, state: &TargetState) -> Result<Recorder, RunError> {
    let asking = |source| RunError::Database {
        doing: "ask the recorder of DDL",
        source,
    };
    let row = client
        .query_typed_one(STATE_SQL, &[])
        .await
        .map_err(asking)?;
    let at_work: Option<bool> = row.try_get(0).map_err(asking)?;
    // Neither, where there is no such table.
    let readable: Option<bool> = row.try_get(1).map_err(asking)?;
    let noted = match readable {
        Some(true) => read(client, state).await.map_err(asking)?,
        _ => Vec::new(),
    };
    Ok(Recorder {
        at_work: at_work.unwrap_or(false),
        noted,
        hidden: readable == Some(false),
    })
}

async fn read(client: &Client, state: &TargetState) -> Result<Vec<Noted>, tokio_postgres::Error> {
    let since = state.recorded.as_ref().map_or(0, |recorded| recorded.seq);
    let since = i64::try_from(since).unwrap_or(i64::MAX);
    let values = [(&since as _, Type::INT8), (&MOST as _, Type::INT8)];
    let rows = client.query_typed(NOTED_SQL, &values).await?;
    rows.iter().map(noted).collect()
}

fn noted(row: &Row) -> Result<Noted, tokio_postgres::Error> {
    let at: String = row.try_get(0)?;
    Ok(Noted {
        at: at.parse().unwrap_or(Timestamp::EPOCH),
        tag: row.try_get(1)?,
        dropped: row.try_get(2)?,
        object_type: row.try_get(3)?,
        object: row.try_get(4)?,
        login: row.try_get(5)?,
        role: row.try_get(6)?,
        application: row.try_get(7)?,
        client: row.try_get(8)?,
    })
}

/// Connects and looks: whether the recorder is at work, and what it noted. Works for a role that may only read.
///
/// # Errors
/// When there is no connection, or the ledger cannot be read or believed.
pub async fn status(target: &ConnInfo, application: &str) -> Result<Recorder, RunError> {
    let observed = observe(target, application, &Events::silent(), Purpose::Read).await?;
    let state = observed.state.unwrap_or_default();
    let recorder = look(observed.connection.client(), &state).await?;
    observed.connection.close().await;
    Ok(recorder)
}

/// Puts the recorder up, in one transaction. Whether it was not at work before.
///
/// # Errors
/// When the role may not, a run is at work, or there is no schema `enact`.
pub async fn install(target: &ConnInfo, application: &str) -> Result<bool, RecorderError> {
    change(target, application, true).await
}

/// Takes the recorder down, in one transaction; what it noted stays. Whether it was there.
///
/// # Errors
/// As for [`install`].
pub async fn remove(target: &ConnInfo, application: &str) -> Result<bool, RecorderError> {
    change(target, application, false).await
}

async fn change(target: &ConnInfo, application: &str, put_up: bool) -> Result<bool, RecorderError> {
    let connection = Connection::open(target, application, &Events::silent())
        .await
        .map_err(RunError::Connect)?;
    let client = connection.client();
    let server = Server::ask(client).await.map_err(RunError::Hello)?;
    if let Some(refusal) = server.refusal(Purpose::Write) {
        return Err(RunError::Refused(refusal).into());
    }
    let state = ledger::read(client).await.map_err(RunError::Ledger)?;
    let state = state.ok_or(RecorderError::NotInstalled)?;
    let before = look(client, &state).await?;
    refuse_beside_a_run(client).await?;
    let script = match put_up {
        true => format!("{REMOVE_SQL}\n{INSTALL_SQL}"),
        false => REMOVE_SQL.to_owned(),
    };
    let changed = apply(client, &script, put_up, before.at_work).await;
    if changed.is_err() {
        // The connection ends here in any case; its answer changes nothing.
        let _ = client.batch_execute("ROLLBACK").await;
    }
    changed.map_err(|source| match source.code() {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => RecorderError::NotAllowed(source),
        _ => RecorderError::Run(RunError::Database {
            doing: match put_up {
                true => "install the recorder of DDL",
                false => "remove the recorder of DDL",
            },
            source,
        }),
    })?;
    connection.close().await;
    Ok(before.at_work != put_up)
}

async fn apply(
    client: &Client,
    script: &str,
    put_up: bool,
    was_at_work: bool,
) -> Result<(), tokio_postgres::Error> {
    client
        .batch_execute(&format!("BEGIN; SET LOCAL lock_timeout = '5s';\n{script}"))
        .await?;
    // Where there never was a recorder, nothing is noted of its removal.
    if put_up || was_at_work {
        let tag = match put_up {
            true => "enact recorder install",
            false => "enact recorder remove",
        };
        client
            .execute_typed(NOTE_SQL, &[(&tag as _, Type::TEXT)])
            .await?;
    }
    client.batch_execute("COMMIT").await
}

async fn refuse_beside_a_run(client: &Client) -> Result<(), RunError> {
    let asking = |source| RunError::Database {
        doing: "ask who holds the lock",
        source,
    };
    let held = lock::held(client).await.map_err(asking)?;
    if !held.contains(&lock::RUN) {
        return Ok(());
    }
    let holder = lock::holder(client, lock::RUN).await.map_err(asking)?;
    Err(RunError::Locked {
        holder: holder.map(Box::new),
        waited: std::time::Duration::ZERO,
        orphan: false,
    })
}

impl Recorder {
    /// Who made this difference, newest first, each command once; empty where nothing was noted of it.
    #[must_use]
    pub fn authors(&self, difference: &Difference) -> Vec<&Noted> {
        let text = match &difference.change {
            Change::Added { after } | Change::Changed { after, .. } => after,
            Change::Removed { before } => before,
        };
        let on = relation_of(&difference.object, text);
        let mut authors: Vec<&Noted> = Vec::new();
        for noted in &self.noted {
            let known = authors
                .iter()
                .any(|other| (other.at, &other.tag) == (noted.at, &noted.tag));
            if !known && noted.concerns(&difference.object, on) {
                authors.push(noted);
            }
        }
        authors
    }
}

impl Noted {
    /// Whether this command can have made a difference to `object`; `on` is the table of an index or of statistics.
    fn concerns(&self, object: &ObjectId, on: Option<&str>) -> bool {
        let Some(identity) = self.object.as_deref() else {
            return self.is_grant_of(object);
        };
        // PostgreSQL says `t on public.sites`, and `for public.sites.city` of a default; a snapshot `public.sites.t`.
        let identity = identity.strip_prefix("for ").unwrap_or(identity);
        let name = match identity.rsplit_once(" on ") {
            Some((part, relation)) => format!("{relation}.{part}"),
            None => identity.to_owned(),
        };
        let is_or_is_part_of = |one: &str| {
            let rest = one.strip_prefix(name.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let of_comments = (self.tag == "COMMENT", object.kind == "comment on");
        if of_comments == (true, false) || of_comments == (false, true) && !self.dropped {
            return false;
        }
        if object.is_annotation() {
            // An annotation's name has the kind of its object before the name, in one word or two.
            let words = object.name.match_indices(' ').take(3);
            let mut names = words.filter_map(|(at, _)| object.name.get(at + 1..));
            return names.any(is_or_is_part_of);
        }
        is_or_is_part_of(&object.name) || on.is_some_and(is_or_is_part_of)
    }

    /// PostgreSQL tells of a grant what kind of object it was about, and no more.
    fn is_grant_of(&self, object: &ObjectId) -> bool {
        let kind = self.object_type.as_deref().unwrap_or_default();
        let kind = kind.to_lowercase();
        let about = object.name.strip_prefix(kind.as_str());
        match self.tag.as_str() {
            "GRANT" | "REVOKE" => {
                object.kind == "grant on" && about.is_some_and(|rest| rest.starts_with(' '))
            }
            "ALTER DEFAULT PRIVILEGES" => object.kind.starts_with("default privileges"),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(tag: &str, object_type: &str, object: Option<&str>) -> Noted {
        Noted {
            at: Timestamp::EPOCH,
            tag: tag.to_owned(),
            dropped: false,
            object_type: Some(object_type.to_owned()),
            object: object.map(str::to_owned),
            login: "ada".to_owned(),
            role: "ada".to_owned(),
            application: None,
            client: None,
        }
    }

    #[test]
    fn a_command_concerns_its_object_and_the_parts_of_it() {
        let table = noted("ALTER TABLE", "table", Some("public.sites"));
        let of = |noted: &Noted, kind: &str, name: &str| {
            noted.concerns(&ObjectId::new(kind, name), None)
        };
        assert!(of(&table, "table", "public.sites"));
        assert!(of(&table, "column", "public.sites.city"));
        assert!(!of(&table, "comment on", "column public.sites.city"));
        assert!(of(&table, "owner of", "table public.sites"));
        assert!(!of(&table, "table", "public.sites2"));
        assert!(!of(&table, "column", "other.sites.city"));
        assert!(table.concerns(&ObjectId::new("index", "public.i"), Some("public.sites")));

        let trigger = noted("CREATE TRIGGER", "trigger", Some("t on public.sites"));
        assert!(of(&trigger, "trigger", "public.sites.t"));
        assert!(!of(&trigger, "trigger", "public.sites.t2"));
        assert!(!of(&trigger, "column", "public.sites.city"));

        let view = noted("COMMENT", "materialized view", Some("public.m"));
        assert!(of(&view, "comment on", "materialized view public.m"));
        assert!(!of(&view, "materialized view", "public.m"));
    }

    #[test]
    fn a_grant_concerns_objects_of_its_kind() {
        let grant = noted("GRANT", "TABLE", None);
        let of = |kind: &str, name: &str| grant.concerns(&ObjectId::new(kind, name), None);
        assert!(of("grant on", "table public.sites"));
        assert!(!of("grant on", "function public.f()"));
        assert!(!of("table", "table public.sites"));
    }
}
