use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn pieces(text: &str) -> Vec<Piece> {
    let pieces = split(text).unwrap();
    let whole: String = pieces
        .iter()
        .map(|piece| &text[piece.range.clone()])
        .collect();
    assert_eq!(whole, text);
    pieces
}

fn bodies(text: &str) -> Vec<&str> {
    let statements = pieces(text)
        .into_iter()
        .filter(|piece| piece.kind != PieceKind::Trivia);
    statements.map(|piece| &text[piece.body]).collect()
}

#[test]
fn borders_are_the_servers() {
    for (text, expected) in [
        ("a;b;;c", vec!["a", "b", "c"]),
        ("a $x$;$x$ b; $1;", vec!["a $x$;$x$ b", "$1"]),
        ("a$x$;b$x$;", vec!["a$x$", "b$x$"]),
        ("$é$;$é$;x", vec!["$é$;$é$", "x"]),
        ("/* /* ; */ ; */ a -- ;\n; b", vec!["a", "b"]),
        ("'\\';'a'", vec!["'\\'", "'a'"]),
        ("E'\\';';a", vec!["E'\\';'", "a"]),
        ("E'a'\n'\\';';a", vec!["E'a'\n'\\';'", "a"]),
        ("E'a' '\\';b", vec!["E'a' '\\'", "b"]),
        ("\"a;\"\"b\";c", vec!["\"a;\"\"b\"", "c"]),
        ("U&\"a;\";U&'b;';c", vec!["U&\"a;\"", "U&'b;'", "c"]),
        ("a (b;c);d", vec!["a (b;c)", "d"]),
        (
            "CREATE RULE r DO (a; b); c",
            vec!["CREATE RULE r DO (a; b)", "c"],
        ),
    ] {
        assert_eq!(bodies(text), expected, "{text}");
    }
}

#[test]
fn begin_atomic_bodies_hold_together() {
    let body =
        "create or replace function f() begin atomic select case when a then 1 end; select 2; end";
    assert_eq!(bodies(&format!("{body}; select 3;")), [body, "select 3"]);
    let label = "create procedure p() begin atomic select 1 as end; select 2 as case; end";
    assert_eq!(bodies(&format!("{label};x")), [label, "x"]);
    let named = "create function begin() returns int language sql as 'x'";
    assert_eq!(bodies(&format!("{named}; select 2;")), [named, "select 2"]);
    assert_eq!(
        bodies("begin; select 1; end; begin atomic;"),
        ["begin", "select 1", "end", "begin atomic"]
    );
}

#[test]
fn copy_data_belongs_to_its_statement() {
    let text = "copy t from stdin; -- x\n1;2\n\\.\nselect 1;";
    let pieces = pieces(text);
    let PieceKind::Copy { data } = &pieces[0].kind else {
        panic!("{:?}", pieces[0])
    };
    assert_eq!(&text[data.clone()], "1;2\n");
    assert_eq!(bodies(text), ["copy t from stdin", "select 1"]);
    assert_eq!(bodies("copy t from stdin;\n\\."), ["copy t from stdin"]);
    assert_eq!(
        bodies("copy (select 1 from stdin) to program 'x'; a"),
        ["copy (select 1 from stdin) to program 'x'", "a"]
    );
    assert_eq!(
        bodies("select copy from stdin; a"),
        ["select copy from stdin", "a"]
    );
}

#[test]
fn meta_commands_end_with_their_line() {
    assert_eq!(
        bodies("\\echo a; 'b\nselect 1;"),
        ["\\echo a; 'b", "select 1"]
    );
    let text = "select 1 \\gset 'x\n, 2; select 3;";
    let inside = pieces(text);
    assert_eq!(&text[inside[0].metas[0].clone()], "\\gset 'x");
    assert_eq!(inside.len(), 2);
}

#[test]
fn what_is_never_closed_is_named_by_its_opening() {
    for (text, expected) in [
        ("a; 'b", SplitError::Quote { offset: 3 }),
        ("a E'b\\'", SplitError::Quote { offset: 2 }),
        ("\"a", SplitError::Identifier { offset: 0 }),
        ("a /* /* */", SplitError::Comment { offset: 2 }),
        ("a $x$ $y$", SplitError::DollarQuote { offset: 2 }),
        (
            "copy t from stdin;\n1\n",
            SplitError::CopyData { offset: 0 },
        ),
        (" copy t from stdin", SplitError::CopyData { offset: 1 }),
        (
            "copy t from stdin; select 1;\n\\.\n",
            SplitError::CopyLine { offset: 19 },
        ),
    ] {
        assert_eq!(split(text), Err(expected), "{text}");
    }
}

#[test]
fn nesting_is_bounded_from_above_and_not_by_lists() {
    let long = format!("insert into t values {}", vec!["(1, 'a')"; 500].join(", "));
    assert!(pieces(&long)[0].depth < 20);
    let deep = vec!["a"; 500].join(" || ");
    assert!(pieces(&deep)[0].depth >= 500);
}

#[test]
fn colons_that_psql_could_replace_are_found() {
    let found = |text: &str| pieces(text)[0].variables.len();
    assert_eq!(found("select :a, :'b', :\"c\", :{?d}"), 4);
    assert_eq!(
        found("select a::int, a[1:2], a[:n], f(a := 1), ': x', 1 : 2"),
        0
    );
}

const STATEMENTS: [&str; 12] = [
    "SELECT 1",
    "SELECT 'a;''b', $$;$$, \"c;\" FROM \"c;\"",
    "SELECT E'\\';', U&'\\0061;', $x$ $$;$$ $x$",
    "INSERT INTO größe$ VALUES (1, 'it''s'), (2, '--')",
    "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)",
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END",
    "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2;'",
    "DO $do$ BEGIN COMMIT; END $do$",
    "UPDATE t SET a = b - -1 WHERE c[1:2] = d::int",
    "CREATE TABLE t (a int CHECK (a > 0), b text DEFAULT ';')",
    "BEGIN",
    "COMMIT",
];

const GAPS: [&str; 8] = [
    "",
    " ",
    "\n",
    "-- it's; \"x\n",
    "/* ; /* ' */ */",
    "\t;\n",
    ";;",
    "-- $$\n",
];

proptest! {
    #[test]
    fn pieces_concatenate_to_any_text(text in "(?s).{0,60}|[$'\"/*\\-;a-z\\\\\\n ()E]{0,60}") {
        let mut whole = String::new();
        for piece in Splitter::new(&text) {
            let Ok(piece) = piece else { break };
            prop_assert_eq!(piece.range.start, whole.len());
            prop_assert!(piece.range.start <= piece.body.start && piece.body.end <= piece.range.end);
            whole.push_str(&text[piece.range]);
        }
        prop_assert!(text.starts_with(&whole));
        match split(&text) {
            Ok(_) => prop_assert_eq!(&whole, &text),
            Err(error) => prop_assert!(text.get(error.offset()..).is_some_and(|rest| !rest.is_empty())),
        }
    }

    #[test]
    fn joined_statements_come_back(parts in prop::collection::vec((select(&STATEMENTS), select(&GAPS), select(&GAPS)), 0..8)) {
        let join = |(sql, before, after): &(&str, &str, &str)| format!("{before}{sql}{after};");
        let text: String = parts.iter().map(join).collect();
        let expected: Vec<&str> = parts.iter().map(|(sql, _, _)| *sql).collect();
        prop_assert_eq!(bodies(&text), expected.clone());
        for sql in expected {
            prop_assert_eq!(crate::parse::check(sql), Ok(()));
        }
    }
}
