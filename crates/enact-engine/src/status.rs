//! Where a target stands, for people and programs. Reads only; works for a read-only role.

use enact_ledger::{Hash, Identity};

use crate::catalog::Scope;
use crate::core::{self, Core};
use crate::drift::{self, Schema};
use crate::history::{self, Disagreement};
use crate::identity::{Claim, Stranger};
use crate::lock::{self, Holder};
use crate::observe::{Begun, Observed};
use crate::project::{Stream, Streams};
use crate::run::RunError;
use crate::state::{
    Applied, Enrolment, Failed, InProgress, OpenRun, RecordedSchema, StreamState, TargetState,
};
use crate::target::server::Server;

/// Where a target stands.
#[derive(Debug)]
pub struct Status {
    /// Who answers.
    pub server: Server,
    /// The target's identity; `None` before the first run.
    pub identity: Option<Identity>,
    /// Which target it is, as its ledger says.
    pub enrolment: Option<Enrolment>,
    /// In what it is not the target that was meant.
    pub stranger: Option<Stranger>,
    /// The core release that the repository is pinned to.
    pub release: Option<String>,
    /// The streams of the repository, in the order in which they are applied; the last is its own.
    pub streams: Vec<StreamStatus>,
    /// Other streams in this database and their positions.
    pub other_streams: Vec<(String, u32)>,
    /// A run without a recorded end.
    pub open_run: Option<OpenRun>,
    /// Who is at work at this moment.
    pub holder: Option<Holder>,
    /// A killed run's connection that is still executing.
    pub orphan: Option<Holder>,
    /// The live schema against the recorded one.
    pub schema: Schema,
    /// The core against the release that the repository is pinned to, where there is anything to compare.
    pub core: Option<Core>,
    /// The recorded schema.
    pub recorded: Option<RecordedSchema>,
    /// Entries in the ledger.
    pub entries: u64,
    /// Hash of the last entry.
    pub head: Hash,
}

/// Where one stream stands.
#[derive(Debug)]
pub struct StreamStatus {
    /// Stream.
    pub stream: String,
    /// Its migrations, in order of number: from the files, and from the ledger where the file is gone.
    pub migrations: Vec<Line>,
    /// A half-done file.
    pub in_progress: Option<InProgress>,
    /// A failure that nothing has followed yet.
    pub last_failure: Option<Failed>,
    /// In what ledger and files differ.
    pub disagreements: Vec<Disagreement>,
}

/// One migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Number.
    pub number: u32,
    /// Description.
    pub name: String,
    /// As the ledger has it; `None` when pending.
    pub applied: Option<Applied>,
    /// The file can be rolled back.
    pub reversible: bool,
}

impl Status {
    /// How many migrations of all streams are not applied.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.streams.iter().map(StreamStatus::pending).sum()
    }
}

impl StreamStatus {
    fn of(streams: &Streams, stream: &Stream, state: &TargetState) -> Self {
        let own = state.stream(stream.name());
        Self {
            stream: stream.name().to_owned(),
            migrations: lines(own, stream),
            in_progress: own.in_progress.clone(),
            last_failure: own.last_failure.clone(),
            disagreements: history::of(streams, stream, state),
        }
    }

    /// How many migrations are not applied.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.migrations
            .iter()
            .filter(|line| line.applied.is_none())
            .count()
    }

    /// The highest number in force; 0 when there is none.
    #[must_use]
    pub fn position(&self) -> u32 {
        self.migrations
            .iter()
            .rev()
            .find(|line| line.applied.is_some())
            .map_or(0, |line| line.number)
    }
}

/// Asks a target where it stands and compares with the files of `streams`.
///
/// # Errors
/// When there is no connection, or the ledger cannot be read or believed.
pub async fn status(
    begun: Begun,
    streams: &Streams,
    scope: &Scope,
    claim: Option<&Claim>,
) -> Result<Status, RunError> {
    let Observed {
        connection,
        server,
        state,
        horizon,
    } = begun.observed;
    let client = connection.client();
    let state = state.unwrap_or_default();
    let asking = |source| RunError::Database {
        doing: "ask who holds the lock",
        source,
    };
    let (schema, held) = tokio::join!(
        biased;
        drift::compare_at(client, &state, scope, horizon),
        lock::held(client),
    );
    let (schema, held) = (schema?, held.map_err(asking)?);
    let holder = match held.contains(&lock::RUN) {
        true => lock::holder(client, lock::RUN).await.map_err(asking)?,
        false => None,
    };
    let orphan = match holder.is_none() && held.contains(&lock::WORK) {
        true => lock::holder(client, lock::WORK).await.map_err(asking)?,
        false => None,
    };
    let release = streams.core().map(|pinned| &pinned.package);
    let core = core::look(client, release, (&state, &schema), server.major()).await?;
    connection.close().await;
    Ok(Status {
        core,
        stranger: claim.and_then(|claim| claim.check(state.enrolment.as_ref(), &server).err()),
        enrolment: state.enrolment.clone(),
        release: streams.release().map(str::to_owned),
        streams: streams
            .iter()
            .map(|stream| StreamStatus::of(streams, stream, &state))
            .collect(),
        other_streams: others(&state, streams),
        identity: state.identity,
        open_run: state.open_run.clone(),
        orphan,
        holder,
        schema,
        recorded: state.recorded.clone(),
        entries: state.head.seq,
        head: state.head.hash,
        server,
    })
}

fn lines(own: &StreamState, stream: &Stream) -> Vec<Line> {
    let mut lines: Vec<Line> = stream
        .migrations
        .iter()
        .map(|file| Line {
            number: file.number,
            name: file.name.clone(),
            applied: own.applied.get(&file.number).cloned(),
            reversible: file.rollback_digest.is_some(),
        })
        .collect();
    let gone = own
        .applied
        .iter()
        .filter(|(number, _)| stream.get(**number).is_none());
    lines.extend(gone.map(|(number, applied)| Line {
        number: *number,
        name: applied.name.clone(),
        applied: Some(applied.clone()),
        reversible: false,
    }));
    lines
}

fn others(state: &TargetState, streams: &Streams) -> Vec<(String, u32)> {
    let all = state.streams.iter();
    let others = all.filter(|(name, _)| streams.get(name).is_none());
    others
        .map(|(name, stream)| (name.clone(), stream.position()))
        .collect()
}
