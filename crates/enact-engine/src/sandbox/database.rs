//! Databases of a sandbox: making, cloning, dropping.

use tokio_postgres::{Client, Config, NoTls};

use super::cluster::Sandbox;
use super::error::SandboxError;

impl Sandbox {
    /// What tokio-postgres needs to connect to `database` as the superuser.
    #[must_use]
    pub fn config(&self, database: &str) -> Config {
        let mut config = Config::new();
        config
            .host_path(self.socket_dir())
            .port(self.port())
            .user("postgres")
            .dbname(database);
        config
    }

    /// Connects to `database` as the superuser. The connection runs as a task of the current runtime.
    ///
    /// # Errors
    /// [`SandboxError::Sql`].
    pub async fn connect(&self, database: &str) -> Result<Client, SandboxError> {
        connect(&self.config(database)).await
    }

    /// Makes an empty database.
    ///
    /// # Errors
    /// [`SandboxError::Sql`], for example when it exists already.
    pub async fn create_database(&self, name: &str) -> Result<(), SandboxError> {
        self.clone_database("template1", name).await
    }

    /// Makes a copy of the database `template`, to which nobody may be connected.
    ///
    /// # Errors
    /// [`SandboxError::Sql`].
    pub async fn clone_database(&self, template: &str, name: &str) -> Result<(), SandboxError> {
        let sql = create_sql(name, template, self.installation().major());
        self.maintain(&sql, || format!("create database {name}"))
            .await
    }

    /// Drops a database, ending the sessions in it. One that is not there is no error.
    ///
    /// # Errors
    /// [`SandboxError::Sql`].
    pub async fn drop_database(&self, name: &str) -> Result<(), SandboxError> {
        self.maintain(&drop_sql(name), || format!("drop database {name}"))
            .await
    }

    /// Makes `name` a superuser that may log in; one that is there already is none the worse.
    ///
    /// # Errors
    /// [`SandboxError::Sql`].
    pub async fn create_superuser(&self, name: &str) -> Result<(), SandboxError> {
        if name == "postgres" {
            return Ok(());
        }
        let sql = format!("CREATE ROLE {} SUPERUSER LOGIN", quote(name));
        self.maintain(&sql, || format!("create role {name}")).await
    }

    async fn maintain(&self, sql: &str, action: impl Fn() -> String) -> Result<(), SandboxError> {
        let client = self.connect("postgres").await?;
        execute(&client, sql, action).await
    }
}

pub(super) async fn connect(config: &Config) -> Result<Client, SandboxError> {
    let connected = config.connect(NoTls).await;
    let (client, connection) = connected.map_err(|source| SandboxError::Sql {
        action: "connect to the sandbox".to_owned(),
        source,
    })?;
    // Its error reaches whoever uses the client.
    tokio::spawn(connection);
    Ok(client)
}

pub(super) async fn execute(
    client: &Client,
    sql: &str,
    action: impl Fn() -> String,
) -> Result<(), SandboxError> {
    let done = client.batch_execute(sql).await;
    done.map_err(|source| SandboxError::Sql {
        action: action(),
        source,
    })
}

/// From PostgreSQL 15 a copy can go through the log, which spares the two checkpoints of a copy of files.
pub(super) fn create_sql(name: &str, template: &str, major: u32) -> String {
    let strategy = if major >= 15 {
        " STRATEGY = wal_log"
    } else {
        ""
    };
    let (name, template) = (quote(name), quote(template));
    format!("CREATE DATABASE {name} TEMPLATE = {template}{strategy}")
}

pub(super) fn drop_sql(name: &str) -> String {
    format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote(name))
}

pub(super) fn quote(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_quoted_and_the_strategy_depends_on_the_version() {
        let sql = create_sql("a\"b", "template1", 14);
        assert_eq!(sql, "CREATE DATABASE \"a\"\"b\" TEMPLATE = \"template1\"");
        assert!(create_sql("a", "b", 15).ends_with("STRATEGY = wal_log"));
    }
}
