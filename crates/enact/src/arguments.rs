//! Arguments over the environment over `.env`, to values.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches};

use crate::cli::Cli;

/// The help of a command: what it does, in full, then how to call it.
const HELP: &str = "{about}{after-help}\n\n{usage-heading} {usage}\n\n{all-args}";

/// Reads the command line. `of_file` are variables that stand in `.env` alone.
///
/// # Errors
/// What clap says of it; help and version are such errors too.
pub fn read(arguments: &[OsString], of_file: &[(String, String)]) -> Result<Cli, clap::Error> {
    let mut command = Cli::command().mut_subcommands(helpful);
    command = without_empty(command.disable_help_flag(true).arg(help()));
    if !of_file.is_empty() {
        command = with_defaults(command, of_file);
    }
    let matches = command.try_get_matches_from_mut(arguments)?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    choose_target(&mut cli, &matches).map_err(|message| {
        let named = matches.subcommand_name().unwrap_or_default();
        let command = command.find_subcommand_mut(named);
        match command {
            Some(command) => command.error(ErrorKind::ArgumentConflict, message),
            None => clap::Error::raw(ErrorKind::ArgumentConflict, message),
        }
    })?;
    Ok(cli)
}

/// One form of help, whether asked for with `-h` or `--help`, which fits on a screen.
fn helpful(command: Command) -> Command {
    let long = command.get_long_about().map(ToString::to_string);
    let details = long
        .as_deref()
        .and_then(|text| text.split_once("\n\n"))
        .map(|(_, details)| details.to_owned());
    let command = command
        .long_about(None::<&str>)
        .help_template(HELP)
        .disable_help_flag(true)
        .arg(help())
        .mut_subcommands(helpful);
    match details {
        Some(details) => command.after_help(details),
        None => command,
    }
}

fn help() -> Arg {
    Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::HelpShort)
        .help("Print help")
        .help_heading("Global options")
        .display_order(1000)
}

/// Of two ways to name the target the stronger source wins; two of the same strength contradict each other.
fn choose_target(cli: &mut Cli, matches: &ArgMatches) -> Result<(), &'static str> {
    let Some(target) = cli.verb.target_mut() else {
        return Ok(());
    };
    // Of `enact backfill status`, the inner one has the options.
    let subcommands = std::iter::successors(Some(matches), |at| Some(at.subcommand()?.1));
    let own = subcommands.last().unwrap_or(matches);
    let strength = |id| own.value_source(id).map(rank);
    match (strength("environment"), strength("database_url")) {
        (Some(name), Some(url)) if name > url => target.database_url = None,
        (Some(name), Some(url)) if name < url => target.environment = None,
        (Some(3), Some(_)) => return Err("--env and --database-url name two targets"),
        (Some(_), Some(_)) => return Err("ENACT_ENV and ENACT_DATABASE_URL name two targets"),
        _ => {}
    }
    Ok(())
}

fn rank(source: ValueSource) -> u8 {
    match source {
        ValueSource::CommandLine => 3,
        ValueSource::EnvVariable => 2,
        _ => 1,
    }
}

/// A variable that is set to nothing is as good as none.
fn without_empty(command: Command) -> Command {
    let command = command.mut_args(|arg| {
        let empty = arg
            .get_env()
            .and_then(std::env::var_os)
            .is_some_and(|value| value.is_empty());
        if empty { arg.env(None::<&str>) } else { arg }
    });
    command.mut_subcommands(without_empty)
}

/// What `.env` says of an option is that option's default, which is weaker than the real environment.
fn with_defaults(command: Command, variables: &[(String, String)]) -> Command {
    let command = command.mut_args(|arg| {
        let variable = arg.get_env().and_then(|name| name.to_str());
        let found = variables
            .iter()
            .find(|(name, value)| Some(name.as_str()) == variable && !value.is_empty());
        match found {
            // Defaults live as long as the process, and so does this one.
            Some((_, value)) => {
                let value: &'static str = Box::leak(value.clone().into_boxed_str());
                arg.default_value(value).hide_default_value(true)
            }
            None => arg,
        }
    });
    command.mut_subcommands(|command| with_defaults(command, variables))
}
