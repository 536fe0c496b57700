//! How far a statement in batches has come, as the database keeps it: table `enact.backfill`.

use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

use super::walk::{Place, read_place};
use crate::quote::literal;

/// Which statement of which file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key<'a> {
    pub stream: &'a str,
    pub number: u32,
    pub direction: &'static str,
    /// One-based segment.
    pub segment: u32,
}

/// Where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Progress {
    /// Digest of the file.
    pub digest: String,
    /// As [`Walk::describe`](super::walk::Walk::describe) says.
    pub walk: String,
    /// The last row that is done in this pass.
    pub place: Option<Place>,
    /// The last row to be done.
    pub last: Option<Place>,
    pub pass: u32,
    /// Rows to walk, as estimated.
    pub estimate: u64,
    /// Rows walked.
    pub walked: u64,
    /// Rows that the statement says it changed.
    pub changed: u64,
}

const READ_SQL: &str = "\
SELECT digest, walk, place, last, pass, coalesce(estimate, 0), walked, changed FROM enact.backfill
WHERE (stream, number, direction, segment) = ($1, $2, $3, $4) AND done_at IS NULL";

impl Key<'_> {
    /// What the database knows of it; `None` if that is nothing, or nothing that can be believed.
    pub async fn read(&self, client: &Client) -> Result<Option<Progress>, Error> {
        let number = i32::try_from(self.number).unwrap_or(i32::MAX);
        let segment = i32::try_from(self.segment).unwrap_or(i32::MAX);
        let values = [
            (&self.stream as _, Type::TEXT),
            (&number as _, Type::INT4),
            (&self.direction as _, Type::TEXT),
            (&segment as _, Type::INT4),
        ];
        let Some(row) = client.query_typed_opt(READ_SQL, &values).await? else {
            return Ok(None);
        };
        let place = |text: Option<&str>| text.map(read_place).transpose();
        let (Ok(place), Ok(last)) = (place(row.try_get(2)?), place(row.try_get(3)?)) else {
            return Ok(None);
        };
        let count =
            |index| Ok::<u64, Error>(u64::try_from(row.try_get::<_, i64>(index)?).unwrap_or(0));
        Ok(Some(Progress {
            digest: row.try_get(0)?,
            walk: row.try_get(1)?,
            place,
            last,
            pass: u32::try_from(row.try_get::<_, i32>(4)?).unwrap_or(1),
            estimate: count(5)?,
            walked: count(6)?,
            changed: count(7)?,
        }))
    }

    /// The statement that notes its beginning.
    pub fn begin(&self, progress: &Progress) -> String {
        format!(
            "SELECT enact.backfill_begin({self}, {}, {}, {}, {})",
            literal(&progress.digest),
            literal(&progress.walk),
            json(progress.last.as_ref()),
            progress.estimate,
            self = self.arguments(),
        )
    }

    /// The statement that moves it from one place to the next.
    pub fn advance(
        &self,
        from: Option<&Place>,
        to: Option<&Place>,
        pass: u32,
        (walked, changed): (u64, u64),
    ) -> String {
        format!(
            "SELECT enact.backfill_advance({}, {}, {}, {pass}, {walked}, {changed})",
            self.arguments(),
            json(from),
            json(to),
        )
    }

    /// The statement that notes its end.
    pub fn end(&self) -> String {
        format!("SELECT enact.backfill_end({})", self.arguments())
    }

    fn arguments(&self) -> String {
        format!(
            "{}, {}, {}, {}",
            literal(self.stream),
            self.number,
            literal(self.direction),
            self.segment
        )
    }
}

/// A place as the database keeps it.
fn json(place: Option<&Place>) -> String {
    let text = place.and_then(|place| serde_json::to_string(place).ok());
    text.map_or_else(|| "NULL".to_owned(), |text| literal(&text))
}
