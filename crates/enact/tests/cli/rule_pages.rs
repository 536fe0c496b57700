//! The SQL that the pages of the rules show, run on a server: `## Core`, `## Schema`, `## Migration`, then the bad or the good.

use std::fs;
use std::path::{Path, PathBuf};

use enact_sql::script::{SegmentKind, analyse_text};
use tokio_postgres::Client;

use crate::kit::{pg, wait};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules")
}

/// The rest of the heading that begins so, and the SQL below it.
fn block<'a>(page: &'a str, heading: &str) -> Option<(&'a str, &'a str)> {
    let (_, rest) = page.split_once(&format!("\n## {heading}"))?;
    let (rest_of_heading, section) = rest.split_once('\n')?;
    let section = section.split("\n## ").next()?;
    let (_, code) = section.split_once("```sql\n")?;
    let (code, _) = code.split_once("\n```")?;
    Some((rest_of_heading, code))
}

/// Runs a text as `apply` would; the SQLSTATE if the server refuses it.
async fn run(client: &Client, text: &str) -> Result<(), String> {
    let script = analyse_text(text, "page.sql");
    assert_eq!(script.problems, [], "{text}");
    for segment in &script.segments {
        let inside = segment.kind == SegmentKind::Transactional;
        let mut statements = vec![];
        statements.extend(inside.then_some("BEGIN"));
        statements.extend(segment.statements.iter().map(|one| script.sql(one)));
        statements.extend(inside.then_some("COMMIT"));
        for sql in statements {
            if let Err(error) = client.batch_execute(sql).await {
                let code = error.code().map_or("no answer", |code| code.code());
                // The reason is only for whom the test fails.
                let _ = client.batch_execute("ROLLBACK").await;
                return Err(format!("{code}: {error:?}"));
            }
        }
    }
    Ok(())
}

/// A schema of its own for each text: a database for each would take ten times as long.
async fn fresh(client: &Client, name: &str, public: bool) {
    let sql = match public {
        true => "RESET ALL; DROP SCHEMA public CASCADE; CREATE SCHEMA public".to_owned(),
        false => {
            format!("RESET ALL; CREATE SCHEMA \"{name}\"; SET search_path = \"{name}\"")
        }
    };
    client.batch_execute(&sql).await.unwrap();
}

/// What is wrong with one page.
async fn wrong(client: &Client, id: &str, page: &str) -> Vec<String> {
    // "The example needs PostgreSQL 15.", or at the end "PostgreSQL 14 to 18."
    let majors = ["needs PostgreSQL ", "\nPostgreSQL "].map(|before| {
        let (_, rest) = page.rsplit_once(before)?;
        rest.get(..2)?.parse::<u32>().ok()
    });
    let needed = majors.into_iter().flatten().max();
    let mut wrong = Vec::new();
    for heading in ["Bad", "Good"] {
        let (mark, sql) = block(page, heading).unwrap();
        let mark = mark.trim_start_matches(" rollback");
        if needed.is_some_and(|needed| pg().major() < needed) {
            continue;
        }
        // Schemas of a core and of its extension have their own names.
        let own = match block(page, "Core") {
            Some(_) => Some(pg().client(&pg().fresh().await).await),
            None => None,
        };
        let client = own.as_ref().unwrap_or(client);
        if own.is_none() {
            fresh(client, &format!("{id} {heading}"), page.contains("public.")).await;
        }
        for before in ["Core", "Schema", "Migration"] {
            if let Some((_, sql)) = block(page, before)
                && let Err(why) = run(client, sql).await
            {
                wrong.push(format!("{id}, {before}: {why}"));
            }
        }
        let refused = mark.strip_prefix(", refused with ");
        match (run(client, sql).await, refused) {
            (Ok(()), None) => {}
            (Err(why), Some(code)) if why.starts_with(code) => {}
            (Ok(()), Some(code)) => wrong.push(format!("{id}, {heading}: not refused with {code}")),
            (Err(why), _) => wrong.push(format!("{id}, {heading}: {why}")),
        }
    }
    wrong
}

#[test]
fn what_a_page_shows_is_run_as_it_says() {
    let problems = wait(async {
        let database = pg().fresh().await;
        let shared = pg().client(&database).await;
        let mut problems = Vec::new();
        let mut pages = 0;
        for entry in fs::read_dir(folder()).unwrap() {
            let path = entry.unwrap().path();
            let id = path.file_stem().unwrap().to_string_lossy().into_owned();
            if id == "README" {
                continue;
            }
            let page = fs::read_to_string(&path).unwrap();
            // A page that names schema public has it for itself.
            let own = match page.contains("public.") {
                true => Some(pg().client(&pg().fresh().await).await),
                false => None,
            };
            problems.extend(wrong(own.as_ref().unwrap_or(&shared), &id, &page).await);
            pages += 1;
        }
        assert!(pages >= 70, "{pages} pages");
        problems
    });
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
