//! Fresh empty databases, in a sandbox or on a server where the user may create databases.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

use super::cluster::{Sandbox, percent_encode};
use super::database::{create_sql, drop_sql, execute, quote};
use super::error::SandboxError;

const PREFIX: &str = "enact_scratch_";

type Dialling = Pin<Box<dyn Future<Output = Result<Client, tokio_postgres::Error>> + Send>>;

/// Opens a connection and runs it as a task; by value, so that TLS is the caller's decision.
pub type Dial = Arc<dyn Fn(Config) -> Dialling + Send + Sync>;

/// Connects without TLS.
#[must_use]
pub fn dial_without_tls() -> Dial {
    Arc::new(|config| {
        Box::pin(async move {
            let (client, connection) = config.connect(NoTls).await?;
            tokio::spawn(connection);
            Ok(client)
        })
    })
}

/// Where fresh empty databases come from.
#[derive(Debug)]
pub enum Scratch {
    /// A private cluster.
    Cluster(Box<Sandbox>),
    /// A server of somebody else.
    Server(Box<ServerScratch>),
}

impl Scratch {
    /// A fresh database with nothing in it, and its name.
    ///
    /// # Errors
    /// [`SandboxError::Sql`].
    pub async fn fresh(&self) -> Result<String, SandboxError> {
        self.copy_of("template0").await
    }

    /// A copy of one of this scratch's databases, to which nobody may be connected, and its name.
    ///
    /// # Errors
    /// [`SandboxError::Sql`].
    pub async fn copy_of(&self, template: &str) -> Result<String, SandboxError> {
        let name = unique_name();
        match self {
            Self::Cluster(sandbox) => sandbox.clone_database(template, &name).await?,
            Self::Server(server) => server.create(template, &name).await?,
        }
        Ok(name)
    }

    /// Drops a database got from [`Scratch::fresh`] or [`Scratch::copy_of`].
    ///
    /// # Errors
    /// [`SandboxError::Sql`].
    pub async fn discard(&self, name: &str) -> Result<(), SandboxError> {
        match self {
            Self::Cluster(sandbox) => sandbox.drop_database(name).await,
            Self::Server(server) => server.drop_one(name).await,
        }
    }

    /// What tokio-postgres needs to connect to the database `name`.
    #[must_use]
    pub fn config(&self, name: &str) -> Config {
        match self {
            Self::Cluster(sandbox) => sandbox.config(name),
            Self::Server(server) => server.config_of(name),
        }
    }

    /// The connection URL of the database `name`; on a server it holds the password that was given.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        match self {
            Self::Cluster(sandbox) => sandbox.url(name),
            Self::Server(server) => with_database(&server.url, name),
        }
    }

    /// Drops all that is left and says whether that worked, which dropping the value cannot.
    ///
    /// # Errors
    /// [`SandboxError::Sql`].
    pub async fn finish(self) -> Result<(), SandboxError> {
        match self {
            Self::Cluster(_) => Ok(()),
            Self::Server(mut server) => server.finish().await,
        }
    }
}

/// Scratch databases on a server of somebody else, named `enact_scratch_<pid>_<random>`.
///
/// One connection stays open to the database of the given URL, its `application_name` being the
/// owner's mark that every scratch database's comment repeats: where no session of the server bears
/// the mark, the owner is dead and the next start drops the database.
pub struct ServerScratch {
    url: String,
    config: Config,
    dial: Dial,
    owner: Client,
    mark: String,
    major: u32,
    finished: bool,
}

impl std::fmt::Debug for ServerScratch {
    /// Without the URL, which can hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerScratch")
            .field("mark", &self.mark)
            .finish_non_exhaustive()
    }
}

impl ServerScratch {
    /// Connects and drops what dead owners left.
    ///
    /// # Errors
    /// [`SandboxError::Sql`].
    pub async fn open(url: &str, dial: Dial) -> Result<Self, SandboxError> {
        let mut config: Config = url.parse().map_err(failed("read the scratch URL"))?;
        let mark = unique_name();
        config.application_name(&mark);
        let connecting = dial(config.clone()).await;
        let owner = connecting.map_err(failed("connect to the scratch server"))?;
        let row = owner.query_one(
            "SELECT current_setting('server_version_num')::int4 / 10000",
            &[],
        );
        let major: i32 = row.await.map_err(failed("ask for the version"))?.get(0);
        let scratch = Self {
            url: url.to_owned(),
            config,
            dial,
            owner,
            mark,
            major: u32::try_from(major).unwrap_or(0),
            finished: false,
        };
        scratch.drop_orphans().await?;
        Ok(scratch)
    }

    async fn create(&self, template: &str, name: &str) -> Result<(), SandboxError> {
        let action = || format!("create database {name}");
        execute(&self.owner, &create_sql(name, template, self.major), action).await?;
        let comment = format!("COMMENT ON DATABASE {} IS '{}'", quote(name), self.mark);
        execute(&self.owner, &comment, action).await
    }

    async fn drop_one(&self, name: &str) -> Result<(), SandboxError> {
        execute(&self.owner, &drop_sql(name), || {
            format!("drop database {name}")
        })
        .await
    }

    /// Without FORCE: a database that somebody is connected to is not an orphan.
    async fn drop_orphans(&self) -> Result<(), SandboxError> {
        let rows = self.owner.query(ORPHANS, &[]).await;
        for row in rows.map_err(failed("look for left scratch databases"))? {
            let name: String = row.get(0);
            // Another start may be dropping the same one just now.
            let _ = self
                .owner
                .batch_execute(&format!("DROP DATABASE {}", quote(&name)))
                .await;
        }
        Ok(())
    }

    fn config_of(&self, name: &str) -> Config {
        let mut config = self.config.clone();
        config.dbname(name);
        config
    }

    async fn finish(&mut self) -> Result<(), SandboxError> {
        self.finished = true;
        drop_marked(&self.owner, &self.mark).await
    }
}

impl Drop for ServerScratch {
    /// As `finish`, on a connection and in a thread of its own: dropping may happen inside a runtime,
    /// or after the one that drove the owner's connection.
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        let (dial, config, mark) = (self.dial.clone(), self.config.clone(), self.mark.clone());
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                if let Ok(client) = dial(config).await {
                    let _ = drop_marked(&client, &mark).await;
                }
            });
        });
        let _ = dropping.join();
    }
}

/// A database between its creation and its comment belongs to a session that is creating it, so one
/// without a comment is an orphan only if no session bears any mark.
const ORPHANS: &str = "
SELECT d.datname::text
  FROM pg_catalog.pg_database d
  JOIN pg_catalog.pg_roles r ON r.oid = d.datdba AND r.rolname = current_user
 WHERE d.datname LIKE 'enact\\_scratch\\_%'
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_stat_activity a
          WHERE a.pid <> pg_catalog.pg_backend_pid()
            AND a.application_name LIKE 'enact\\_scratch\\_%'
            AND a.application_name =
                coalesce(pg_catalog.shobj_description(d.oid, 'pg_database'), a.application_name))";

const MARKED: &str = "
SELECT d.datname::text
  FROM pg_catalog.pg_database d
 WHERE d.datname LIKE 'enact\\_scratch\\_%'
   AND pg_catalog.shobj_description(d.oid, 'pg_database') = $1";

async fn drop_marked(client: &Client, mark: &str) -> Result<(), SandboxError> {
    let rows = client.query(MARKED, &[&mark]).await;
    for row in rows.map_err(failed("list the scratch databases"))? {
        let name: String = row.get(0);
        execute(client, &drop_sql(&name), || format!("drop database {name}")).await?;
    }
    Ok(())
}

fn failed(action: &str) -> impl FnOnce(tokio_postgres::Error) -> SandboxError {
    move |source| SandboxError::Sql {
        action: action.to_owned(),
        source,
    }
}

/// Unique on every server: a process id for people to see, a number and randomness for the rest.
fn unique_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let random = Uuid::new_v4().simple().to_string();
    format!("{PREFIX}{}_{}{count}", std::process::id(), &random[..12])
}

/// The same URL (or `key=value` string) for another database.
fn with_database(url: &str, database: &str) -> String {
    let Some(rest) = url.split_once("://").map(|(_, rest)| rest) else {
        // Of two values for one key, the later counts.
        return format!("{url} dbname='{database}'");
    };
    let scheme = &url[..url.len() - rest.len()];
    let (before, query) = match rest.split_once('?') {
        Some((before, query)) => (before, format!("?{}", without_dbname(query))),
        None => (rest, String::new()),
    };
    let authority = before.split('/').next().unwrap_or_default();
    format!("{scheme}{authority}/{}{query}", percent_encode(database))
}

/// A `dbname` among the parameters would win over the path.
fn without_dbname(query: &str) -> String {
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("dbname="))
        .collect();
    kept.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_keeps_everything_but_its_database() {
        let with = |url| with_database(url, "x");
        assert_eq!(
            with("postgres://u:p@h:1/a?sslmode=require"),
            "postgres://u:p@h:1/x?sslmode=require"
        );
        assert_eq!(with("postgres://h"), "postgres://h/x");
        assert_eq!(
            with("postgres:///?host=/tmp&dbname=b"),
            "postgres:///x?host=/tmp"
        );
        assert_eq!(with("host=h dbname=a"), "host=h dbname=a dbname='x'");
    }
}
