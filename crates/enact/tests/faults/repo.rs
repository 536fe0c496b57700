//! The campaign's repository. Every transactional statement of interest writes into `effects`, a table that is there
//! before the first run and belongs to no migration: what ran twice, or not at all, shows in its counts.

use std::collections::BTreeMap;

use crate::kit::{Db, File};

pub const EFFECTS: &str = "CREATE TABLE effects (what text NOT NULL)";

pub const FILES: &[File<'static>] = &[
    (
        "sites",
        "INSERT INTO effects VALUES ('1 up a');\n\
         CREATE TABLE site (id int PRIMARY KEY, name text, code text NOT NULL);\n\
         INSERT INTO site SELECT g, 'site ' || g % 7, 'c' || g FROM generate_series(1, 300) g;\n\
         INSERT INTO effects VALUES ('1 up b');\n",
        Some(
            "INSERT INTO effects VALUES ('1 down a');\nDROP TABLE site;\nINSERT INTO effects VALUES ('1 down b');\n",
        ),
    ),
    (
        "visits",
        "BEGIN;\n\
         CREATE TABLE visit (id int PRIMARY KEY, site int REFERENCES site, at date DEFAULT '2024-01-01');\n\
         CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.at := coalesce(NEW.at, '2024-02-02'); RETURN NEW; END $$;\n\
         CREATE TRIGGER visit_touch BEFORE INSERT ON visit FOR EACH ROW EXECUTE FUNCTION touch();\n\
         INSERT INTO visit SELECT g, g FROM generate_series(1, 100) g;\n\
         INSERT INTO effects VALUES ('2 up a');\n\
         COMMIT;\n",
        Some(
            "INSERT INTO effects VALUES ('2 down a');\nDROP TABLE visit;\nDROP FUNCTION touch();\n",
        ),
    ),
    (
        "site_name",
        "CREATE INDEX CONCURRENTLY site_name ON site (name);\n",
        Some("DROP INDEX CONCURRENTLY site_name;\n"),
    ),
    (
        "mixed",
        "BEGIN;\n\
         ALTER TABLE site ADD COLUMN kind text;\n\
         UPDATE site SET kind = 'clinic' WHERE id % 2 = 0;\n\
         INSERT INTO effects VALUES ('4 up a');\n\
         COMMIT;\n\
         CREATE UNIQUE INDEX CONCURRENTLY site_code ON site (code);\n\
         VACUUM site;\n\
         BEGIN;\n\
         INSERT INTO effects VALUES ('4 up b');\n\
         ALTER TABLE visit ADD COLUMN note text DEFAULT 'none';\n\
         COMMIT;\n",
        Some(
            "BEGIN;\n\
             ALTER TABLE visit DROP COLUMN note;\n\
             INSERT INTO effects VALUES ('4 down a');\n\
             COMMIT;\n\
             DROP INDEX CONCURRENTLY site_code;\n\
             BEGIN;\n\
             INSERT INTO effects VALUES ('4 down b');\n\
             ALTER TABLE site DROP COLUMN kind;\n\
             COMMIT;\n",
        ),
    ),
    (
        "lookup",
        "CREATE TABLE lookup (code text, label text);\n\
         COPY lookup FROM stdin;\na\tfirst\nb\tsecond\n\\.\n\
         INSERT INTO effects SELECT '5 up ' || code FROM lookup;\n\
         CREATE TYPE mood AS ENUM ('calm', 'busy');\n",
        Some(
            "DROP TYPE mood;\nINSERT INTO effects SELECT '5 down ' || code FROM lookup;\nDROP TABLE lookup;\n",
        ),
    ),
    (
        "other_index",
        "DROP INDEX CONCURRENTLY site_name;\n\
         CREATE INDEX CONCURRENTLY site_name_kind ON site (name, kind);\n\
         REINDEX INDEX CONCURRENTLY site_code;\n",
        Some(
            "CREATE INDEX CONCURRENTLY site_name ON site (name);\nDROP INDEX CONCURRENTLY site_name_kind;\n",
        ),
    ),
    (
        "view",
        "CREATE VIEW busy AS SELECT s.name, count(*) FROM site s JOIN visit v ON v.site = s.id GROUP BY 1;\n\
         INSERT INTO effects VALUES ('7 up a');\n\
         COMMENT ON VIEW busy IS 'Visits by site';\n",
        Some("INSERT INTO effects VALUES ('7 down a');\nDROP VIEW busy;\n"),
    ),
    // Short transactions one behind the other: several are under way at once.
    (
        "ward",
        "CREATE TABLE ward (id int);\nINSERT INTO effects VALUES ('8 up a');\n",
        Some("INSERT INTO effects VALUES ('8 down a');\nDROP TABLE ward;\n"),
    ),
    (
        "ward_name",
        "INSERT INTO effects VALUES ('9 up a');\nALTER TABLE ward ADD COLUMN name text;\n",
        Some("ALTER TABLE ward DROP COLUMN name;\nINSERT INTO effects VALUES ('9 down a');\n"),
    ),
    (
        "first_ward",
        "INSERT INTO ward VALUES (1, 'east');\nINSERT INTO effects VALUES ('10 up a');\n",
        Some("DELETE FROM ward WHERE id = 1;\nINSERT INTO effects VALUES ('10 down a');\n"),
    ),
];

/// The number of the last migration.
pub const LAST: u64 = FILES.len() as u64;

/// What each `effects` row names, per migration and direction.
const MARKS: &[(&str, u64)] = &[
    ("1", 2),
    ("2", 1),
    ("4", 2),
    ("5", 2),
    ("7", 1),
    ("8", 1),
    ("9", 1),
    ("10", 1),
];

/// Panics unless every step took effect exactly as often as the ledger says, and each migration went up and down in turn.
pub fn check_effects(db: &Db) {
    let steps = db.value(
        "SELECT string_agg(kind || ' ' || number, ', ' ORDER BY seq) FROM enact.entries \
         WHERE kind IN ('migration.applied', 'migration.rolled_back')",
    );
    let mut in_force: BTreeMap<&str, bool> = BTreeMap::new();
    let mut times: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for step in steps.split(", ").filter(|step| !step.is_empty()) {
        let (kind, number) = step.split_once(' ').unwrap();
        let up = kind == "migration.applied";
        let before = in_force.insert(number, up).unwrap_or(false);
        assert_ne!(before, up, "recorded twice: {step} in {steps}");
        *times
            .entry((number, if up { "up" } else { "down" }))
            .or_default() += 1;
    }
    let mut expected = Vec::new();
    for (number, marks) in MARKS {
        for way in ["up", "down"] {
            let count = times.get(&(*number, way)).copied().unwrap_or(0);
            let names = ["a", "b"].iter().take(usize::try_from(*marks).unwrap());
            expected.extend(
                names
                    .filter(|_| count > 0)
                    .map(|name| format!("{number} {way} {name} x{count}")),
            );
        }
    }
    expected.sort();
    let found = db.value(
        "SELECT string_agg(what || ' x' || n, ', ' ORDER BY (what || ' x' || n) COLLATE \"C\") \
         FROM (SELECT what, count(*) AS n FROM effects GROUP BY 1) e",
    );
    assert_eq!(found, expected.join(", "), "ledger: {steps}");
}
