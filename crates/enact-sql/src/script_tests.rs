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

/// The one problem of a text: its name and what its range holds.
fn problem(text: &str) -> (&'static str, String) {
    let script = script(text);
    let [problem] = script.problems.as_slice() else {
        panic!("{text}: {:?}", script.problems);
    };
    (problem.id, text[problem.range.clone()].to_owned())
}

#[test]
fn problems_point_at_their_culprit() {
    for (text, id, culprit) in [
        ("BEGIN;\nBEGIN;\nCOMMIT;", "transaction-nested", "BEGIN"),
        ("SELECT 1;\nCOMMIT;", "transaction-unbalanced", "COMMIT"),
        ("BEGIN;\nSELECT 1;", "transaction-open", "BEGIN"),
        (
            "BEGIN; VACUUM; COMMIT;",
            "standalone-in-transaction",
            "VACUUM",
        ),
        (
            "BEGIN; DO $$BEGIN COMMIT; END$$; COMMIT;",
            "standalone-in-transaction",
            "DO $$BEGIN COMMIT; END$$",
        ),
        ("SELECT 1;\nSELECT ä ä ä;", "syntax", "ä"),
        ("SELECT 1 SELECT 2;", "syntax", "2"),
        ("SELECT (1;\nSELECT 2;", "syntax", ";"),
        ("SELECT 1 \\gset\n;", "psql-meta-command", "\\gset"),
        ("SELECT 1 \\; SELECT 2;", "psql-meta-command", "\\;"),
        ("\\! rm -rf /\n", "psql-meta-command", "\\! rm -rf /"),
        ("\\i missing.sql\n", "psql-meta-command", "\\i missing.sql"),
        ("SELECT * FROM :\"t\";", "psql-variable", ":\"t\""),
        ("DROP SCHEMA enact;", "enact-schema", "enact"),
        (
            "SELECT set_config('lock_timeout', '0', false);",
            "session-state",
            "'lock_timeout'",
        ),
        (
            "-- enact: alow(x) y\nSELECT 1;",
            "directive-unknown",
            "-- enact: alow(x) y",
        ),
        ("COPY t FROM stdin; SELECT 1;\n\\.\n", "copy-line", "S"),
        ("-- Date: x\nSELECT 1;", "header-date", "Date: x"),
    ] {
        assert_eq!(problem(text), (id, culprit.to_owned()), "{text}");
    }
}

#[test]
fn a_bare_select_is_a_statement() {
    assert_eq!(segments("SELECT;"), owned(&[(true, &["SELECT"])]));
}

#[test]
fn pg_dumps_first_lines_are_named_with_their_mend() {
    let text = "SET statement_timeout = 0;\nSET lock_timeout = 0;\nSET idle_in_transaction_session_timeout = 0;\n\
                SET transaction_timeout = 0;\nSET client_encoding = 'UTF8';\nSELECT pg_catalog.set_config('search_path', '', false);";
    let script = script(text);
    let mends: Vec<&str> = script
        .problems
        .iter()
        .map(|problem| problem.mend.as_str())
        .collect();
    assert_eq!(mends, ["remove the line; Enact owns the timeouts"; 4]);
}

#[test]
fn a_procedure_that_commits_is_known_to_the_rest_of_the_file() {
    let text =
        "CREATE PROCEDURE s.p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;\nCALL p();\nCALL q();";
    let script = script(text);
    let kinds: Vec<_> = script
        .segments
        .iter()
        .map(|segment| &segment.kind)
        .collect();
    assert_eq!(kinds[0], &SegmentKind::Transactional);
    let SegmentKind::Standalone(Standalone::CommittingCall { name }) = kinds[1] else {
        panic!("{kinds:?}")
    };
    assert_eq!(name.name, "p");
    assert_eq!(kinds[2], &SegmentKind::Transactional);
}

fn declared(reason: &str) -> SegmentKind {
    SegmentKind::Standalone(Standalone::Declared {
        reason: reason.to_owned(),
    })
}

#[test]
fn statements_are_declared_non_transactional_one_by_one() {
    let text = "SELECT 1;\n-- enact: no-transaction it commits\nSELECT 2;\nSELECT 3;\n-- no-transaction\nCALL p();";
    let script = script(text);
    let kinds: Vec<_> = script
        .segments
        .iter()
        .map(|segment| segment.kind.clone())
        .collect();
    assert_eq!(
        kinds[..3],
        [
            SegmentKind::Transactional,
            declared("it commits"),
            SegmentKind::Transactional
        ]
    );
    assert!(matches!(
        &kinds[3],
        SegmentKind::Standalone(Standalone::CommittingCall { .. })
    ));
    assert_eq!(script.directives[0].statement, Some(1));
}

#[test]
fn the_header_declares_the_whole_file() {
    let text = "-- Ticket: X\n-- no-transaction\nSELECT 1;\nVACUUM;\nBEGIN;\nSELECT 2;\nSELECT 3;\nCOMMIT;";
    let script = script(text);
    assert_eq!(script.problems, []);
    let kinds: Vec<_> = script
        .segments
        .iter()
        .map(|segment| segment.kind.clone())
        .collect();
    assert_eq!(
        kinds,
        [
            declared(""),
            SegmentKind::Standalone(Standalone::Vacuum),
            SegmentKind::Transactional
        ]
    );
    assert_eq!(script.directives[0].statement, None);
}

#[test]
fn directives_apply_to_the_file_or_the_next_statement() {
    let text = "-- enact: allow(a) whole\nSELECT 1;\n-- enact: allow(b) next\nSELECT 2 -- enact: allow(c) same\n;\n-- enact: allow(d) none";
    let applied: Vec<_> = script(text)
        .directives
        .iter()
        .map(|directive| directive.statement)
        .collect();
    assert_eq!(applied, [None, Some(1), Some(1), Some(2)]);
}

#[test]
fn rolling_back_to_a_savepoint_is_a_fact_of_the_segment() {
    let script = script("BEGIN; SAVEPOINT a; ROLLBACK TO a; COMMIT; SELECT 1;");
    let facts: Vec<_> = script
        .segments
        .iter()
        .map(Segment::rolls_back_to_savepoint)
        .collect();
    assert_eq!(facts, [true, false]);
}

#[test]
fn copy_statements_carry_their_data() {
    let script = script("COPY t FROM stdin;\n1\n\\.\nSELECT 1;");
    let statements: Vec<_> = script.statements().collect();
    assert_eq!(statements[0].tag, "COPY");
    assert_eq!(script.copy_data(statements[0]), Some("1\n"));
    assert_eq!(script.copy_data(statements[1]), None);
}

#[test]
fn a_cut_file_is_not_accused_of_more_than_it_did() {
    assert_eq!(
        ids("BEGIN;\nSELECT 'open;\nCOMMIT;\n"),
        ["unterminated-quote"]
    );
    assert_eq!(ids("BEGN;\nSELECT 1;\nCOMMIT;\n"), ["syntax"]);
}

#[test]
fn digests_and_places() {
    let script = script("SELECT 1;\n  SELECT 2;\n");
    assert_eq!(script.digest, text::digest("SELECT 1;\n  SELECT 2;\n"));
    assert_eq!(
        script.meaning,
        crate::meaning::meaning("select 1; select 2").ok()
    );
    let second = script.statements().nth(1).unwrap();
    let place = script.locate(second.range.start);
    assert_eq!(
        (place.file, place.line, place.column),
        ("001_test.sql", 2, 3)
    );
}

#[test]
fn deep_expressions_are_analysed() {
    let chain = vec!["a"; 5_000].join(" || ");
    for sql in [
        format!("SELECT {chain};"),
        format!("CREATE INDEX i ON t (({chain}));"),
        format!("CREATE VIEW v AS SELECT {chain};"),
    ] {
        assert_eq!(ids(&sql), [""; 0]);
    }
    assert_eq!(
        ids(&format!("CREATE INDEX CONCURRENTLY i ON t (({chain}));")),
        ["too-deep"]
    );
}
