//! From arguments to exit code.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

use clap::error::ErrorKind;
use enact_engine::exit::Exit;
use enact_engine::target::redact;

use crate::arguments;
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
    let outcome = parse(&real);
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

/// Reads the arguments, and what surrounds them.
fn parse(real: &BTreeMap<String, String>) -> Result<(Cli, Context), ExitCode> {
    let arguments: Vec<_> = std::env::args_os().collect();
    let refused = |error: clap::Error| refuse(&error, &arguments);
    let surrounded = |cli: Cli| {
        let variable = |name: &str| real.get(name).cloned();
        let ui = Ui::new(&cli.global, &variable);
        let context = Context::new(ui, real.clone(), &cli.global);
        (cli, context)
    };
    let (cli, context) = surrounded(arguments::read(&arguments, &[]).map_err(refused)?);
    let of_file: Vec<(String, String)> = context
        .own_variables_of_file()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    if of_file.is_empty() {
        return Ok((cli, context));
    }
    arguments::read(&arguments, &of_file)
        .map(surrounded)
        .map_err(refused)
}

/// Help and version are results; anything else is a wrong command line.
fn refuse(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    use std::io::Write as _;
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        // Where it cannot be written there is nobody to tell.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = |text: String| without_passwords(text, arguments);
    let rendered = error.render();
    let terminal = std::io::stderr().is_terminal();
    let shown = if terminal && std::env::var_os("NO_COLOR").is_none() {
        rendered.ansi().to_string()
    } else {
        rendered.to_string()
    };
    let _ = std::io::stderr().write_all(text(shown).as_bytes());
    if wants_json(arguments) {
        let plain = text(rendered.to_string());
        let message = plain.lines().next().unwrap_or_default();
        let message = message.strip_prefix("error: ").unwrap_or(message);
        let failure = Failure::usage(message).next("enact --help");
        let _ = std::io::stdout().write_all(ui::json(&document(&failure)).as_bytes());
    }
    ExitCode::from(Exit::Usage.code())
}

fn wants_json(arguments: &[OsString]) -> bool {
    let pair =
        |pair: &[OsString]| matches!(pair, [flag, value] if flag == "--format" && value == "json");
    arguments.windows(2).any(pair) || arguments.iter().any(|one| one == "--format=json")
}

/// A message about arguments quotes them, and a connection string holds a password.
fn without_passwords(mut text: String, arguments: &[OsString]) -> String {
    for argument in arguments.iter().filter_map(|argument| argument.to_str()) {
        let shown = redact(argument);
        if shown != argument {
            text = text.replace(argument, &shown);
        }
    }
    text
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
