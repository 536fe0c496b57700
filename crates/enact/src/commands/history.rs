//! `enact history`

use enact_engine::exit::Exit;
use enact_engine::log::{Logged, entries};

use crate::cli::History;
use crate::context::Context;
use crate::error::{self, Asked};
use crate::failure::Failure;
use crate::program;
use crate::render;
use crate::wire;

pub async fn run(context: &Context, args: &History) -> Result<Exit, Failure> {
    let project = context.project_if_any()?;
    let target = context.target(&args.target, project.as_ref())?;
    let asked = Asked {
        verb: "history",
        target: &target,
        done: &[],
    };
    let log = entries(&target.conninfo, &program::application())
        .await
        .map_err(|error| error::run(error, asked))?;
    let all = log.entries;
    let hidden = args
        .limit
        .map_or(0, |limit| all.len().saturating_sub(limit));
    let shown = all.get(hidden..).unwrap_or_default();
    let document = wire::History {
        schema: "enact.history/1",
        target: target.conninfo.redacted(),
        total: all.len(),
        entries: shown.iter().map(entry).collect(),
    };
    context
        .ui
        .answer(&document, || render::log::text(shown, hidden))?;
    Ok(Exit::Done)
}

fn entry(logged: &Logged) -> wire::HistoryEntry {
    let entry = &logged.entry;
    let fact = entry.fact.to_value().to_bytes().unwrap_or_default();
    wire::HistoryEntry {
        seq: entry.seq,
        hash: logged.hash.to_string(),
        at: entry.server_at.map(|at| at.to_string()),
        kind: entry.kind().as_str(),
        person: entry.actor.person.as_str().to_owned(),
        role: entry.actor.role.as_str().to_owned(),
        host: entry.actor.host.as_str().to_owned(),
        tool_version: entry.tool.version.as_str().to_owned(),
        tool_digest: entry.tool.digest.to_string(),
        run: entry.run.as_ref().map(|run| run.as_str().to_owned()),
        // What the ledger holds is JSON that was read a moment ago.
        fact: serde_json::from_slice(&fact).unwrap_or_default(),
    }
}
