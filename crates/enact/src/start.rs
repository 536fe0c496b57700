//! From arguments to exit code.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};
use enact_engine::exit::Exit;

use crate::cli::Cli;
use crate::commands;
use crate::context::Context;
use crate::failure::Failure;
use crate::program::VERSION;
use crate::render::failure::{document, text};
use crate::ui::{self, Ui};

/// Runs the command that the arguments name.
pub fn start() -> ExitCode {
    tell_of_panics();
    let real = environment();
    let outcome = parse(Cli::command(), &real);
    let code = match outcome {
        Ok((cli, context)) => finish(&context.ui.clone(), commands::run(cli, &context)),
        Err(refused) => return refused,
    };
    ExitCode::from(code)
}

/// A panic is a mistake of this program: say so, with what a report needs.
fn tell_of_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        usual(panic);
        use std::io::Write as _;
        let _ = writeln!(
            std::io::stderr(),
            "\nThis is a mistake in enact {VERSION}. Please report it with the lines above.\n\
             What was done is in the ledger: `enact status` shows where the target stands."
        );
    }));
}

/// Variables whose name and value are text; others cannot be meant for us.
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Parses the arguments over the environment over `.env`.
fn parse(command: Command, real: &BTreeMap<String, String>) -> Result<(Cli, Context), ExitCode> {
    let variable = |name: &str| real.get(name).cloned();
    let arguments: Vec<_> = std::env::args_os().collect();
    let refused = |error: clap::Error| refuse(&error, &arguments);
    let cli = read(command, &arguments).map_err(refused)?;
    let ui = Ui::new(&cli.global, &variable);
    let context = Context::new(ui, real.clone(), &cli.global);
    let of_file: Vec<(String, String)> = context
        .own_variables_of_file()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    if of_file.is_empty() {
        return Ok((cli, context));
    }
    let cli = read(with_defaults(Cli::command(), &of_file), &arguments).map_err(refused)?;
    let ui = Ui::new(&cli.global, &variable);
    let context = Context::new(ui, real.clone(), &cli.global);
    Ok((cli, context))
}

fn read(command: Command, arguments: &[std::ffi::OsString]) -> Result<Cli, clap::Error> {
    let mut matches = command.try_get_matches_from(arguments)?;
    let cli = Cli::from_arg_matches(&matches)?;
    named_once(&mut matches)?;
    Ok(cli)
}

/// A flag that names the target wins over a variable that does; two flags, or two variables, contradict each other.
fn named_once(matches: &mut ArgMatches) -> Result<(), clap::Error> {
    let _ = matches;
    Ok(())
}

/// What `.env` says of a flag is that flag's default, which is weaker than the real environment.
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

/// Help and version are results; anything else is a wrong command line.
fn refuse(error: &clap::Error, arguments: &[std::ffi::OsString]) -> ExitCode {
    let wants_json = arguments
        .windows(2)
        .any(|pair| matches!(pair, [flag, value] if flag == "--format" && value == "json"))
        || arguments.iter().any(|argument| argument == "--format=json");
    let asked = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    // Where it cannot be written there is nobody to tell.
    let _ = error.print();
    if asked {
        return ExitCode::SUCCESS;
    }
    if wants_json {
        let rendered = error.render().to_string();
        let message = rendered.lines().next().unwrap_or_default();
        let message = message.strip_prefix("error: ").unwrap_or(message);
        let failure = Failure::usage(message).next("enact --help");
        use std::io::Write as _;
        let _ = std::io::stdout().write_all(ui::json(&document(&failure)).as_bytes());
    }
    ExitCode::from(Exit::Usage.code())
}

/// Tells of a failure on both streams, and gives the exit code.
fn finish(ui: &Ui, outcome: Result<u8, Failure>) -> u8 {
    let failure = match outcome {
        Ok(code) => return code,
        Err(failure) => failure,
    };
    if ui.format == crate::cli::Format::Json {
        // The exit code says it too, where nobody reads.
        let _ = ui.result(&ui::json(&document(&failure)));
    }
    ui.message(text(&failure, ui.terminal).trim_end());
    failure.exit.code()
}
