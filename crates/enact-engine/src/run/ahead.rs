//! Steps that are sent before the answers to those before them are here: the server goes from one to the next without
//! waiting for us, and over a distance many share one round trip.
//!
//! Each is a transaction of its own with its record inside, as ever. It begins with [`expect`]: the server does not begin
//! a step unless the record of the one before it is in the ledger.
//!
//! [`expect`]: super::transaction::send

use std::collections::VecDeque;
use std::time::Duration;

use super::Session;
use super::failure::RunError;
use super::step::StepAtWork;
use super::transaction::{self, Sent};
use crate::ledger::Pending;
use crate::plan::StepLabel;

/// No more steps than this are under way. When one fails, the server refuses every statement of those behind it and says
/// so in its log, line by line.
const WIDTH: usize = 8;
/// Steps are sent ahead as long as the last one was done within this: what is under way can no longer be called off but
/// by cancelling, and its record carries the time at which it was sent.
const QUICK: Duration = Duration::from_millis(250);
/// A step with more text than this, in bytes, goes alone.
const SMALL: usize = 1 << 16;

/// The steps under way, in order; the first is the one at work.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    under_way: VecDeque<(StepLabel, Sent)>,
    quick: bool,
    /// Somebody may be in the way for long: each step is preceded by a look.
    careful: bool,
}

impl Ahead {
    /// Whether nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }

    /// Says whether each step must be looked out for.
    pub fn be_careful(&mut self, careful: bool) {
        self.careful = careful;
    }

    /// Says how long the last step took.
    pub fn took(&mut self, time: Duration) {
        self.quick = time < QUICK;
    }

    /// The transaction of `step`, if it has been sent.
    pub fn next(&mut self, step: &StepLabel) -> Option<Sent> {
        let (_, sent) = self.under_way.pop_front_if(|(label, _)| label == step)?;
        Some(sent)
    }

    /// Gives up on what is under way, and says what would prove that it took place.
    pub fn abandon(&mut self) -> Vec<(StepLabel, Pending)> {
        let proof = |(label, sent): (StepLabel, Sent)| (label, sent.into_pending());
        self.under_way.drain(..).map(proof).collect()
    }
}

/// Sends as many of `steps`, of which the first is about to be run, as may be under way.
pub(super) async fn send(
    session: &mut Session<'_>,
    steps: &[StepAtWork<'_>],
) -> Result<(), RunError> {
    if !session.ahead.quick || session.ahead.careful || session.ending().is_some() {
        return Ok(());
    }
    let under_way = session.ahead.under_way.len();
    for step in steps.iter().take(WIDTH).skip(under_way) {
        let Some((text, fact)) = step.single_transaction(SMALL) else {
            break;
        };
        let sent = transaction::send(session, &text, fact, session.ahead.under_way.len()).await?;
        session
            .ahead
            .under_way
            .push_back((step.label.clone(), sent));
    }
    Ok(())
}
