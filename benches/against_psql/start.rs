//! How long it takes to begin: the program, a sandbox, a proof.

use std::time::Instant;

use enact_engine::sandbox::{Options, Sandbox};
use enact_testkit::{Must, TestPg};

use crate::lab::Lab;
use enact_bench::measure::{Times, timed, try_timed};
use enact_bench::report::{Line, Section, Target, Unit};

pub const TITLE: &str = "Start-up, sandbox, proofs";

pub fn section(lab: &Lab) -> Section {
    let mut without_cache = TestPg::options();
    without_cache.cache_dir = None;
    let lines = vec![
        version(lab),
        sandbox(lab, "sandbox start, with its template", &TestPg::options()),
        sandbox(lab, "sandbox start, with initdb", &without_cache),
        command(
            lab,
            "enact sandbox run -- true",
            &["sandbox", "run", "--", "true"],
            Target::AtMost(2.0),
        ),
        command(
            lab,
            &format!("enact test of {}", lab.small.size),
            &["test"],
            Target::None,
        ),
    ];
    let method = "The time of a sandbox is until it accepts connections; the template of its data directory is made \
                  by the first start and kept. `enact test` starts a sandbox and proves every migration: apply, roll \
                  back, compare, apply again, compare.";
    Section {
        title: TITLE,
        method: method.into(),
        lines,
    }
}

fn version(lab: &Lab) -> Line {
    let mut times = Times::default();
    for _ in 0..lab.scale.many * 5 {
        times.push(timed(lab.small.enact(&["--version"])));
    }
    line("enact --version", Target::AtMost(0.005), &times)
}

fn line(what: &str, target: Target, times: &Times) -> Line {
    let result = (times.median(), Unit::Time);
    let from = format!("{}, {}×", times.show(), times.count());
    Line::new(what, target, result, from)
}

fn sandbox(lab: &Lab, what: &str, options: &Options) -> Line {
    let mut times = Times::default();
    for _ in 0..lab.scale.seldom {
        let begin = Instant::now();
        let sandbox = Sandbox::start(options).must("start a sandbox");
        times.push(begin.elapsed());
        drop(sandbox);
    }
    line(what, Target::AtMost(2.0), &times)
}

/// A command that needs no database; the first run, which may make the template, does not count.
fn command(lab: &Lab, what: &str, arguments: &[&str], target: Target) -> Line {
    let run = || try_timed(lab.small.enact(arguments));
    if let Err(why) = run() {
        return Line::missing(what, &format!("`{}` fails: {why}", arguments.join(" ")));
    }
    let mut times = Times::default();
    for _ in 0..lab.scale.seldom {
        match run() {
            Ok(time) => times.push(time),
            Err(why) => return Line::missing(what, &why),
        }
    }
    line(what, target, &times)
}
