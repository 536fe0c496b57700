//! Statements sent one after the other without waiting, answers read in order.
//!
//! Each statement is a simple-query message of its own, so that an error belongs to one statement
//! and the network's latency is paid once. Only safe inside an explicit transaction: after an error
//! the server refuses the rest until the `ROLLBACK` or `COMMIT` that ends it.

use std::collections::VecDeque;
use std::io::Cursor;
use std::pin::Pin;

use futures_util::{SinkExt as _, TryStreamExt as _};
use tokio_postgres::{Client, Error, SimpleQueryMessage, SimpleQueryRow, SimpleQueryStream};

/// How much may be under way before answers are awaited: bounds memory, not correctness.
const WINDOW_MESSAGES: usize = 256;
const WINDOW_BYTES: usize = 1 << 20;
/// `COPY` data is handed to the connection in pieces of this size.
const COPY_CHUNK: usize = 1 << 16;

/// One thing to send.
#[derive(Debug, Clone, Copy)]
pub enum Message<'a> {
    /// SQL text, one simple query.
    Sql(&'a str),
    /// `COPY … FROM stdin` and its data.
    Copy {
        /// The `COPY` statement.
        sql: &'a str,
        /// Its data lines, without the closing `\.`.
        data: &'a str,
    },
}

/// What came back for one message.
#[derive(Debug, Default)]
pub struct Answer {
    /// Rows, if any.
    pub rows: Vec<SimpleQueryRow>,
    /// Rows affected, as the server counts them.
    pub affected: u64,
}

/// An error and the message it belongs to.
#[derive(Debug)]
pub struct Refused {
    /// Index of the message.
    pub index: usize,
    /// What the server, or the connection, said.
    pub error: Error,
}

/// Sends `messages` in order and returns their answers. With `stepwise`, each answer is awaited before
/// the next message goes out (needed where a later statement would revive a failed transaction).
///
/// # Errors
/// The first message that failed. Everything sent after it was refused by the server.
pub async fn run(
    client: &Client,
    messages: &[Message<'_>],
    stepwise: bool,
) -> Result<Vec<Answer>, Refused> {
    let mut answers = Vec::with_capacity(messages.len());
    let mut flight = Flight::default();
    let window = if stepwise { 1 } else { WINDOW_MESSAGES };
    for message in messages {
        match *message {
            Message::Sql(sql) => {
                if flight.sent.len() >= window || flight.bytes >= WINDOW_BYTES {
                    flight.land(&mut answers).await?;
                }
                flight.launch(client, sql).await;
            }
            Message::Copy { sql, data } => {
                flight.land(&mut answers).await?;
                let affected = copy(client, sql, data).await.map_err(|error| Refused {
                    index: answers.len(),
                    error,
                })?;
                answers.push(Answer {
                    rows: Vec::new(),
                    affected,
                });
            }
        }
    }
    flight.land(&mut answers).await?;
    Ok(answers)
}

/// Queries that have been sent and not yet been answered. Whoever drops it forgets the answers, not what was sent.
#[derive(Default)]
pub struct Flight {
    sent: VecDeque<Result<Pin<Box<SimpleQueryStream>>, Error>>,
    bytes: usize,
}

impl Flight {
    /// Sends `sql` as one query, and does not wait.
    pub async fn launch(&mut self, client: &Client, sql: &str) {
        let sent = client.simple_query_raw(sql).await;
        self.sent.push_back(sent.map(Box::pin));
        self.bytes += sql.len();
    }

    /// Awaits every answer.
    ///
    /// # Errors
    /// The first that is one; its index counts the answers before it, those that `answers` already held included.
    pub async fn land(&mut self, answers: &mut Vec<Answer>) -> Result<(), Refused> {
        self.bytes = 0;
        for sent in self.sent.drain(..) {
            let answered = match sent {
                Ok(stream) => stream.try_collect::<Vec<_>>().await,
                Err(error) => Err(error),
            };
            answers.push(answered.map(answer).map_err(|error| Refused {
                index: answers.len(),
                error,
            })?);
        }
        Ok(())
    }
}

impl std::fmt::Debug for Flight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flight")
            .field("sent", &self.sent.len())
            .field("bytes", &self.bytes)
            .finish()
    }
}

fn answer(messages: Vec<SimpleQueryMessage>) -> Answer {
    let mut answer = Answer::default();
    for message in messages {
        match message {
            SimpleQueryMessage::Row(row) => answer.rows.push(row),
            SimpleQueryMessage::CommandComplete(count) => answer.affected += count,
            _ => {}
        }
    }
    answer
}

async fn copy(client: &Client, sql: &str, data: &str) -> Result<u64, Error> {
    let mut sink = std::pin::pin!(client.copy_in::<_, Cursor<Vec<u8>>>(sql).await?);
    for chunk in data.as_bytes().chunks(COPY_CHUNK) {
        sink.feed(Cursor::new(chunk.to_vec())).await?;
    }
    sink.as_mut().finish().await
}
