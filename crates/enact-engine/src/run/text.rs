//! A segment as the messages that go to the server.

use enact_sql::script::{Script, Segment};

use crate::pipeline::Message;

/// The statements of one segment, borrowed from the script.
#[derive(Debug)]
pub(crate) struct SegmentText<'s> {
    /// One message for each statement.
    pub messages: Vec<Message<'s>>,
    /// A later statement could revive a failed transaction (`ROLLBACK TO SAVEPOINT`): await each answer.
    pub stepwise: bool,
}

impl<'s> SegmentText<'s> {
    /// The statements, if they can be sent without hearing from the server in between and are no longer than `limit` bytes.
    pub fn unattended(&self, limit: usize) -> Option<Vec<&'s str>> {
        let sql = |message: &Message<'s>| match *message {
            Message::Sql(sql) => Some(sql),
            Message::Copy { .. } => None,
        };
        let statements: Vec<&str> = self.messages.iter().map(sql).collect::<Option<_>>()?;
        let length: usize = statements.iter().map(|sql| sql.len()).sum();
        (!self.stepwise && length <= limit).then_some(statements)
    }

    pub fn of(script: &'s Script, segment: &Segment) -> Self {
        let message = |statement: &enact_sql::script::Statement| {
            let sql = script.sql(statement);
            match script.copy_data(statement) {
                Some(data) => Message::Copy { sql, data },
                None => Message::Sql(sql),
            }
        };
        Self {
            messages: segment.statements.iter().map(message).collect(),
            stepwise: segment.rolls_back_to_savepoint(),
        }
    }
}
