//! `enact-proxy UPSTREAM ROUND_TRIP_MS [-- COMMAND …]`: the proxy for the shell.
//!
//! UPSTREAM is `HOST:PORT` or the path of a socket. With a command, runs it with `PGHOST` and `PGPORT`
//! set to the proxy; else says where it listens and runs until its standard input ends. Prints the
//! counts as JSON to standard error at the end.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the shell"
)]

use std::io::Read;
use std::process::{Command, ExitCode};
use std::time::Duration;

use enact_testkit::{Proxy, Stats, Upstream};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(upstream), Some(Ok(millis))) =
        (arguments.next(), arguments.next().map(|text| text.parse()))
    else {
        eprintln!("usage: enact-proxy HOST:PORT|SOCKET ROUND_TRIP_MS [-- COMMAND ...]");
        return ExitCode::from(2);
    };
    let upstream = match upstream.starts_with('/') {
        true => Upstream::Unix(upstream.into()),
        false => Upstream::Tcp(upstream),
    };
    let proxy = Proxy::start(upstream, Duration::from_millis(millis));
    let command: Vec<String> = arguments.skip_while(|argument| argument == "--").collect();
    let code = match command.split_first() {
        Some((program, arguments)) => run(&proxy, program, arguments),
        None => hold(&proxy),
    };
    eprintln!("{}", json(proxy.stats()));
    ExitCode::from(code)
}

fn run(proxy: &Proxy, program: &str, arguments: &[String]) -> u8 {
    let status = Command::new(program)
        .args(arguments)
        .env("PGHOST", proxy.socket_dir())
        .env("PGPORT", "5432")
        .status();
    match status {
        Ok(status) => status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(1),
        Err(error) => {
            eprintln!("could not run {program}: {error}");
            127
        }
    }
}

fn hold(proxy: &Proxy) -> u8 {
    println!("{} {}", proxy.socket_dir().display(), proxy.address());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    0
}

fn json(stats: Stats) -> String {
    format!(
        "{{\"connections\":{},\"round_trips\":{},\"messages\":{},\"bytes_to_server\":{},\"bytes_to_client\":{}}}",
        stats.connections,
        stats.round_trips,
        stats.messages,
        stats.bytes_to_server,
        stats.bytes_to_client
    )
}
