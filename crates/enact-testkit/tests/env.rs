//! The environment for runs of `enact` is hermetic, and its runs can be ended. A shell stands in for
//! the program.

use enact_testkit::{Signal, TestEnv};

fn shell() -> TestEnv {
    TestEnv::new("/bin/sh")
}

#[test]
fn a_run_sees_nothing_of_the_machines_environment() {
    let mut env = shell();
    env.set("ENACT_X", "1").set("ENACT_X", "2");
    env.write("a/b.sql", "SELECT 1;");
    let output = env.enact([
        "-c",
        "env | cut -d= -f1 | sort; echo $ENACT_X $HOME; cat a/b.sql; exit 7",
    ]);
    assert_eq!(output.code, Some(7));
    assert!(!output.stdout.contains("CARGO"), "{output}");
    assert!(
        output
            .stdout
            .contains(&format!("2 {}", env.home().display())),
        "{output}"
    );
    assert!(output.stdout.ends_with("SELECT 1;"), "{output}");
}

#[test]
fn what_differs_between_runs_is_filtered() {
    let mut env = shell();
    env.hide("secret.example", "[HOST]");
    let text = "echo $PWD/x.sql $HOME took 1.25 s or 3ms at 2026-11-22T18:00:00.123456Z, pid 4711;
        echo sha256-lf:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 secret.example;
        echo 67e55044-10b1-426f-9247-bb680e5fe0c8 /tmp/enact-pg-aB3xyz90/.s.PGSQL.5432 >&2";
    let output = env.enact(["-c", text]);
    let filters = env.filters();
    insta::with_settings!({filters => filters.iter().map(|(a, b)| (a.as_str(), b.as_str()))}, {
        insta::assert_snapshot!(output, @r"
        exit: 0
        ----- stdout -----
        [DIR]/x.sql [HOME] took [DURATION] or [DURATION] at [TIME], pid [PID]
        sha256-lf:[SHA256] [HOST]

        ----- stderr -----
        [UUID] [SOCKET_DIR]/.s.PGSQL.5432
        ");
    });
}

#[test]
fn a_running_program_can_be_interrupted_and_killed() {
    let env = shell();
    let waits = "trap 'echo caught; exit 44' INT TERM; echo ready > ready; while :; do :; done";
    for (signal, code) in [
        (Signal::Interrupt, Some(44)),
        (Signal::Terminate, Some(44)),
        (Signal::Kill, None),
    ] {
        let mut running = env.spawn(["-c", waits]);
        while !env.dir().join("ready").exists() {
            assert!(running.runs());
            std::thread::yield_now();
        }
        running.signal(signal);
        let output = running.wait();
        assert_eq!(output.code, code, "{signal:?}");
        std::fs::remove_file(env.dir().join("ready")).unwrap();
    }
}
