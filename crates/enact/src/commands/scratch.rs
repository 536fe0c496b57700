//! Throw-away databases for commands that need one.

use std::path::PathBuf;

use enact_engine::exit::Exit;
use enact_engine::sandbox::{
    Installation, Options, Sandbox, SandboxError, Scratch, SearchPaths, ServerScratch,
    dial_without_tls,
};

use crate::cli::Server;
use crate::context::Context;
use crate::failure::Failure;

/// Where throw-away databases come from, as the options say.
pub async fn open(context: &Context, server: &Server) -> Result<Scratch, Failure> {
    if let Some(url) = &server.scratch_url {
        let opened = ServerScratch::open(url, dial_without_tls()).await;
        return Ok(Scratch::Server(Box::new(opened?)));
    }
    Ok(Scratch::Cluster(Box::new(cluster(context, server)?)))
}

/// A private cluster.
pub fn cluster(context: &Context, server: &Server) -> Result<Sandbox, Failure> {
    let mut options = Options::new(installation(context, server)?);
    options.cache_dir = cache(context);
    Ok(Sandbox::start(&options)?)
}

fn installation(context: &Context, server: &Server) -> Result<Installation, Failure> {
    if let Some(folder) = &server.pg_bindir {
        let named = Installation::at(&context.folder.join(folder))?;
        return match server.pg_major {
            Some(major) if major != named.major() => Err(Failure::new(
                Exit::Unexpected,
                format!(
                    "{} is PostgreSQL {}, not {major}",
                    folder.display(),
                    named.major()
                ),
            )
            .next("give either --pg-major or --pg-bindir (ENACT_PG_MAJOR, ENACT_PG_BINDIR)")),
            _ => Ok(named),
        };
    }
    let path = context.variable("PATH").unwrap_or_default();
    let paths = SearchPaths::usual().with_path(path.as_ref());
    Ok(Installation::discover(&paths, server.pg_major)?)
}

/// Where the data directory that every sandbox is copied from is kept; nowhere if there is no such place.
fn cache(context: &Context) -> Option<PathBuf> {
    let base = context
        .variable("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| {
            context
                .variable("HOME")
                .map(|home| PathBuf::from(home).join(".cache"))
        })?;
    let folder = base.join("enact");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder)
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        let failure = Self::new(Exit::Unexpected, error.to_string()).causes(&error);
        match error {
            SandboxError::NotInstalled { .. } | SandboxError::MajorNotInstalled { .. } => failure
                .next(
                    "install PostgreSQL, or name a server with --scratch-url or ENACT_SCRATCH_URL",
                ),
            _ => failure,
        }
    }
}
