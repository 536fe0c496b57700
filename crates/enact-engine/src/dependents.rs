//! What in a database depends on objects of the core, as PostgreSQL's own catalog records it.

use std::collections::BTreeSet;

use enact_ledger::entry::fact::Direction;
use enact_release::Package;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::plan::Plan;
use crate::project::Streams;
use crate::project::names::CORE;
use crate::run::RunError;

/// What depends on what: a view by its rule, and never the parts of one object on each other. Dependencies of type `n` stop
/// a drop, those of type `a` go with what they hang on: `pg_depend` in the PostgreSQL documentation.
const DEPENDENCIES: &str = "\
SELECT DISTINCT o.type, o.identity, r.type, r.identity, p.type, p.identity
FROM pg_depend d
LEFT JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
CROSS JOIN LATERAL pg_identify_object(CASE WHEN w.oid IS NULL THEN d.classid ELSE 'pg_class'::regclass END,
    coalesce(w.ev_class, d.objid), 0) o
CROSS JOIN LATERAL pg_identify_object(d.refclassid, d.refobjid, 0) r
CROSS JOIN LATERAL pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid) p
WHERE d.deptype::text = ANY($1) AND d.refobjid >= 16384 AND d.objid >= 16384 AND o.identity IS NOT NULL
  AND (o.type, o.identity) <> (r.type, r.identity)
ORDER BY 1, 2, 3, 4, 5, 6";

/// An object that depends on another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependence {
    /// What depends.
    pub dependent: Identified,
    /// On what.
    pub on: Identified,
    /// On which part of it, such as a column; else the same.
    pub part: Identified,
}

/// An object as `pg_identify_object` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identified {
    kind: String,
    identity: String,
}

/// Which dependencies are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strength {
    /// Those that stop a drop.
    Needs,
    /// Also those of what is dropped with what it hangs on: triggers, policies, indexes.
    NeedsOrHangsOn,
}

/// Everything that depends on something.
///
/// # Errors
/// If the server does not answer.
pub(crate) async fn all(
    client: &Client,
    strength: Strength,
) -> Result<Vec<Dependence>, tokio_postgres::Error> {
    let types = match strength {
        Strength::Needs => vec!["n"],
        Strength::NeedsOrHangsOn => vec!["n", "a"],
    };
    let rows = client
        .query_typed(DEPENDENCIES, &[(&types, Type::TEXT_ARRAY)])
        .await?;
    let read = |row: &tokio_postgres::Row| {
        let identified = |at: usize| {
            Ok::<_, tokio_postgres::Error>(Identified {
                kind: row.try_get(at)?,
                identity: row.try_get(at + 1)?,
            })
        };
        Ok(Dependence {
            dependent: identified(0)?,
            on: identified(2)?,
            part: identified(4)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Names of objects, to be compared with what the catalog identifies.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeSet<String>);

impl Names {
    /// The names of objects as a snapshot writes them.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        Self(names.into_iter().map(without_spaces).collect())
    }

    pub fn hold(&self, object: &Identified) -> bool {
        self.0.contains(&object.name())
    }
}

impl Identified {
    /// For people: the kind and the name.
    pub fn shown(&self) -> String {
        format!("{} {}", self.kind, self.identity)
    }

    pub fn is_schema(&self) -> bool {
        self.kind == "schema"
    }

    /// The name that a snapshot gives it: `t on public.sites` is `public.sites.t` there, and a default, `for
    /// public.sites.city` here, goes by its column.
    fn name(&self) -> String {
        let identity = self.identity.as_str();
        let identity = identity.strip_prefix("for ").unwrap_or(identity);
        match identity.rsplit_once(" on ") {
            Some((part, relation)) => without_spaces(&format!("{relation}.{part}")),
            None => without_spaces(identity),
        }
    }
}

/// Lists of arguments are written with and without spaces.
fn without_spaces(name: &str) -> String {
    name.replace(' ', "")
}

/// Refuses to roll the core back under what depends on it, or hangs on it: dropping would fail, or take it along.
///
/// Where the plan takes something of another stream back too, PostgreSQL alone judges: what depends may be gone by then.
///
/// # Errors
/// [`RunError::CoreIsNeeded`] with all that depends on what would go.
pub(crate) async fn refuse(
    client: &Client,
    plan: &Plan,
    streams: &Streams,
    major: u32,
) -> Result<(), RunError> {
    let Some(core) = streams.core() else {
        return Ok(());
    };
    let Some((from, to)) = core_rollback(plan) else {
        return Ok(());
    };
    let Some((own, going)) = names(&core.package, major, from, to) else {
        return Ok(());
    };
    let asking = |source| RunError::Database {
        doing: "ask what depends on the core",
        source,
    };
    let all = all(client, Strength::NeedsOrHangsOn)
        .await
        .map_err(asking)?;
    let needed = all.into_iter().filter(|one| {
        let goes = going.hold(&one.on) || going.hold(&one.part);
        goes && !own.hold(&one.dependent)
    });
    let mut needed: Vec<(String, String)> = needed
        .map(|one| {
            let on = if going.hold(&one.on) {
                one.on
            } else {
                one.part
            };
            (one.dependent.shown(), on.shown())
        })
        .collect();
    needed.dedup();
    match needed.is_empty() {
        true => Ok(()),
        false => Err(RunError::CoreIsNeeded { from, to, needed }),
    }
}

/// From where to where the core alone goes back; `None` where something else goes back, or a rollback is half done.
fn core_rollback(plan: &Plan) -> Option<(u32, u32)> {
    let down = || {
        let steps = plan.steps.iter();
        steps.filter(|step| step.label.direction == Direction::Down)
    };
    if down().any(|step| step.label.stream != CORE || step.resume_after > 0) {
        return None;
    }
    let from = down().map(|step| step.label.number).max()?;
    let last = down().map(|step| step.label.number).min()?;
    Some((from, last.saturating_sub(1)))
}

/// The names of the core's objects at `from`, and of those that are not there at `to`. A major on which the release was
/// not proven has much the same names as another one.
fn names(package: &Package, major: u32, from: u32, to: u32) -> Option<(Names, Names)> {
    let of_major = package.objects.get(&major);
    let objects = of_major.or_else(|| package.objects.values().next_back())?;
    let (before, after) = (objects.at(from), objects.at(to));
    let own = before.keys().map(|(_, name)| *name);
    let going = before.keys().filter(|object| !after.contains_key(*object));
    Some((Names::new(own), Names::new(going.map(|(_, name)| *name))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_catalog_identifies_goes_by_the_name_of_a_snapshot() {
        let names = Names::new([
            "diary.f(numeric, text)",
            "diary.sites.t",
            "diary.sites.city",
            "diary.\"odd name\"",
        ]);
        let of = |kind: &str, identity: &str| Identified {
            kind: kind.to_owned(),
            identity: identity.to_owned(),
        };
        for (kind, identity, known) in [
            ("function", "diary.f(numeric,text)", true),
            ("function", "diary.f(numeric)", false),
            ("trigger", "t on diary.sites", true),
            ("trigger", "t on diary.visits", false),
            ("default value", "for diary.sites.city", true),
            ("table column", "diary.sites.city", true),
            ("table", "diary.\"odd name\"", true),
            ("table", "diary.sites", false),
        ] {
            assert_eq!(names.hold(&of(kind, identity)), known, "{kind} {identity}");
        }
    }
}
