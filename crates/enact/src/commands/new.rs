//! `enact new`

use std::path::Path;

use enact_engine::exit::Exit;
use enact_engine::project::{NewMigration, new_migration};

use crate::cli::New;
use crate::context::Context;
use crate::failure::Failure;
use crate::wire;

pub fn run(context: &Context, args: &New) -> Result<Exit, Failure> {
    let project = context.project()?;
    let stream = super::stream(&project)?;
    let description = args.description.join(" ");
    let author = context.person(args.who.person.as_deref()).known();
    let request = NewMigration {
        description: &description,
        ticket: args.ticket.as_deref(),
        author: Some(&author),
        date: jiff::Timestamp::now()
            .to_zoned(jiff::tz::TimeZone::UTC)
            .date(),
    };
    let pair = new_migration(&stream, &request)?;
    let shown = |path: &Path| stream.source.shown(path).display().to_string();
    let document = wire::New {
        schema: "enact.new/1",
        number: pair.number,
        migration: shown(&pair.migration),
        rollback: shown(&pair.rollback),
    };
    context.ui.answer(&document, || {
        format!(
            "  + {}\n  + {}\nnext: fill in what is marked, then `enact validate`\n",
            document.migration, document.rollback
        )
    })?;
    Ok(Exit::Done)
}
