//! What `-- enact: backfill` says beside the statement: `key=value`, in any order.

use std::time::Duration;

use crate::classify::Name;

/// How a statement in batches is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// `table=`: whose rows are walked, where the statement leaves that open.
    pub table: Option<Name>,
    /// `batch=`: rows in the first batch; later ones are as large as fits into `time`.
    pub batch: u32,
    /// `time=`: how long one batch should take, and so how long its rows stay locked.
    pub time: Duration,
    /// `pause=`: rest after each batch, in percent of the time it took.
    pub pause: u32,
    /// `vacuum=`: VACUUM the table whenever so many rows have changed, in percent of all.
    pub vacuum: Option<u32>,
    /// `lag=`: wait while a replica or a logical subscriber is further behind than this, in bytes.
    pub lag: u64,
    /// `waiting=`: wait while more sessions than this wait for locks.
    pub waiting: u32,
    /// `active=`: wait while more sessions than this are at work.
    pub active: Option<u32>,
    /// `dead=`: while the table is being vacuumed, wait if more than so many rows are dead, in percent.
    pub dead: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            table: None,
            batch: 1000,
            time: Duration::from_millis(50),
            pause: 0,
            vacuum: None,
            lag: 64 << 20,
            waiting: 10,
            active: None,
            dead: 20,
        }
    }
}

/// The keys, for those who mistype one.
pub(crate) const KEYS: [&str; 9] = [
    "table", "batch", "time", "pause", "vacuum", "lag", "waiting", "active", "dead",
];

/// Why the text behind `backfill` cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No such key.
    Key(String),
    /// The value of this key is not what is said here.
    Value(String, &'static str),
}

impl Options {
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        let mut options = Self::default();
        for word in text.split_whitespace() {
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            options.set(key, value)?;
        }
        Ok(options)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), Fault> {
        let bad = |wanted| Fault::Value(key.to_owned(), wanted);
        let count = |from: u32, to: u32| {
            let number = value.parse().ok();
            number.filter(|number| (from..=to).contains(number))
        };
        let percent = |from: u32, to: u32| {
            let number = value.strip_suffix('%')?.parse().ok();
            number.filter(|number| (from..=to).contains(number))
        };
        match key {
            "table" => self.table = Some(table(value).ok_or_else(|| bad("the name of a table"))?),
            "batch" => {
                self.batch = count(1, 100_000).ok_or_else(|| bad("a number from 1 to 100000"))?;
            }
            "time" => {
                self.time =
                    time(value).ok_or_else(|| bad("a time from 5ms to 60s, such as 50ms"))?;
            }
            "pause" => {
                self.pause = percent(0, 10_000).ok_or_else(|| bad("a percentage, such as 50%"))?;
            }
            "vacuum" => {
                let wanted = "a percentage from 1% to 100%";
                self.vacuum = Some(percent(1, 100).ok_or_else(|| bad(wanted))?);
            }
            "lag" => self.lag = size(value).ok_or_else(|| bad("a size, such as 64MB"))?,
            "waiting" => {
                self.waiting = count(0, u32::MAX).ok_or_else(|| bad("a number of sessions"))?;
            }
            "active" => {
                self.active = Some(count(1, u32::MAX).ok_or_else(|| bad("a number of sessions"))?);
            }
            "dead" => {
                self.dead = percent(1, 100).ok_or_else(|| bad("a percentage from 1% to 100%"))?;
            }
            _ => return Err(Fault::Key(key.to_owned())),
        }
        Ok(())
    }
}

/// `name` or `schema.name`; quoted parts may hold capitals, but no blank and no dot.
fn table(text: &str) -> Option<Name> {
    let part = |part: &str| {
        let quoted = part
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        let name = quoted.map_or_else(|| part.to_lowercase(), |name| name.replace("\"\"", "\""));
        (!name.is_empty()).then_some(name)
    };
    match text.split_once('.') {
        Some((schema, name)) => Some(Name::new(Some(part(schema)?), part(name)?)),
        None => Some(Name::new(None, part(text)?)),
    }
}

fn time(text: &str) -> Option<Duration> {
    let (number, unit) = number_and_unit(text)?;
    let milliseconds = match unit {
        "ms" => number,
        "s" => number.checked_mul(1000)?,
        _ => return None,
    };
    (5..=60_000)
        .contains(&milliseconds)
        .then(|| Duration::from_millis(milliseconds))
}

fn size(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let scale = match unit.to_ascii_lowercase().as_str() {
        "kb" => 10,
        "mb" => 20,
        "gb" => 30,
        _ => return None,
    };
    number.checked_mul(1 << scale)
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit))
}
