//! Cases: what is found, and what is not.

mod kit;

use enact_lint::{Context, lint};
use enact_sql::script::analyse_text;

use kit::{cases, judge, read};

fn run(text: &str, least: usize) {
    let cases = cases(text);
    assert!(cases.len() >= least, "{} cases", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let findings = judge(case);
        let rules: Vec<&str> = findings.iter().map(|finding| finding.rule).collect();
        if rules != case.expect {
            wrong.push(format!(
                "{}: expected {:?}, found {rules:?}",
                case.name, case.expect
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn what_writes_or_reads_every_row_is_found_and_its_safe_neighbour_is_not() {
    run(include_str!("cases/columns.sql"), 55);
}

#[test]
fn indexes_and_partitions_are_told_apart_from_their_safe_forms() {
    run(include_str!("cases/indexes.sql"), 35);
}

#[test]
fn what_breaks_the_running_release_or_loses_data_is_found() {
    run(include_str!("cases/changes.sql"), 60);
}

#[test]
fn what_uses_leans_on_or_guards_an_object_is_known() {
    run(include_str!("cases/uses.sql"), 60);
}

#[test]
fn what_an_extension_does_to_the_core_is_told_from_what_it_may_do_beside_it() {
    run(include_str!("cases/core.sql"), 40);
}

/// The way that a finding shows is itself SQL that PostgreSQL accepts, and the same rule does not find it again.
#[test]
fn the_safe_way_can_be_run_and_is_not_found_again() {
    let texts = [
        include_str!("cases/columns.sql"),
        include_str!("cases/indexes.sql"),
        include_str!("cases/changes.sql"),
        include_str!("cases/uses.sql"),
    ];
    let mut tried = 0;
    for case in texts.into_iter().flat_map(cases) {
        for finding in judge(&case) {
            let Some(safe) = finding.safe.filter(|safe| is_complete(safe)) else {
                continue;
            };
            let script = analyse_text(safe.clone(), "safe.sql");
            assert_eq!(
                script.problems,
                [],
                "{}: {}\n{safe}",
                case.name,
                finding.rule
            );
            let context = Context {
                server: case.server,
                ..Context::default()
            };
            let again = lint(&script, &context);
            assert!(
                again.iter().all(|other| other.rule != finding.rule),
                "{}: {}\n{safe}",
                case.name,
                finding.rule
            );
            tried += 1;
        }
    }
    assert!(tried >= 40, "{tried}");
}

/// Some ways leave a gap for what the text does not say, or continue the transaction at hand.
fn is_complete(safe: &str) -> bool {
    let code: Vec<&str> = safe
        .lines()
        .filter(|line| !line.starts_with("--"))
        .collect();
    !code.is_empty()
        && code.iter().all(|line| !line.contains('…'))
        && code.last().is_some_and(|line| line.ends_with(';'))
        && code.first() != Some(&"COMMIT;")
        && !code
            .iter()
            .any(|line| line.contains('<') || line.starts_with("id bigint"))
}

#[test]
fn a_finding_names_its_place_and_the_real_names() {
    let script = analyse_text(
        "-- note\nALTER TABLE app.visit\n    ADD COLUMN token uuid DEFAULT gen_random_uuid();\n",
        "migrations/007.sql",
    );
    let findings = lint(&script, &Context::default());
    let [finding] = findings.as_slice() else {
        panic!("{findings:?}");
    };
    assert_eq!(
        (finding.file.as_str(), finding.line, finding.column),
        ("migrations/007.sql", 3, 16)
    );
    assert_eq!(finding.page(), "docs/rules/rewrite-volatile-default.md");
    assert_eq!(finding.layer.as_str(), "parse tree");
    assert_eq!(
        finding.message,
        "the default of app.visit.token calls gen_random_uuid(), which is volatile"
    );
    let safe = finding.safe.as_deref().unwrap();
    assert!(
        safe.starts_with(
            "ALTER TABLE app.visit ADD COLUMN token uuid;\n\
             ALTER TABLE app.visit ALTER COLUMN token SET DEFAULT gen_random_uuid();\n"
        ),
        "{safe}"
    );
}

#[test]
fn an_expression_that_nests_deep_is_judged_like_another() {
    let deep = "lower(".repeat(300) + "c" + &")".repeat(300);
    for (sql, rule) in [
        (
            format!("ALTER TABLE t ADD CHECK ({deep} = 'x');"),
            "check-validates",
        ),
        (
            format!("ALTER TABLE t ALTER COLUMN c TYPE text USING {deep};"),
            "rewrite-type",
        ),
        (
            format!("UPDATE t SET c = 1 WHERE {deep} > 'x';"),
            "unbatched-dml",
        ),
    ] {
        let script = read("deep", &sql);
        let findings = lint(&script, &Context::default());
        let rules: Vec<&str> = findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, [rule]);
    }
}

#[test]
fn what_cannot_be_read_is_not_judged() {
    let script = analyse_text("ALTER TABL t;\nDROP TABLE t;", "file.sql");
    assert!(!script.problems.is_empty());
    let findings = lint(&script, &Context::default());
    assert!(findings.iter().all(|finding| finding.rule == "drop-table"));
}
