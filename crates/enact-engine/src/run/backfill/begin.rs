//! Before the first batch: whether the statement can run in batches at all, how far there is to go, and the record of the beginning.

use enact_ledger::entry::fact::Phase;
use enact_sql::backfill::{Backfill, Verb};

use super::obstacle::Obstacle;
use super::progress::{Key, Progress};
use super::walk::{Place, Walk};
use super::{shape, walk};
use crate::pipeline::{self, Message};
use crate::run::failure::RunError;
use crate::run::step::StepAtWork;
use crate::run::{Session, UNFLUSHED, append, transaction};

pub(super) fn database(doing: &'static str) -> impl Fn(tokio_postgres::Error) -> RunError + Copy {
    move |source| RunError::Database { doing, source }
}

/// The session as the statement will find it, so that names mean the same.
pub(super) async fn prepare(session: &Session<'_>) -> Result<(), RunError> {
    let done = session
        .client()
        .batch_execute(&session.settings.reset_sql())
        .await;
    done.map_err(database("prepare the session"))
}

/// Asks the server for its plan of the whole statement, and looks whether it means the same in pieces.
pub(super) async fn in_pieces(
    session: &Session<'_>,
    statement: &Backfill,
) -> Result<Option<Obstacle>, RunError> {
    let client = session.client();
    let asking = database("look at the tables of the statement");
    let walked = walk::family(client, &statement.walked.table)
        .await
        .map_err(asking)?;
    let changed = match statement.verb {
        Verb::Insert => walk::family(client, &statement.changed)
            .await
            .map_err(asking)?,
        _ => Vec::new(),
    };
    let role = session.settings.role_sql("LOCAL ");
    let whole = statement.batch("true");
    let sql = format!(
        "BEGIN READ ONLY; {role}; EXPLAIN (VERBOSE, COSTS off, FORMAT JSON) {whole}; COMMIT"
    );
    let answers = match pipeline::run(client, &[Message::Sql(&sql)], true).await {
        Ok(answers) => answers,
        Err(refused) => {
            transaction::roll_back(session).await?;
            // What is wrong with the statement itself, its first batch tells, with its place in the file.
            let own = refused
                .error
                .code()
                .is_some_and(|code| code.code().starts_with("42"));
            return match own {
                true => Ok(None),
                false => Err(database("plan the statement")(refused.error)),
            };
        }
    };
    let rows = answers.iter().flat_map(|answer| &answer.rows);
    let text: String = rows.filter_map(|row| row.get(0)).collect();
    let plans: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap_or_default();
    let obstacle = |plan: &serde_json::Value| shape::obstacle(plan, &walked, &changed);
    Ok(plans.iter().find_map(obstacle))
}

/// Finds out how much there is to do, and records the beginning.
pub(super) async fn begin(
    session: &mut Session<'_>,
    step: &StepAtWork<'_>,
    key: &Key<'_>,
    walk: &Walk,
) -> Result<Result<Progress, Obstacle>, RunError> {
    let asking = database("count what is to be walked");
    let last = match last(session, walk).await? {
        Ok(last) => last,
        Err(obstacle) => return Ok(Err(obstacle)),
    };
    let plan = session
        .client()
        .simple_query(&walk.estimate())
        .await
        .map_err(asking)?;
    let progress = Progress {
        digest: step.plan.digest.to_string(),
        walk: walk.describe(),
        place: None,
        last,
        pass: 1,
        estimate: walk::rows_in(&plan).unwrap_or(0),
        walked: 0,
        changed: 0,
    };
    let journal = step.journal(key.segment, Phase::Backfilling, None);
    // Should the server lose this, it loses every batch with it.
    let first = format!("{UNFLUSHED}{}; ", key.begin(&progress));
    append(session, journal.into(), &first).await?;
    Ok(Ok(progress))
}

/// The last place there is, if there is any row.
pub(super) async fn last(
    session: &Session<'_>,
    walk: &Walk,
) -> Result<Result<Option<Place>, Obstacle>, RunError> {
    let sql = walk.last(&session.settings.role_sql("LOCAL "));
    let asked = pipeline::run(session.client(), &[Message::Sql(&sql)], true).await;
    match asked {
        Ok(answers) => {
            let rows = answers.first().map_or(&[][..], |answer| &answer.rows);
            let null = |_| Obstacle::NullInKey(walk.table().to_owned());
            Ok(walk::place_in(rows).map_err(null))
        }
        Err(refused) => {
            transaction::roll_back(session).await?;
            Err(database("look for the last row to be walked")(
                refused.error,
            ))
        }
    }
}
