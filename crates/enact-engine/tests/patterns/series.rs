//! Every series is valid, passes lint, and is proven with rows in the tables.

use enact_engine::patterns::Arguments;

use crate::kit::{Repo, arguments, major, whole_rights};

async fn proven(pattern: &str, arguments: Arguments, expected: &[&str]) {
    let repo = Repo::new();
    let pairs = repo.series(pattern, arguments).await;
    let verdicts = repo.prove(&pairs).await;
    assert_eq!(verdicts, expected, "{}", repo.text(&pairs));
}

const P: &str = "proven";

#[tokio::test]
async fn add_column() {
    let plain = Arguments {
        column: Some("phone".into()),
        of_type: Some("text".into()),
        comment: Some("It's \\ a number".into()),
        ..arguments("app.participant")
    };
    proven("add-column", plain.clone(), &[P]).await;
    let stable = Arguments {
        default: Some("now()".into()),
        of_type: Some("timestamptz".into()),
        not_null: true,
        ..plain.clone()
    };
    proven("add-column", stable, &[P]).await;
    let volatile = Arguments {
        default: Some("gen_random_uuid()".into()),
        of_type: Some("uuid".into()),
        not_null: true,
        ..plain
    };
    proven("add-column", volatile, &[P; 5]).await;
}

#[tokio::test]
async fn add_not_null() {
    let filled = |table: &str, column: &str, value: &str| Arguments {
        column: Some(column.into()),
        value: Some(value.into()),
        ..arguments(table)
    };
    proven(
        "add-not-null",
        filled("app.participant", "note", "'note of ' || name"),
        &[P; 4],
    )
    .await;
    proven(
        "add-not-null",
        filled("app.visit", "place", "'unknown'"),
        &[P; 4],
    )
    .await;
    proven(
        "add-not-null",
        filled("app.measure", "unit", "'?' || random()"),
        &[P; 4],
    )
    .await;
    proven(
        "add-not-null",
        filled("app.\"Odd table\"", "select", "'?'"),
        &[P; 4],
    )
    .await;
    let full = Arguments {
        column: Some("site_id".into()),
        ..arguments("app.visit")
    };
    proven("add-not-null", full, &[P; 3]).await;
}

#[tokio::test]
async fn rename_column() {
    let rename = |table: &str, column: &str, to: &str| Arguments {
        column: Some(column.into()),
        to: Some(to.into()),
        ..arguments(table)
    };
    proven(
        "rename-column",
        rename("app.participant", "name", "full_name"),
        &[P; 4],
    )
    .await;
    proven(
        "rename-column",
        rename("app.participant", "number", "code"),
        &[P; 4],
    )
    .await;
    proven(
        "rename-column",
        rename("app.visit", "place", "Whe\"re"),
        &[P; 3],
    )
    .await;
    proven(
        "rename-column",
        rename("app.measure", "value", "result"),
        &[P; 4],
    )
    .await;
    proven(
        "rename-column",
        rename("app.\"Odd table\"", "select", "from"),
        &[P; 3],
    )
    .await;
}

#[tokio::test]
async fn rename_column_that_is_a_key() {
    for (name, to) in [("home", "house"), ("id", "key")] {
        let rename = Arguments {
            column: Some(name.into()),
            to: Some(to.into()),
            ..arguments("app.participant")
        };
        let steps: &[&str] = if name == "id" { &[P; 4] } else { &[P; 3] };
        proven("rename-column", rename, steps).await;
    }
}

#[tokio::test]
async fn change_type() {
    let to = |table: &str, column: &str, of: &str| Arguments {
        column: Some(column.into()),
        of_type: Some(of.into()),
        ..arguments(table)
    };
    let last = "column-order";
    proven(
        "change-type",
        to("app.participant", "number", "bigint"),
        &[P, P, P, P, last],
    )
    .await;
    proven(
        "change-type",
        to("app.participant", "site_id", "text"),
        &[P, P, P, P, last],
    )
    .await;
    proven(
        "change-type",
        to("app.participant", "note", "varchar(20)"),
        &[P, P, P, last],
    )
    .await;
    proven(
        "change-type",
        to("app.measure", "value", "varchar(10)"),
        &[P, P, P, P, last],
    )
    .await;
    proven(
        "change-type",
        to("app.participant", "home", "bigint"),
        &[P, P, P, P, last],
    )
    .await;
    let converted = Arguments {
        using: Some("number * 10.0".into()),
        back: Some("number / 10".into()),
        ..to("app.participant", "number", "numeric(12, 1)")
    };
    proven("change-type", converted, &[P, P, P, P, last]).await;
}

#[tokio::test]
async fn add_foreign_key() {
    let key = |columns: &[&str], references: &str, action: Option<&str>| Arguments {
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        references: Some(references.into()),
        on_delete: action.map(str::to_owned),
        ..arguments("app.visit")
    };
    proven(
        "add-foreign-key",
        key(&["site_id"], "app.site(id)", Some("set null")),
        &[P; 3],
    )
    .await;
    // The primary key's index begins with the column.
    let participant = Arguments {
        columns: vec!["participant_id".into()],
        references: Some("app.participant".into()),
        name: Some("twice".into()),
        ..arguments("app.visit")
    };
    proven("add-foreign-key", participant, &[P; 2]).await;
}

#[tokio::test]
async fn add_unique() {
    let columns = Arguments {
        columns: vec!["day".into(), "participant_id".into()],
        ..arguments("app.visit")
    };
    proven("add-unique", columns, &[P; 2]).await;
}

#[tokio::test]
async fn add_index() {
    let index = |table: &str, columns: &[&str]| Arguments {
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        ..arguments(table)
    };
    proven("add-index", index("app.visit", &["site_id", "day"]), &[P]).await;
    let partial = Arguments {
        condition: Some("place IS NOT NULL".into()),
        method: Some("hash".into()),
        name: Some("by_place".into()),
        ..index("app.visit", &["place"])
    };
    proven("add-index", partial, &[P]).await;
    proven("add-index", index("app.measure", &["unit"]), &[P]).await;
    let unique = Arguments {
        unique: true,
        name: Some("n".repeat(60)),
        ..index("app.measure", &["taken_on", "value"])
    };
    proven("add-index", unique, &[P]).await;
}

#[tokio::test]
async fn drop_column() {
    let column = |table: &str, column: &str| Arguments {
        column: Some(column.into()),
        ..arguments(table)
    };
    let repo = Repo::new();
    repo.write("fixtures/001_rows.sql", "SELECT 1;");
    let pairs = repo
        .series("drop-column", column("app.measure", "unit"))
        .await;
    assert_eq!(repo.prove(&pairs).await, [P], "{}", repo.text(&pairs));
    // The column stood between others, which no rollback can bring back.
    for (table, name, expected) in [
        ("app.participant", "note", &["column-order"][..]),
        ("app.measure", "value", &[P, "column-order"]),
        ("app.\"Odd table\"", "select", &["column-order"]),
    ] {
        let repo = Repo::new();
        repo.write("fixtures/001_rows.sql", "SELECT 1;");
        let pairs = repo.series("drop-column", column(table, name)).await;
        assert_eq!(repo.prove(&pairs).await, expected, "{}", repo.text(&pairs));
    }
    // With rows, the proof says what is lost.
    proven("drop-column", column("app.visit", "site_id"), &["data"]).await;
}

#[tokio::test]
async fn rename_table() {
    let to = |table: &str, to: &str| Arguments {
        to: Some(to.into()),
        ..arguments(table)
    };
    proven("rename-table", to("app.visit", "appointment"), &[P; 2]).await;
    // Before that a view passes row-level security by, which is refused.
    if major() >= 15 {
        let repo = Repo::new();
        repo.write("migrations/001_base.sql", &whole_rights());
        let pairs = repo
            .series("rename-table", to("app.participant", "subject"))
            .await;
        assert_eq!(repo.prove(&pairs).await, [P; 2], "{}", repo.text(&pairs));
    }
    proven("rename-table", to("app.measure", "result"), &[P; 2]).await;
    proven("rename-table", to("app.audit", "trail"), &[P; 2]).await;
}

#[tokio::test]
async fn split_table() {
    let split = |table: &str, columns: &[&str]| Arguments {
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        into: Some("apart".into()),
        ..arguments(table)
    };
    let last = "column-order";
    // With row-level security, a foreign key, defaults, rights on columns and triggers.
    proven(
        "split-table",
        split("app.participant", &["note", "home"]),
        &[P, P, last],
    )
    .await;
    // A composite key, and columns that stand last.
    proven(
        "split-table",
        split("app.visit", &["place", "site_id"]),
        &[P; 3],
    )
    .await;
    proven(
        "split-table",
        split("app.\"Odd table\"", &["select", "a\"b"]),
        &[P; 3],
    )
    .await;
}
