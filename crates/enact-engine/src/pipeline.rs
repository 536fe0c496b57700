//! Statements sent one after the other without waiting, answers read in order.
//!
//! Each statement is a simple-query message of its own, so that an error belongs to one statement
//! and the network's latency is paid once. Only safe inside an explicit transaction: after an error
//! the server refuses the rest until the `ROLLBACK` or `COMMIT` that ends it.

use std::future::{Future, poll_fn};
use std::io::Cursor;
use std::pin::Pin;
use std::task::Poll;

use futures_util::SinkExt as _;
use tokio_postgres::{Client, Error, SimpleQueryMessage, SimpleQueryRow};

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

type InFlight<'c> =
    Pin<Box<dyn Future<Output = Result<Vec<SimpleQueryMessage>, Error>> + Send + 'c>>;

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
                if flight.futures.len() >= window || flight.bytes >= WINDOW_BYTES {
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

#[derive(Default)]
struct Flight<'c> {
    futures: Vec<InFlight<'c>>,
    early: Vec<Option<Result<Vec<SimpleQueryMessage>, Error>>>,
    bytes: usize,
}

impl<'c> Flight<'c> {
    /// The first poll of a query future puts its message on the wire, so polling in order sends in order.
    async fn launch(&mut self, client: &'c Client, sql: &'c str) {
        let mut future: InFlight<'c> = Box::pin(client.simple_query(sql));
        let early = poll_fn(|context| {
            Poll::Ready(match future.as_mut().poll(context) {
                Poll::Ready(result) => Some(result),
                Poll::Pending => None,
            })
        })
        .await;
        self.futures.push(future);
        self.early.push(early);
        self.bytes += sql.len();
    }

    async fn land(&mut self, answers: &mut Vec<Answer>) -> Result<(), Refused> {
        self.bytes = 0;
        for (future, early) in self.futures.drain(..).zip(self.early.drain(..)) {
            let result = match early {
                Some(result) => result,
                None => future.await,
            };
            match result {
                Ok(messages) => answers.push(answer(messages)),
                Err(error) => {
                    return Err(Refused {
                        index: answers.len(),
                        error,
                    });
                }
            }
        }
        Ok(())
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
