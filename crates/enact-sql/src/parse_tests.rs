use super::*;
use crate::split::Splitter;

/// Parses a statement to its tree, with the splitter's own bound of its depth.
fn parse_tree(sql: &str) -> Result<(), Fault> {
    let piece = Splitter::new(sql).next().unwrap().unwrap();
    with_tree(&sql[piece.body.clone()], piece.depth, |_| ())
}

fn culprit_of(sql: &str) -> String {
    match check(sql) {
        Err(Fault::Syntax { at, .. }) => sql[at..].to_owned(),
        other => panic!("{sql}: {other:?}"),
    }
}

#[test]
fn the_culprit_is_the_token_the_parser_names() {
    for (sql, rest) in [
        ("selec 1", "selec 1"),
        ("SELECT 1 FRM t", "t"),
        ("CREATE TABLE t (a int,, b int)", ", b int)"),
        ("SELECT 'ä', b b b", "b"),
        ("SELECT (1", ""),
        ("ALTER TABLE t ADD COLUMN", ""),
        ("SELECT x x, x FROM FROM x", "FROM x"),
        ("/* c */ SELECT 1 )", ")"),
        ("\\connect x", "\\connect x"),
    ] {
        assert_eq!(culprit_of(sql), rest, "{sql}");
    }
}

#[test]
fn the_culprit_is_found_through_the_tree_too() {
    let fault = with_tree("SET x TO TO y", 5, |_| ()).unwrap_err();
    let expected = "syntax error at or near \"TO\"".to_owned();
    assert_eq!(
        fault,
        Fault::Syntax {
            message: expected,
            at: 9
        }
    );
}

#[test]
fn anything_but_one_statement_is_refused() {
    assert_eq!(check("SELECT 1; SELECT 2"), Err(Fault::Count(2)));
    assert_eq!(check("-- nothing"), Err(Fault::Count(0)));
    assert_eq!(with_tree("VACUUM; VACUUM", 2, |_| ()), Err(Fault::Count(2)));
    assert_eq!(check("SELECT 1"), Ok(()));
}

#[test]
fn deep_statements_neither_overflow_nor_fail() {
    let chain = vec!["a"; 5_000].join(" || ");
    let parens = format!("{}1{}", "(".repeat(1_000), ")".repeat(1_000));
    let cases = format!(
        "{}1{}",
        "CASE WHEN a THEN ".repeat(1_000),
        " END".repeat(1_000)
    );
    let subselects = format!("{}1{}", "(SELECT ".repeat(1_000), ")".repeat(1_000));
    let calls = format!("{}1{}", "f(".repeat(1_000), ")".repeat(1_000));
    let ands = vec!["a > 1"; 5_000].join(" AND ");
    for expression in [chain, parens, cases, subselects, calls, ands] {
        let start = &expression[..20];
        assert_eq!(check(&format!("SELECT {expression}")), Ok(()), "{start}");
        let deep = parse_tree(&format!("CREATE INDEX ON t (({expression}))"));
        assert!(
            deep == Ok(()) || deep == Err(Fault::TooDeep),
            "{start}: {deep:?}"
        );
    }
}

#[test]
fn whatever_fits_the_callers_stack_is_bounded_by_tokens() {
    for levels in 1..40 {
        let sql = format!(
            "CREATE INDEX ON t (({}1{}))",
            "CASE WHEN a THEN ".repeat(levels),
            " END".repeat(levels)
        );
        let small = std::thread::Builder::new().stack_size(1 << 20);
        let parsing = small.spawn(move || parse_tree(&sql)).unwrap();
        assert_eq!(parsing.join().unwrap(), Ok(()), "{levels}");
    }
}

#[test]
fn trees_of_two_hundred_levels_are_looked_at() {
    let chain = vec!["a"; 200].join(" || ");
    assert_eq!(
        parse_tree(&format!("CREATE INDEX ON t (({chain}))")),
        Ok(())
    );
}
