//! What surrounds a command: environment, folder, repository, target. Read once, handed on by value.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use enact_engine::catalog::Scope;
use enact_engine::exit::Exit;
use enact_engine::identity::Claim;
use enact_engine::project::targets::Targets;
use enact_engine::project::{Config, ConfigError, Environment, Project};
use enact_engine::target::{ConnInfo, Env};

use crate::cli;
use crate::failure::Failure;
use crate::ui::Ui;

mod dotenv;
pub mod person;

/// What surrounds a command.
#[derive(Debug)]
pub struct Context {
    /// The terminal.
    pub ui: Ui,
    /// The current folder.
    pub folder: PathBuf,
    config: Option<PathBuf>,
    /// The real environment.
    real: BTreeMap<String, String>,
    /// The real environment over `.env`.
    variables: BTreeMap<String, String>,
}

/// A database, chosen.
#[derive(Debug)]
pub struct Target {
    /// How to connect.
    pub conninfo: ConnInfo,
    /// Its environment in enact.toml, when chosen by name.
    pub environment: Option<(String, Environment)>,
    /// Which target it must be, when chosen by name.
    pub claim: Option<Claim>,
}

impl Context {
    /// Reads what the process was given.
    pub fn new(ui: Ui, real: BTreeMap<String, String>, global: &cli::Global) -> Self {
        let folder = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let config = global.config.as_ref().map(|path| folder.join(path));
        let config = config.or_else(|| Config::find(&folder).ok());
        let beside = config.as_deref().and_then(Path::parent).unwrap_or(&folder);
        let mut variables = dotenv::read(&beside.join(".env"));
        variables.extend(real.clone());
        Self {
            ui,
            folder,
            config,
            real,
            variables,
        }
    }

    /// `ENACT_` variables that stand in `.env` alone.
    pub fn own_variables_of_file(&self) -> impl Iterator<Item = (&str, &str)> {
        let only = self
            .variables
            .iter()
            .filter(|(name, _)| !self.real.contains_key(*name));
        let own = only.filter(|(name, _)| name.starts_with("ENACT_"));
        own.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of a variable, unless it is empty.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.variables
            .get(name)
            .filter(|value| !value.is_empty())
            .cloned()
    }

    /// The repository.
    ///
    /// # Errors
    /// When there is none or its configuration is wrong.
    pub fn project(&self) -> Result<Project, Failure> {
        let Some(path) = &self.config else {
            return Err(ConfigError::NotFound {
                start: self.folder.clone(),
            }
            .into());
        };
        Ok(Project::open(path)?)
    }

    /// The repository, if there is one.
    ///
    /// # Errors
    /// When its configuration is wrong.
    pub fn project_if_any(&self) -> Result<Option<Project>, Failure> {
        self.config.as_ref().map(|_| self.project()).transpose()
    }

    /// The database that the options, the environment and the repository choose.
    ///
    /// # Errors
    /// When they choose none, or it cannot be understood.
    pub fn target(
        &self,
        wanted: &cli::Target,
        project: Option<&Project>,
    ) -> Result<Target, Failure> {
        if let Some(name) = &wanted.environment {
            return self.environment(name, project);
        }
        let url = wanted
            .database_url
            .clone()
            .or_else(|| self.variable("DATABASE_URL"));
        if url.is_none() {
            self.must_not_guess(project)?;
        }
        Ok(Target {
            conninfo: self.conninfo(url.as_deref())?,
            environment: None,
            claim: None,
        })
    }

    fn environment(&self, name: &str, project: Option<&Project>) -> Result<Target, Failure> {
        let Some(project) = project else {
            return Err(ConfigError::NotFound {
                start: self.folder.clone(),
            }
            .into());
        };
        let environment = project.config.environment(name)?;
        let url = environment
            .url
            .resolve(&|name| self.variable(name), &project.root)
            .map_err(|error| {
                Failure::usage(format!(
                    "the connection string of environment `{name}` cannot be had: {error}"
                ))
                .causes(&error)
            })?;
        let conninfo = self.conninfo(Some(url.expose()))?;
        let targets = Targets::read(&project.root)
            .map_err(|error| Failure::usage(error.to_string()).causes(&error))?;
        let claim = Claim {
            project: project.config.project.name.to_string(),
            environment: name.to_owned(),
            endpoint: conninfo.place(),
            identity: targets.get(name).map(|known| known.identity),
        };
        Ok(Target {
            conninfo,
            environment: Some((name.to_owned(), environment.clone())),
            claim: Some(claim),
        })
    }

    /// No target is a default: one that was not named is not touched.
    fn must_not_guess(&self, project: Option<&Project>) -> Result<(), Failure> {
        let environments = || {
            project
                .iter()
                .flat_map(|project| &project.config.environments)
        };
        let names: Vec<&str> = environments().map(|(name, _)| name.as_str()).collect();
        let harmless = environments().find(|(_, environment)| !environment.protected);
        if let Some(first) = names.first() {
            let example = harmless.map_or(*first, |(name, _)| name.as_str());
            return Err(Failure::usage(format!(
                "no target is named; enact.toml has {}",
                names.join(", ")
            ))
            .next(format!("name one, for example with `-e {example}`")));
        }
        let libpq = ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"];
        if libpq.iter().any(|name| self.variable(name).is_some()) {
            return Ok(());
        }
        Err(Failure::usage("no target is named").next(
            "name one with `--database-url URL`, DATABASE_URL, or -e NAME and [environments.NAME] in enact.toml",
        ))
    }

    fn conninfo(&self, url: Option<&str>) -> Result<ConnInfo, Failure> {
        let mut env = Env::new(self.variables.clone());
        if let Some(user) = person::account() {
            env = env.with_os_user(user);
        }
        let conninfo = ConnInfo::resolve(url, &env)
            .map_err(|error| Failure::new(Exit::Usage, error.to_string()).causes(&error))?;
        for warning in &conninfo.warnings {
            self.ui.warn(&warning.to_string());
        }
        Ok(conninfo)
    }
}

impl Target {
    /// Whether its name must be typed before anything is changed.
    pub fn protected(&self) -> bool {
        self.environment
            .as_ref()
            .is_some_and(|(_, environment)| environment.protected)
    }

    /// `enact VERB` with the options that name this target, for messages.
    pub fn command(&self, verb: &str) -> String {
        match &self.environment {
            Some((name, _)) => format!("enact {verb} -e {name}"),
            None => format!("enact {verb}"),
        }
    }
}

/// What a fingerprint covers.
pub fn scope(project: Option<&Project>) -> Scope {
    let Some(project) = project else {
        return Scope::default();
    };
    let snapshot = &project.config.snapshot;
    let mut exclude_schemas = Scope::default().exclude_schemas;
    exclude_schemas.extend(snapshot.exclude_schemas.clone());
    Scope {
        comments: snapshot.comments,
        grants: snapshot.grants,
        owners: snapshot.owners,
        exclude_schemas,
    }
}
