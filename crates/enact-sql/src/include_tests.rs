use super::*;

/// Files by path, and the paths in the order they were asked for.
fn run(files: &[(&str, &str)]) -> Result<(Expanded, Vec<String>), IncludeError> {
    let mut asked = Vec::new();
    let mut load = |path: &str| {
        asked.push(path.to_owned());
        let found = files.iter().find(|(name, _)| *name == path);
        found
            .map(|(_, text)| (*text).to_owned())
            .ok_or_else(|| "no such file".to_owned())
    };
    let (file, text) = files[0];
    let expanded = expand(text, file, &mut load)?;
    Ok((expanded, asked))
}

fn at<'a>(expanded: &'a Expanded, needle: &str) -> (&'a str, usize, usize) {
    let place = expanded.locate(expanded.text().find(needle).unwrap());
    (place.file, place.line, place.column)
}

#[test]
fn without_includes_the_text_is_itself() {
    let (expanded, asked) = run(&[("m/1.sql", "select '\\i x';\n")]).unwrap();
    assert_eq!(expanded, Expanded::plain("select '\\i x';\n", "m/1.sql"));
    assert!(asked.is_empty() && !expanded.has_includes());
}

#[test]
fn included_files_stand_where_they_are_named_and_keep_their_lines() {
    let files = [
        ("m/1.sql", "a;\n\\ir sub/2.sql\nd;\n\\i top.sql\n"),
        ("m/sub/2.sql", "-- x\n  b;\n\\ir ../3.sql"),
        ("m/3.sql", "c"),
        ("top.sql", "ä; e;\n"),
    ];
    let (expanded, asked) = run(&files).unwrap();
    assert_eq!(expanded.text(), "a;\n-- x\n  b;\nc\n;\nd;\nä; e;\n\n");
    assert_eq!(asked, ["m/sub/2.sql", "m/3.sql", "top.sql"]);
    assert_eq!(at(&expanded, "a;"), ("m/1.sql", 1, 1));
    assert_eq!(at(&expanded, "b;"), ("m/sub/2.sql", 2, 3));
    assert_eq!(at(&expanded, "c\n"), ("m/3.sql", 1, 1));
    assert_eq!(at(&expanded, "d;"), ("m/1.sql", 3, 1));
    assert_eq!(at(&expanded, "e;"), ("top.sql", 1, 4));
    assert_eq!(expanded.file_text("m/3.sql"), Some("c"));
    assert!(expanded.has_includes());
}

#[test]
fn what_cannot_be_included_names_the_line() {
    let cycle = [("1.sql", "a;\n\\ir 2.sql\n"), ("2.sql", "\\ir 1.sql\n")];
    let expected = IncludeError::Cycle {
        file: "2.sql".into(),
        line: 1,
        path: "1.sql".into(),
    };
    assert_eq!(run(&cycle).unwrap_err(), expected);
    let outside = [("m/1.sql", "\n\\ir ../../x.sql\n")];
    let expected = IncludeError::Outside {
        file: "m/1.sql".into(),
        line: 2,
        path: "../../x.sql".into(),
    };
    assert_eq!(run(&outside).unwrap_err(), expected);
    assert!(matches!(
        run(&[("1.sql", "\\i /etc/passwd")]),
        Err(IncludeError::Outside { .. })
    ));
    let missing = [("1.sql", "a;\n\n\\i x.sql\n")];
    assert_eq!(
        run(&missing).unwrap_err().to_string(),
        "cannot include `x.sql`: no such file"
    );
    let open = [("1.sql", "\\i 2.sql\n'"), ("2.sql", "\n'")];
    assert!(matches!(
        run(&open),
        Err(IncludeError::Unsplittable { at: 2, .. })
    ));
}

#[test]
fn a_file_may_be_included_twice() {
    let files = [("1.sql", "\\i 2.sql\n\\i 2.sql\n"), ("2.sql", "a;\n")];
    assert_eq!(run(&files).unwrap().0.text(), "a;\n\na;\n\n");
}
