//! Scripts on one connection, without a ledger.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use enact_sql::script::{Script, Segment, SegmentKind};
use tokio::sync::mpsc::UnboundedReceiver;

use super::error::ProofError;
use crate::connection::Connection;
use crate::pipeline::{self, Message, Refused};
use crate::run::Settings;
use crate::run::failure::{Place, ServerError};
use crate::run::text::SegmentText;
use crate::target::server::Server;
use crate::target::{ConnInfo, Notice};

/// A statement of a file that the server refused.
#[derive(Debug, Clone)]
pub struct ScriptFailure {
    /// The file with the statement, relative to the repository's root: the script, or one that it includes.
    pub file: PathBuf,
    /// The script's text, normalised, includes expanded.
    pub text: Arc<str>,
    /// Where in the text, in bytes: the spot the server points at, else the whole statement.
    pub span: Range<usize>,
    /// One-based line of the spot.
    pub line: u32,
    /// One-based column of the spot, in characters.
    pub column: u32,
    /// One-based statement of the file; 0 when `COMMIT` failed.
    pub statement: usize,
    /// The server's own words. `detail` may hold data: for the terminal alone.
    pub server: ServerError,
}

impl fmt::Display for ScriptFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, .. } = self;
        let (file, server) = (self.file.display(), &self.server);
        let (message, sqlstate) = (&server.message, &server.sqlstate);
        write!(f, "{file}:{line}:{column}: {message} (SQLSTATE {sqlstate})")
    }
}

/// How a script ended, as long as the server is there to say so.
pub(crate) type Ended = Result<(), Box<ScriptFailure>>;

/// The connection that does all work in a scratch database.
pub(crate) struct Executor {
    pub connection: Connection,
    pub server: Server,
    settings: Settings,
    /// What the server said in passing, until somebody asks for it.
    notices: Mutex<UnboundedReceiver<Notice>>,
}

impl Executor {
    pub async fn connect(info: &ConnInfo) -> Result<Self, ProofError> {
        let (connection, notices) = Connection::open_with_notices(info, "enact test").await?;
        let server = Server::ask(connection.client()).await?;
        let settings = Settings::default().for_server(&server);
        Ok(Self {
            connection,
            server,
            settings,
            notices: Mutex::new(notices),
        })
    }

    /// What the server said since the last time, in order. All that came before an answer is there with the answer.
    pub fn notices(&self) -> Vec<Notice> {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| notices.try_recv().ok()).collect()
    }

    /// Runs a file segment by segment, each committed.
    pub async fn run(&self, script: &Script) -> Result<Ended, ProofError> {
        let mut done = 0;
        for segment in &script.segments {
            let (open, close) = match segment.kind {
                // What a batch does, the whole does too.
                SegmentKind::Transactional | SegmentKind::Backfill(_) => {
                    (self.begin_sql(), "COMMIT".to_owned())
                }
                _ => (self.alone_sql(), self.settings.reset_sql()),
            };
            let text = SegmentText::of(script, segment);
            if let Err(refused) = self.send(&open, &text, &close).await? {
                return Ok(Err(failure(script, segment, done, &refused)));
            }
            done += segment.statements.len();
        }
        Ok(Ok(()))
    }

    /// Runs all of a file in one transaction and undoes it.
    pub async fn try_out(&self, script: &Script) -> Result<Ended, ProofError> {
        let open = self.begin_sql();
        let mut done = 0;
        let mut ended = Ok(());
        for (index, segment) in script.segments.iter().enumerate() {
            let open = if index == 0 { &open } else { "" };
            let text = SegmentText::of(script, segment);
            if let Err(refused) = self.send(open, &text, "").await? {
                ended = Err(failure(script, segment, done, &refused));
                break;
            }
            done += segment.statements.len();
        }
        self.roll_back().await?;
        Ok(ended)
    }

    /// Sends the statements between `open` and `close`; a refused statement has its index, from 1.
    async fn send(
        &self,
        open: &str,
        text: &SegmentText<'_>,
        close: &str,
    ) -> Result<Result<(), Refused>, ProofError> {
        let mut messages = Vec::with_capacity(text.messages.len() + 2);
        messages.push(Message::Sql(open));
        messages.extend(&text.messages);
        messages.push(Message::Sql(close));
        let sent = pipeline::run(self.connection.client(), &messages, text.stepwise).await;
        drop(self.notices());
        let Err(refused) = sent else {
            return Ok(Ok(()));
        };
        if refused.index == 0 || self.connection.is_gone(&refused.error) {
            return Err(ProofError::Database {
                doing: "run a script in the scratch database",
                source: refused.error,
            });
        }
        self.roll_back().await?;
        Ok(Err(refused))
    }

    /// Outside a transaction this does nothing but warn.
    pub async fn roll_back(&self) -> Result<(), ProofError> {
        let sql = format!("ROLLBACK; {}", self.settings.reset_sql());
        let done = self.connection.client().batch_execute(&sql).await;
        done.map_err(|source| ProofError::Database {
            doing: "roll back in the scratch database",
            source,
        })
    }

    pub fn begin_sql(&self) -> String {
        format!("BEGIN READ WRITE; {}", self.settings.reset_sql())
    }

    pub fn alone_sql(&self) -> String {
        let reset = self.settings.reset_sql();
        format!("{reset}; SET default_transaction_read_only = off")
    }

    pub fn reset_sql(&self) -> String {
        self.settings.reset_sql()
    }
}

/// `done` statements of the file came before the segment.
pub(crate) fn failure(
    script: &Script,
    segment: &Segment,
    done: usize,
    refused: &Refused,
) -> Box<ScriptFailure> {
    let server = ServerError::from(&refused.error);
    let within = if refused.index > segment.statements.len() {
        0
    } else {
        refused.index
    };
    let place = Place::of(script, segment, within, &server);
    Box::new(ScriptFailure {
        file: place.file,
        text: script.text().into(),
        span: place.span,
        line: place.line,
        column: place.column,
        statement: if within == 0 { 0 } else { done + within },
        server,
    })
}
