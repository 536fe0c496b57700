use proptest::prelude::*;

use super::*;
use crate::script::{SegmentKind, analyse_text};

fn taken_apart(sql: &str) -> Result<Backfill, Refusal> {
    read(sql, 10, Options::default())
}

fn walking(table: &str) -> Options {
    Options::parse(&format!("table={table}")).unwrap()
}

#[test]
fn the_limits_stand_beside_the_whole_condition() {
    let cases = [
        (
            "UPDATE t SET a = 1 WHERE b OR c",
            "UPDATE t SET a = 1 WHERE(b OR c\n) AND LIMITS\n",
        ),
        (
            "UPDATE t SET a = (SELECT 1 WHERE true) WHERE b -- why\n",
            "UPDATE t SET a = (SELECT 1 WHERE true) WHERE(b -- why\n\n) AND LIMITS\n",
        ),
        ("DELETE FROM t", "DELETE FROM t\nWHERE LIMITS\n"),
        (
            "DELETE FROM t WHERE(a)",
            "DELETE FROM t WHERE((a)\n) AND LIMITS\n",
        ),
        (
            "INSERT INTO s SELECT a FROM t ON CONFLICT (a) WHERE c DO NOTHING",
            "INSERT INTO s SELECT a FROM t \nWHERE LIMITS\nON CONFLICT (a) WHERE c DO NOTHING",
        ),
        (
            "INSERT INTO s SELECT substring(a FOR 2) FROM t WHERE b FOR KEY SHARE ON CONFLICT DO NOTHING",
            "INSERT INTO s SELECT substring(a FOR 2) FROM t WHERE(b \n) AND LIMITS\nFOR KEY SHARE ON CONFLICT DO NOTHING",
        ),
        (
            "INSERT INTO s SELECT a FROM t JOIN u ON u.a = t.a\nWHERE\nt.b\nON CONFLICT DO NOTHING",
            "",
        ),
    ];
    for (sql, wanted) in cases {
        let options = if sql.contains("JOIN") {
            walking("t")
        } else {
            Options::default()
        };
        let backfill =
            read(sql, 10, options).unwrap_or_else(|refusal| panic!("{sql}: {refusal:?}"));
        let batch = backfill.batch("LIMITS");
        if !wanted.is_empty() {
            assert_eq!(batch, wanted);
        }
        assert!(parse::check(&batch).is_ok(), "{batch}");
        if sql.contains("WHERE b") {
            assert_eq!(batch.find("WHERE(b"), sql.find("WHERE b"), "nothing moves");
        }
    }
}

#[test]
fn the_condition_is_the_last_one_of_the_server_too() {
    // What the parser sees of a batch: the author's condition, and the limits, and nothing else.
    for sql in [
        "UPDATE t SET a = 1 WHERE b = 'x AND (' OR c",
        "DELETE FROM t USING u WHERE t.a = u.a AND CASE WHEN b THEN c ELSE d END",
        "INSERT INTO s (a) SELECT \"where\" FROM t WHERE EXISTS (SELECT FROM u WHERE u.a = t.a)",
        "UPDATE t SET a = $$ WHERE $$ WHERE /* WHERE */ b",
    ] {
        let backfill = taken_apart(sql).unwrap();
        let batch = backfill.batch("limit_here");
        let last = crate::tree::look(&batch, |node| {
            let condition = match node {
                NodeEnum::UpdateStmt(stmt) => stmt.where_clause.as_deref(),
                NodeEnum::DeleteStmt(stmt) => stmt.where_clause.as_deref(),
                NodeEnum::InsertStmt(stmt) => match stmt.select_stmt.as_ref()?.node.as_ref()? {
                    NodeEnum::SelectStmt(select) => select.where_clause.as_deref(),
                    _ => None,
                },
                _ => None,
            }?;
            match condition.node.as_ref()? {
                NodeEnum::BoolExpr(all) => {
                    assert_eq!(all.boolop(), pg_query::protobuf::BoolExprType::AndExpr);
                    Some(format!("{:?}", all.args.last()?))
                }
                _ => None,
            }
        });
        assert!(last.flatten().unwrap().contains("limit_here"), "{batch}");
    }
}

#[test]
fn what_looks_at_more_than_a_row_is_refused() {
    for sql in [
        "UPDATE t SET a = (SELECT max(a) FROM t)",
        "UPDATE t SET a = 1 RETURNING a",
        "WITH w AS (SELECT 1) UPDATE t SET a = 1",
        "DELETE FROM t WHERE CURRENT OF c",
        "INSERT INTO s SELECT DISTINCT a FROM t",
        "INSERT INTO s SELECT a FROM t LIMIT 5",
        "INSERT INTO s SELECT a FROM t ORDER BY a",
        "INSERT INTO s SELECT a, count(*) FROM t GROUP BY a",
        "INSERT INTO s SELECT a FROM t ON CONFLICT (a) DO UPDATE SET b = 1",
        "INSERT INTO s SELECT a FROM t UNION SELECT a FROM u",
        "INSERT INTO s VALUES (1)",
        "INSERT INTO s DEFAULT VALUES",
        "INSERT INTO t SELECT a FROM t",
        "SELECT 1",
        "CREATE TABLE t ()",
        "MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE",
    ] {
        assert_eq!(
            taken_apart(sql).unwrap_err().id,
            "backfill-statement",
            "{sql}"
        );
    }
    assert!(
        taken_apart("INSERT INTO s SELECT (SELECT max(b) FROM u WHERE u.a = t.a) FROM t").is_ok()
    );
    assert!(taken_apart("INSERT INTO s SELECT lower(a) FROM t").is_ok());
}

#[test]
fn the_walked_table_is_named_where_there_are_several() {
    let joined = "INSERT INTO s SELECT t.a FROM t LEFT JOIN u ON u.a = t.a";
    assert_eq!(
        taken_apart("INSERT INTO s SELECT 1 FROM t, u")
            .unwrap_err()
            .id,
        "backfill-table"
    );
    assert_eq!(read(joined, 10, walking("t")).unwrap().walked.alias, "t");
    // A row of u that has no partner comes out of the join in each batch.
    let outer = "INSERT INTO s SELECT t.a FROM t LEFT JOIN u ON u.a = t.a";
    assert_eq!(
        read(outer, 10, walking("u")).unwrap_err().id,
        "backfill-table"
    );
    assert_eq!(
        read("UPDATE t SET a = 1", 10, walking("u")).unwrap_err().id,
        "backfill-table"
    );
    let update = read("UPDATE ONLY app.t AS x SET a = 1, b = 2", 10, walking("t")).unwrap();
    assert_eq!(
        (update.walked.alias.as_str(), update.walked.only),
        ("x", true)
    );
    assert_eq!(update.assigned, ["a", "b"]);
}

#[test]
fn a_backfill_is_a_segment_of_its_own() {
    let script = analyse_text(
        "ALTER TABLE t ADD b int;\n-- enact: backfill batch=500\nUPDATE t SET b = a;\nALTER TABLE t ADD c int;",
        "f.sql",
    );
    assert_eq!(script.problems, []);
    let kinds: Vec<bool> = script
        .segments
        .iter()
        .map(|segment| matches!(segment.kind, SegmentKind::Backfill(_)))
        .collect();
    assert_eq!(kinds, [false, true, false]);
    let SegmentKind::Backfill(backfill) = &script.segments[1].kind else {
        unreachable!()
    };
    assert_eq!(backfill.options.batch, 500);
}

#[test]
fn a_directive_goes_with_the_statement_behind_it() {
    let problem = |text: &str| {
        let script = analyse_text(text, "f.sql");
        script.problems.first().map(|problem| problem.id)
    };
    assert_eq!(problem("-- enact: backfill\n"), Some("backfill-statement"));
    assert_eq!(
        problem("SELECT 1;\n-- enact: backfill\n"),
        Some("backfill-statement")
    );
    assert_eq!(
        problem("BEGIN;\n-- enact: backfill\nUPDATE t SET a = 1;\nCOMMIT;"),
        Some("backfill-in-transaction")
    );
    assert_eq!(
        problem("-- enact: backfill\n-- more\nUPDATE t SET a = 1;"),
        None
    );
    assert_eq!(
        problem("-- enact: backfill tabel=t\nUPDATE t SET a = 1;"),
        Some("directive-malformed")
    );
}

#[test]
fn options_are_read_and_checked() {
    let text =
        "table=app.\"T\" batch=50 time=2s pause=50% vacuum=10% lag=1GB waiting=3 active=20 dead=5%";
    let options = Options::parse(text).unwrap();
    assert_eq!(
        options.table,
        Some(Name::new(Some("app".into()), "T".into()))
    );
    assert_eq!(
        (options.batch, options.pause, options.vacuum),
        (50, 50, Some(10))
    );
    assert_eq!((options.time.as_millis(), options.lag), (2000, 1 << 30));
    assert_eq!(
        (options.waiting, options.active, options.dead),
        (3, Some(20), 5)
    );
    for bad in [
        "batch=0",
        "batch=x",
        "time=1ms",
        "time=5",
        "pause=5",
        "vacuum=0%",
        "lag=5",
        "table=",
        "active=0",
        "dead=101%",
        "time=2h",
    ] {
        assert!(
            matches!(Options::parse(bad), Err(Fault::Value(..))),
            "{bad}"
        );
    }
    assert_eq!(
        Options::parse("batches=5").unwrap_err(),
        Fault::Key("batches".into())
    );
}

proptest! {
    #[test]
    fn no_text_of_options_is_too_strange(text in "\\PC{0,40}") {
        let _ = Options::parse(&text);
    }

    #[test]
    fn a_batch_of_what_can_be_taken_apart_is_one_statement(
        condition in prop::sample::select(vec![
            "a", "a OR b", "(a)", "a --x\n", "a /*)*/", "'(' = c", "a AND (SELECT true WHERE b)", "$$)$$ = c",
        ]),
        alias in prop::sample::select(vec!["", " AS x", " y"]),
    ) {
        let sql = format!("UPDATE t{alias} SET a = 1 WHERE {condition}");
        let backfill = taken_apart(&sql).unwrap();
        prop_assert!(parse::check(&backfill.batch("(k > 1 AND k <= 2)")).is_ok());
    }
}
