//! `enact sandbox run`

use std::process::ExitStatus;

use enact_engine::exit::Exit;
use enact_engine::sandbox::Scratch;
use enact_engine::target::{Address, ConnInfo, Env};
use tokio::process::{Child, Command};

use super::{scratch, signals};
use crate::cli::SandboxRun;
use crate::context::Context;
use crate::failure::Failure;

/// What would lead a client past the throw-away database.
const MISLEADING: [&str; 12] = [
    "PGHOST",
    "PGHOSTADDR",
    "PGPORT",
    "PGUSER",
    "PGDATABASE",
    "PGPASSWORD",
    "PGPASSFILE",
    "PGSERVICE",
    "PGSERVICEFILE",
    "PGSSLMODE",
    "PGOPTIONS",
    "PGTARGETSESSIONATTRS",
];

/// Runs the command; its exit code is ours.
pub async fn run(context: &Context, args: &SandboxRun) -> Result<u8, Failure> {
    let scratch = scratch::open(context, &args.server).await?;
    let database = scratch.fresh().await?;
    let ended = in_database(context, args, &scratch, &database).await;
    scratch.discard(&database).await?;
    scratch.finish().await?;
    Ok(code(ended?))
}

async fn in_database(
    context: &Context,
    args: &SandboxRun,
    scratch: &Scratch,
    database: &str,
) -> Result<ExitStatus, Failure> {
    let [program, arguments @ ..] = args.command.as_slice() else {
        return Err(Failure::usage("no command is given"));
    };
    let url = scratch.url(database);
    let mut command = Command::new(program);
    command.args(arguments).env("DATABASE_URL", &url);
    MISLEADING.iter().for_each(|name| {
        command.env_remove(name);
    });
    command.envs(variables(&url)?);
    let started = command.spawn();
    let mut child = started.map_err(|error| {
        let program = program.to_string_lossy();
        Failure::new(
            Exit::Unexpected,
            format!("cannot start `{program}`: {error}"),
        )
    })?;
    let ended = wait(context, &mut child).await;
    ended.map_err(|error| {
        Failure::new(
            Exit::Unexpected,
            format!("the command could not be waited for: {error}"),
        )
    })
}

/// The command decides when it ends; a request to stop is passed on to it.
async fn wait(context: &Context, child: &mut Child) -> std::io::Result<ExitStatus> {
    loop {
        tokio::select! {
            ended = child.wait() => return ended,
            () = signals::asked_to_stop() => {
                context.ui.say("stopping: waiting for the command to end");
                pass_on(child).await;
            }
        }
    }
}

/// A Ctrl-C reaches the command by itself; a SIGTERM to us does not.
async fn pass_on(child: &Child) {
    if let Some(pid) = child.id() {
        let kill = Command::new("kill")
            .args(["-TERM", &pid.to_string()])
            .status();
        // Should it not get through, the command still ends by itself.
        let _ = kill.await;
    }
}

/// The same place as the URL, for clients that read libpq's variables.
fn variables(url: &str) -> Result<Vec<(&'static str, String)>, Failure> {
    let conninfo = ConnInfo::resolve(Some(url), &Env::default())
        .map_err(|error| Failure::usage(format!("the scratch URL: {error}")))?;
    let mut variables = vec![
        ("PGUSER", conninfo.user.clone()),
        ("PGDATABASE", conninfo.database.clone()),
        ("PGSSLMODE", conninfo.tls.mode.to_string()),
    ];
    if let Some(endpoint) = conninfo.endpoints.first() {
        let host = match &endpoint.address {
            Address::Unix(folder) => folder.display().to_string(),
            Address::Tcp { host, .. } => host.clone(),
        };
        variables.push(("PGHOST", host));
        variables.push(("PGPORT", endpoint.port.to_string()));
        let password = endpoint.password.as_ref();
        variables
            .extend(password.map(|(password, _)| ("PGPASSWORD", password.expose().to_owned())));
    }
    Ok(variables)
}

/// As a shell tells it: 128 and the signal's number for a command that a signal ended.
fn code(ended: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt as _;
    let code = ended
        .code()
        .or_else(|| ended.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(Exit::Unexpected.code())
}
