use super::*;

fn script(text: &str) -> Script {
    analyse_text(text, "001_test.sql")
}

fn ids(text: &str) -> Vec<&'static str> {
    script(text)
        .problems
        .iter()
        .map(|problem| problem.id)
        .collect()
}

/// Each segment as its kind and the statements in it.
fn segments(text: &str) -> Vec<(bool, Vec<String>)> {
    let script = script(text);
    assert_eq!(script.problems, [], "{text}");
    let sql = |segment: &Segment| {
        segment
            .statements
            .iter()
            .map(|s| script.sql(s).to_owned())
            .collect()
    };
    let kind = |segment: &Segment| segment.kind == SegmentKind::Transactional;
    script
        .segments
        .iter()
        .map(|segment| (kind(segment), sql(segment)))
        .collect()
}

fn owned(parts: &[(bool, &[&str])]) -> Vec<(bool, Vec<String>)> {
    let strings = |sql: &[&str]| sql.iter().map(|sql| (*sql).to_owned()).collect();
    parts
        .iter()
        .map(|(kind, sql)| (*kind, strings(sql)))
        .collect()
}

#[test]
fn a_file_without_begin_is_one_transaction() {
    let expected = owned(&[(true, &["SELECT 1", "SELECT 2"])]);
    assert_eq!(
        segments("-- x\nSELECT 1; /* y */ SELECT 2 -- z\n;\n"),
        expected
    );
    assert_eq!(segments("SELECT 1;\nSELECT 2"), expected);
}

#[test]
fn a_file_without_statements_is_empty() {
    for text in [
        "",
        "\n",
        "-- only a comment",
        "/* x */ ;;",
        "BEGIN; COMMIT;",
    ] {
        assert_eq!(segments(text), []);
    }
}

#[test]
fn pairs_and_standalone_statements_are_segments_in_file_order() {
    let text = "SELECT 1;\nBEGIN;\nSELECT 2;\nSELECT 3;\nCOMMIT;\nDO $$BEGIN NULL; END$$;\n\
                CREATE INDEX CONCURRENTLY i ON t (a);\nVACUUM;\nSTART TRANSACTION; SELECT 4; END;";
    let expected = owned(&[
        (true, &["SELECT 1"]),
        (true, &["SELECT 2", "SELECT 3"]),
        (true, &["DO $$BEGIN NULL; END$$"]),
        (false, &["CREATE INDEX CONCURRENTLY i ON t (a)"]),
        (false, &["VACUUM"]),
        (true, &["SELECT 4"]),
    ]);
    assert_eq!(segments(text), expected);
}

#[test]
fn every_problem_is_reported_at_once() {
    let text = "SET lock_timeout = 0;\nROLLBACK;\n\\connect x\nselec 1;\nselect :x;\nselect 'open";
    let expected = [
        "session-state",
        "transaction-rollback",
        "psql-meta-command",
        "syntax",
        "psql-variable",
        "unterminated-quote",
    ];
    assert_eq!(ids(text), expected);
}
