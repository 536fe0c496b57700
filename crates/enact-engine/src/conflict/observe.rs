//! A database that holds the core and, step by step, an extension.

use std::collections::{BTreeMap, BTreeSet};

use enact_lint::CoreNames;
use enact_release::Leave;
use enact_sql::script::Script;

use super::{ConflictError, Shown};
use crate::catalog::data::{self, Content, Relation};
use crate::catalog::{self, Change, ObjectId, Scope, Snapshot};
use crate::dependents::{self, Names, Strength};
use crate::ownership::CoreObjects;
use crate::project::Stream;
use crate::proof::execute::Executor;
use crate::proof::{ProofError, ScriptFailure};
use crate::sandbox::{SandboxError, Scratch};
use crate::target::{ConnInfo, Env};

/// A sandbox database under observation.
pub(super) struct Observer {
    database: String,
    executor: Executor,
    core: CoreObjects,
    ids: BTreeSet<ObjectId>,
    /// The core's part, as the core alone made it.
    released: Snapshot,
    /// Everything, as it was before the migration at hand.
    before: Snapshot,
    tables: Vec<Relation>,
    rows: BTreeMap<String, Content>,
}

impl Observer {
    pub async fn open(scratch: &Scratch) -> Result<Self, ConflictError> {
        let database = scratch.fresh().await?;
        let connected = async {
            let url = scratch.url(&database);
            let info = ConnInfo::resolve(Some(&url), &Env::default()).map_err(ProofError::from)?;
            let executor = Executor::connect(&info).await?;
            let before = catalog::take(executor.connection.client(), &Scope::default()).await?;
            Ok((executor, before))
        };
        match connected.await {
            Ok((executor, before)) => Ok(Self {
                database,
                executor,
                core: CoreObjects::new([], Leave::default()),
                ids: BTreeSet::new(),
                released: Snapshot::default(),
                before,
                tables: Vec::new(),
                rows: BTreeMap::new(),
            }),
            Err(error) => {
                scratch.discard(&database).await?;
                Err(error)
            }
        }
    }

    pub async fn close(self, scratch: &Scratch) -> Result<(), SandboxError> {
        self.executor.connection.close().await;
        scratch.discard(&self.database).await
    }

    /// Applies the core, and notes which objects it made.
    pub async fn core(&mut self, core: &Stream, leave: &Leave) -> Result<(), ConflictError> {
        for migration in &core.migrations {
            let script = core.load(migration)?;
            let ran = self.executor.run(&script).await?;
            ran.map_err(|failure| ConflictError::Core {
                number: migration.number,
                failure,
            })?;
        }
        self.know(leave).await
    }

    /// Takes everything that is new for the core's.
    async fn know(&mut self, leave: &Leave) -> Result<(), ConflictError> {
        let empty = std::mem::take(&mut self.before);
        let now = self.snapshot().await?;
        let made = now
            .objects
            .iter()
            .filter(|(object, text)| empty.objects.get(*object) != Some(*text));
        self.ids = made.map(|(object, _)| object.clone()).collect();
        self.core = CoreObjects::new(self.ids.iter().cloned(), leave.clone());
        self.released = self.core.part(&now);
        self.tables = data::common(&self.released, &self.released);
        self.rows = data::digests(self.executor.connection.client(), &self.tables).await?;
        self.before = now;
        Ok(())
    }

    pub fn core_names(&self) -> CoreNames {
        let ids = self.ids.iter();
        CoreNames::new(ids.map(|id| (id.kind.as_str(), id.name.as_str())))
    }

    /// Runs a migration of the extension, and says what it did to the core.
    pub async fn extension(
        &mut self,
        script: &Script,
    ) -> Result<(Vec<Shown>, Option<Box<ScriptFailure>>), ConflictError> {
        if let Err(failure) = self.executor.run(script).await? {
            return Ok((Vec::new(), Some(failure)));
        }
        let now = self.snapshot().await?;
        let mut shown = self.changed(&now);
        shown.extend(self.shadows(&now));
        let rows = data::digests(self.executor.connection.client(), &self.tables).await;
        // A table of the core that is gone has been told of.
        if let Ok(rows) = rows {
            let others = rows
                .iter()
                .filter(|(table, content)| self.rows.get(*table) != Some(content));
            shown.extend(others.map(|(table, _)| Shown::Rows {
                table: table.clone(),
            }));
            self.rows = rows;
        }
        self.before = now;
        Ok((shown, None))
    }

    /// In what the core's part is another one than before the migration.
    fn changed(&self, now: &Snapshot) -> Vec<Shown> {
        let before = self.core.part(&self.before);
        let differences = catalog::diff(&before, &self.core.part(now));
        let shown = differences.into_iter().filter_map(|difference| {
            let object = difference.object;
            Some(match difference.change {
                Change::Added { after } => {
                    let attached = self.core.attached(&object, &after)?;
                    Shown::Attached {
                        object,
                        to: attached.to,
                        takes: attached.takes,
                    }
                }
                Change::Removed { .. } => Shown::Changed { object, gone: true },
                Change::Changed { .. } => Shown::Changed {
                    object,
                    gone: false,
                },
            })
        });
        // The owner and the grants of what was attached say nothing more.
        let shown: Vec<Shown> = shown.collect();
        let main = shown.iter().any(|one| !is_annotation(one));
        shown
            .into_iter()
            .filter(|one| !main || !is_annotation(one))
            .collect()
    }

    /// New relations, functions and types in `public`, which every search path holds, under a name of the core.
    fn shadows(&self, now: &Snapshot) -> Vec<Shown> {
        let new = now.objects.keys().filter(|object| {
            let named = matches!(
                object.kind.as_str(),
                "table"
                    | "view"
                    | "materialized view"
                    | "foreign table"
                    | "sequence"
                    | "function"
                    | "procedure"
                    | "aggregate"
                    | "type"
                    | "domain"
                    | "enum"
            );
            named && !self.before.objects.contains_key(object) && object.name.starts_with("public.")
        });
        let own = |name: &str| {
            let bare = name.split('(').next().unwrap_or(name);
            bare.rsplit('.').next().unwrap_or(bare).to_owned()
        };
        let shadowed = new.filter_map(|object| {
            let name = own(&object.name);
            let core = self.ids.iter().find(|id| {
                id.kind == object.kind && own(&id.name) == name && !id.name.starts_with("public.")
            })?;
            Some(Shown::Shadows {
                object: object.clone(),
                core: core.to_string(),
            })
        });
        shadowed.collect()
    }

    /// What of the extension depends on what of the core.
    pub async fn dependencies(&self) -> Result<BTreeSet<(String, String)>, ConflictError> {
        let client = self.executor.connection.client();
        let core = Names::new(self.ids.iter().map(|id| id.name.as_str()));
        let all = dependents::all(client, Strength::Needs).await?;
        let of_extension = all
            .into_iter()
            .filter(|one| core.hold(&one.on) && !one.on.is_schema() && !core.hold(&one.dependent));
        Ok(of_extension
            .map(|one| (one.dependent.shown(), one.on.shown()))
            .collect())
    }

    async fn snapshot(&self) -> Result<Snapshot, ConflictError> {
        Ok(catalog::take(self.executor.connection.client(), &Scope::default()).await?)
    }

    /// Runs a script and says what the server refused.
    pub async fn run(&self, script: &Script) -> Result<Option<Box<ScriptFailure>>, ConflictError> {
        Ok(self.executor.run(script).await?.err())
    }
}

fn is_annotation(shown: &Shown) -> bool {
    match shown {
        Shown::Attached { object, .. } => object.kind == "owner of",
        _ => false,
    }
}
