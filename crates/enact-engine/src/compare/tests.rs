use super::*;

fn id(name: &str) -> ObjectId {
    let (kind, name) = name.split_once(' ').unwrap();
    ObjectId::new(kind, name)
}

fn database(name: &str, objects: &[(&str, &str)]) -> Database {
    let held = |text: &str| Held {
        digest: Hash::of(text.as_bytes()),
        on: text.strip_prefix("on ").map(str::to_owned),
        text: Some(text.into()),
    };
    Database {
        name: name.to_owned(),
        source: name.to_owned(),
        identity: None,
        server_major: 15,
        format: 1,
        core: Some(Position::new([(1, digest())], None)),
        extensions: Vec::new(),
        objects: objects
            .iter()
            .map(|(name, text)| (id(name), held(text)))
            .collect(),
    }
}

fn digest() -> FileDigest {
    format!("sha256-lf:{}", "1".repeat(64)).parse().unwrap()
}

/// `object: who should be like whom`, for each difference.
fn told(comparison: &Comparison) -> Vec<String> {
    let of = |group: &Group| {
        let tell = |difference: &Difference| {
            let text = |variant: &Variant| match &variant.digest {
                None => format!("none {:?}", variant.members),
                Some(_) => {
                    let text = variant.text.as_deref().unwrap_or("?");
                    format!("{text} {:?}", variant.members)
                }
            };
            let expected = difference.expected.as_ref();
            let expected = expected.map_or("undecided".to_owned(), |one| text(&one.variant));
            let others: Vec<String> = difference.others.iter().map(text).collect();
            format!("{}: {expected}; {}", difference.object, others.join(", "))
        };
        group.differences.iter().map(tell).collect::<Vec<_>>()
    };
    comparison.groups.iter().flat_map(of).collect()
}

#[test]
fn the_odd_one_of_three_is_named() {
    let same = [("table a", "t"), ("table b", "t")];
    let found = compare(
        &[
            database("one", &same),
            database("two", &[("table a", "u"), ("table c", "t")]),
            database("three", &same),
        ],
        None,
    );
    assert_eq!(
        told(&found),
        [
            "table a: t [0, 2]; u [1]",
            "table b: t [0, 2]; none [1]",
            "table c: none [0, 2]; t [1]",
        ]
    );
    assert!(found.differs());
    assert_eq!(found.odd(), [1].into());
    assert_eq!(found.groups[0].compared, Compared::Whole);
}

#[test]
fn between_two_nothing_says_which_is_right() {
    let found = compare(
        &[
            database("one", &[("table a", "t")]),
            database("two", &[("table a", "u")]),
        ],
        None,
    );
    assert!(found.differs());
    assert_eq!(found.odd(), [].into());
    assert_eq!(found.groups[0].differences[0].others.len(), 2);
}

#[test]
fn two_and_two_are_undecided_too() {
    let all = ["t", "u", "t", "u"].map(|text| database(text, &[("table a", text)]));
    assert!(told(&compare(&all, None))[0].starts_with("table a: undecided"));
}

#[test]
fn other_versions_and_other_majors_are_groups_of_their_own() {
    let one = database("one", &[("table a", "t")]);
    let newer = Database {
        server_major: 16,
        ..database("two", &[("table a", "u")])
    };
    let further = Database {
        core: Some(Position::new([(1, digest()), (2, digest())], None)),
        ..database("three", &[("table a", "v")])
    };
    let half = Database {
        core: Some(Position::new([(1, digest())], Some((2, "up".to_owned())))),
        ..database("four", &[("table a", "w")])
    };
    let none = Database {
        core: None,
        ..database("five", &[("table a", "x")])
    };
    let also_none = Database {
        core: None,
        ..database("six", &[("table a", "y")])
    };
    let found = compare(&[one, newer, further, half, none, also_none], None);
    let members: Vec<_> = found.groups.iter().map(|group| &group.members).collect();
    assert_eq!(found.groups.len(), 5, "{members:?}");
    assert_eq!(found.groups[0].members, [2]);
    assert!(!found.differs());
    assert!(
        found
            .groups
            .iter()
            .all(|group| group.compared == Compared::Nothing)
    );
}

#[test]
fn with_extensions_and_no_release_what_most_have_is_compared() {
    let core = [("table d.a", "t"), ("column d.a.x", "c")];
    let with = |own: &[(&str, &str)]| {
        let mut database = database("x", &[&core, own].concat());
        database.extensions = vec!["orion".to_owned()];
        database
    };
    let found = compare(
        &[
            with(&[("table o.own", "t"), ("index o.i", "on o.own")]),
            with(&[("column d.a.stray", "c"), ("index o.j", "on d.a")]),
            with(&[]),
        ],
        None,
    );
    assert_eq!(found.groups[0].compared, Compared::Common);
    assert_eq!(
        told(&found),
        [
            "column d.a.stray: none [0, 2]; c [1]",
            "index o.j: none [0, 2]; on d.a [1]",
        ]
    );
}

#[test]
fn a_release_decides_also_against_all() {
    let release = Release {
        name: "core 1.3.0".to_owned(),
        leave: Leave {
            index: vec!["d.a".to_owned()],
            ..Leave::default()
        },
        parts: vec![ReleasePart {
            server_major: 15,
            position: Position::new([(1, digest())], None),
            objects: [
                (id("table d.a"), Hash::of(b"t")),
                (id("table d.b"), Hash::of(b"t")),
            ]
            .into(),
        }],
    };
    let found = compare(
        &[
            database("one", &[("table d.a", "u"), ("table o.own", "t")]),
            database("two", &[("table d.a", "u"), ("index o.i", "on d.a")]),
        ],
        Some(&release),
    );
    assert_eq!(found.groups[0].compared, Compared::Release);
    assert_eq!(
        told(&found),
        ["table d.a: ? []; u [0, 1]", "table d.b: ? []; none [0, 1]",]
    );
    let alone = compare(
        &[database("one", &[("table d.a", "t"), ("table d.b", "t")])],
        Some(&release),
    );
    assert!(!alone.differs());
    assert_eq!(alone.groups[0].objects, 2);
}
