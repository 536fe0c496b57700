//! The scratch database under test.

use super::Request;
use super::contents::Contents;
use super::error::{ProofError, Role};
use super::execute::Executor;
use super::files::{self, Files, Fixture};
use crate::catalog::{self, Snapshot};
use crate::project::{Migration, Stream};
use crate::target::ConnInfo;

/// A database that holds the base and some migrations of the stream, and what is known of it.
pub(crate) struct Bench<'a> {
    pub request: Request<'a>,
    pub files: &'a Files,
    open: Open,
    /// How many migrations are applied; none if the database is not to be used any further.
    applied: Option<u32>,
    /// What stands in the way of every later migration.
    obstacle: Option<String>,
    /// The schema as it is now, if that is known.
    schema: Option<Snapshot>,
}

struct Open {
    database: String,
    executor: Executor,
}

impl<'a> Bench<'a> {
    /// A fresh database, still empty.
    pub async fn open(request: &Request<'a>, files: &'a Files) -> Result<Self, ProofError> {
        Ok(Self {
            request: *request,
            files,
            open: Open::fresh(request).await?,
            applied: None,
            obstacle: None,
            schema: None,
        })
    }

    pub fn executor(&self) -> &Executor {
        &self.open.executor
    }

    /// Name of the database.
    pub fn database(&self) -> &str {
        &self.open.database
    }

    /// Makes the database hold exactly the migrations up to `number` with their fixtures.
    ///
    /// # Errors
    /// [`ProofError`]; where a script is to blame, what cannot be tested is the caller's to say.
    pub async fn reach(&mut self, number: u32) -> Result<Result<(), String>, ProofError> {
        if let Some(obstacle) = &self.obstacle {
            return Ok(Err(obstacle.clone()));
        }
        let again = self.applied.is_none_or(|applied| applied > number);
        let reached = self.try_reach(number, again).await;
        match reached {
            // Roles outlive their database, so a migration may work once only in a cluster.
            Err(error @ ProofError::Script { .. }) if again => {
                let obstacle = format!("the database could not be built again: {error}");
                self.obstacle = Some(obstacle.clone());
                Ok(Err(obstacle))
            }
            other => other.map(Ok),
        }
    }

    /// As [`Self::reach`], where a script that fails leaves nothing more to do.
    ///
    /// # Errors
    /// [`ProofError`].
    pub async fn reach_or_fail(&mut self, number: u32) -> Result<(), ProofError> {
        let again = self.applied.is_none_or(|applied| applied > number);
        self.try_reach(number, again).await
    }

    async fn try_reach(&mut self, number: u32, again: bool) -> Result<(), ProofError> {
        if again {
            let used = std::mem::replace(&mut self.open, Open::fresh(&self.request).await?);
            used.close(&self.request).await?;
            self.base().await?;
        }
        let stream = self.request.stream;
        let from = self.applied.unwrap_or_default();
        for migration in stream.migrations.iter().skip(from as usize) {
            if migration.number > number {
                break;
            }
            self.apply(stream, migration, Role::Unproven).await?;
            self.advance(migration.number, None).await?;
        }
        Ok(())
    }

    /// Applies the base to the empty database.
    pub async fn base(&mut self) -> Result<(), ProofError> {
        for (base, fixtures) in self.request.base.iter().zip(&self.files.base) {
            for migration in &base.stream.migrations {
                self.apply(base.stream, migration, Role::Base).await?;
                self.fixtures(fixtures, migration.number).await?;
            }
        }
        (self.applied, self.schema) = (Some(0), None);
        Ok(())
    }

    /// The migration is applied: loads its fixtures. `schema` is what the migration left.
    pub async fn advance(
        &mut self,
        number: u32,
        schema: Option<Snapshot>,
    ) -> Result<(), ProofError> {
        let loaded = self.fixtures(&self.files.fixtures, number).await?;
        // A fixture may well create something to help itself.
        self.schema = schema.filter(|_| loaded == 0);
        self.applied = Some(number);
        Ok(())
    }

    /// The database is not fit for further use.
    pub fn spoil(&mut self) {
        self.applied = None;
        self.schema = None;
    }

    /// Nothing after this can be tested.
    pub fn block(&mut self, obstacle: String) {
        self.spoil();
        self.obstacle = Some(obstacle);
    }

    /// The schema as it is now, taken unless it is known.
    pub async fn schema(&mut self) -> Result<Snapshot, ProofError> {
        match self.schema.take() {
            Some(schema) => Ok(schema),
            None => self.snapshot().await,
        }
    }

    pub async fn snapshot(&self) -> Result<Snapshot, ProofError> {
        let client = self.executor().connection.client();
        let taken = catalog::take(client, self.request.scope).await;
        taken.map_err(ProofError::snapshot)
    }

    pub async fn contents(&self, schema: &Snapshot) -> Result<Contents, ProofError> {
        Contents::read(self.executor().connection.client(), schema).await
    }

    /// Ends the connection and drops the database.
    pub async fn close(self) -> Result<(), ProofError> {
        self.open.close(&self.request).await
    }

    async fn apply(
        &self,
        stream: &Stream,
        migration: &Migration,
        role: Role,
    ) -> Result<(), ProofError> {
        let script = stream.load(migration).map_err(ProofError::Files)?;
        let ended = self.executor().run(&script).await?;
        ended.map_err(|failure| ProofError::Script { role, failure })
    }

    /// Loads the fixtures of a number; says how many there are.
    async fn fixtures(&self, fixtures: &[Fixture], number: u32) -> Result<usize, ProofError> {
        let mut loaded = 0;
        for fixture in files::of_number(fixtures, number) {
            let ended = self.executor().run(&fixture.script).await?;
            let role = Role::Fixture;
            ended.map_err(|failure| ProofError::Script { role, failure })?;
            loaded += 1;
        }
        Ok(loaded)
    }
}

impl Open {
    async fn fresh(request: &Request<'_>) -> Result<Self, ProofError> {
        let database = request.scratch.fresh().await?;
        match connect(request, &database).await {
            Ok(executor) => Ok(Self { database, executor }),
            Err(error) => {
                request.scratch.discard(&database).await?;
                Err(error)
            }
        }
    }

    async fn close(self, request: &Request<'_>) -> Result<(), ProofError> {
        self.executor.connection.close().await;
        request.scratch.discard(&self.database).await?;
        Ok(())
    }
}

async fn connect(request: &Request<'_>, database: &str) -> Result<Executor, ProofError> {
    let url = request.scratch.url(database);
    let info = ConnInfo::resolve(Some(&url), request.env)?;
    Executor::connect(&info).await
}
