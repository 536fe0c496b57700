//! Times the reading of large and of many small files; run it with `--release`.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::fmt::Write as _;
use std::time::Instant;

use enact_sql::script::analyse_text;
use enact_sql::text::{digest, normalise};

const MEGABYTE: usize = 1 << 20;

fn copy_file() -> String {
    let mut text = "CREATE TABLE t (a int, b text);\nCOPY t FROM stdin;\n".to_owned();
    for row in 0.. {
        if text.len() > 50 * MEGABYTE {
            break;
        }
        let _ = writeln!(text, "{row}\tsome text; of a row");
    }
    text.push_str("\\.\n");
    text
}

fn insert_file() -> String {
    let mut text = String::new();
    for row in 0..500_000 {
        let _ = writeln!(
            text,
            "INSERT INTO public.t (a, b, c) VALUES ({row}, 'some text; of a row', now());"
        );
    }
    text
}

fn small_file(number: usize) -> String {
    format!(
        "-- Migration: {number:03} - Add a table\n-- Ticket: T-1\n\nBEGIN;\n\
         CREATE TABLE t{number} (id bigint PRIMARY KEY, note text NOT NULL DEFAULT '', at timestamptz);\n\
         COMMENT ON TABLE t{number} IS 'table';\nCREATE INDEX ON t{number} (note);\nCOMMIT;\n"
    )
}

fn peak_kilobytes() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    peak.unwrap_or_default().to_owned()
}

fn main() {
    let files: Vec<String> = (1..=100).map(small_file).collect();
    let start = Instant::now();
    let problems: usize = files
        .iter()
        .map(|file| analyse_text(file.clone(), "x").problems.len())
        .sum();
    println!(
        "100 small files: {:?}, {problems} problems, {}",
        start.elapsed(),
        peak_kilobytes()
    );
    let start = Instant::now();
    let sum = (0..10).flat_map(|_| &files).fold(0u8, |sum, file| {
        let text = normalise(file.as_bytes()).unwrap_or_default();
        sum ^ digest(&text)[0]
    });
    println!("1,000 digests: {:?} ({sum})", start.elapsed());
    for (name, text) in [
        ("50 MB of COPY", copy_file()),
        ("500k INSERTs", insert_file()),
    ] {
        let megabytes = text.len() / MEGABYTE;
        let start = Instant::now();
        let script = analyse_text(text, "x");
        let statements = script.statements().count();
        println!(
            "{name}: {megabytes} MB, {statements} statements, {:?}, {}",
            start.elapsed(),
            peak_kilobytes()
        );
    }
}
