//! scratch
use enact_engine::catalog::Scope;
use enact_engine::events::Events;
use enact_engine::plan::Goal;
use enact_engine::project::layout::{Stream, StreamSource};
use enact_engine::project::names::StreamName;
use enact_engine::run::{self, Request, Settings};
use enact_engine::stop::Stop;
use enact_engine::target::{ConnInfo, Env};
use enact_ledger::{Hash, Tool};
use std::time::Instant;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let root = std::path::PathBuf::from(&args[2]);
    let begun = Instant::now();
    let stream = Stream::read(&StreamSource {
        name: StreamName::core(),
        root: root.clone(),
        dir: root,
        max_file_size: 1 << 26,
    })
    .unwrap();
    let target = ConnInfo::resolve(Some(&args[1]), &Env::default()).unwrap();
    eprintln!("read {:?}", begun.elapsed());
    if args[3] == "status" {
        let s = enact_engine::status::status(&target, "x", &stream, &Scope::default())
            .await
            .unwrap();
        eprintln!(
            "status {} pending {:?} {:?}",
            s.pending(),
            s.schema,
            begun.elapsed()
        );
        return;
    }
    let goal = if args[3] == "down" {
        Goal::Rollback {
            to: Some(0),
            steps: None,
        }
    } else {
        Goal::Apply {
            to: None,
            steps: None,
        }
    };
    let (events, mut rx) = Events::channel();
    let verbose = args.len() > 4;
    tokio::spawn(async move {
        while let Some(e) = rx.recv().await {
            if verbose {
                eprintln!("{:?} {e:?}", begun.elapsed());
            }
        }
    });
    let r = run::run(
        Request {
            target: &target,
            stream: &stream,
            goal,
            person: "p".into(),
            host: "h".into(),
            tool: Tool {
                version: "0".into(),
                digest: Hash::ZERO,
            },
            scope: Scope::default(),
            settings: Settings::default(),
        },
        &events,
        Stop::never(),
    )
    .await;
    match r {
        Ok(f) => eprintln!(
            "{} steps, entries {}, {:?}",
            f.steps.len(),
            f.entries,
            begun.elapsed()
        ),
        Err(e) => eprintln!("{e:?}"),
    }
}
