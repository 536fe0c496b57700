//! While two columns live side by side, writers of either are right.

use enact_engine::patterns::Arguments;
use tokio_postgres::Client;

use crate::kit::{Repo, apply, arguments, base, fingerprint, major, raw, roll_back, run, value};

fn column(table: &str, name: &str) -> Arguments {
    Arguments {
        column: Some(name.into()),
        ..arguments(table)
    }
}

fn rename(table: &str, name: &str, to: &str) -> Arguments {
    Arguments {
        to: Some(to.into()),
        ..column(table, name)
    }
}

/// Rows in which two expressions differ.
async fn differing(client: &Client, table: &str, one: &str, other: &str) -> String {
    let sql = format!("SELECT count(*) FROM {table} WHERE {one} IS DISTINCT FROM {other}");
    value(client, &sql).await
}

/// Writers of the old and of the new name, before the backfill and behind it.
async fn write_both(client: &Client, from: i32) {
    let writes = [
        format!("INSERT INTO app.participant (name, number) VALUES ('old', {from})"),
        format!(
            "INSERT INTO app.participant (full_name, number) VALUES ('new', {})",
            from + 1
        ),
        format!("INSERT INTO app.participant (number) VALUES ({})", from + 2),
        format!(
            "INSERT INTO app.participant (full_name, number) VALUES ('new only', {})",
            from + 3
        ),
        format!(
            "UPDATE app.participant SET name = 'changed old' WHERE number = {}",
            from % 50
        ),
        format!(
            "UPDATE app.participant SET full_name = 'changed new' WHERE number = {}",
            from + 1
        ),
        format!(
            "UPDATE app.participant SET note = 'x' WHERE number = {}",
            from % 50 + 1
        ),
        format!(
            "UPDATE app.participant SET name = 'both', full_name = 'both' WHERE number = {}",
            from % 50 + 2
        ),
    ];
    for sql in writes {
        client.batch_execute(&sql).await.unwrap();
    }
}

#[tokio::test]
async fn a_renamed_column_is_written_by_either_name() {
    let repo = Repo::new();
    let pairs = repo
        .series(
            "rename-column",
            rename("app.participant", "name", "full_name"),
        )
        .await;
    let client = repo.database().await;
    let start = fingerprint(&client).await;
    let name = |sql: &'static str| value(&client, sql);

    apply(&client, &pairs[..1]).await;
    write_both(&client, 1000).await;
    assert_eq!(
        name("SELECT name FROM app.participant WHERE number = 1001").await,
        "changed new"
    );
    assert_eq!(
        name("SELECT full_name FROM app.participant WHERE number = 1000").await,
        "old"
    );
    assert_eq!(
        name("SELECT full_name FROM app.participant WHERE number = 1002").await,
        "unknown"
    );
    apply(&client, &pairs[1..3]).await;
    assert_eq!(
        differing(&client, "app.participant", "name", "full_name").await,
        "0"
    );
    write_both(&client, 2000).await;
    assert_eq!(
        differing(&client, "app.participant", "name", "full_name").await,
        "0"
    );
    // The hash was made of what is stored, whoever wrote it.
    assert_eq!(
        differing(&client, "app.participant", "row_hash", "md5(name)").await,
        "0"
    );
    // The check on the old column holds for writers of the new one.
    let empty = client
        .batch_execute("UPDATE app.participant SET full_name = '' WHERE number = 3")
        .await;
    assert_eq!(empty.unwrap_err().code().unwrap().code(), "23514");
    let nothing = client
        .batch_execute("UPDATE app.participant SET full_name = NULL WHERE number = 3")
        .await;
    assert_eq!(nothing.unwrap_err().code().unwrap().code(), "23502");

    let rows = value(
        &client,
        "SELECT string_agg(number || name, ',' ORDER BY number) FROM app.participant",
    )
    .await;
    apply(&client, &pairs[3..]).await;
    let now = value(
        &client,
        "SELECT string_agg(number || full_name, ',' ORDER BY number) FROM app.participant",
    )
    .await;
    assert_eq!(now, rows);
    run(
        &client,
        "INSERT INTO app.participant (full_name, number) VALUES ('last', 3000);",
    )
    .await;
    assert_eq!(
        name("SELECT initial FROM app.participant WHERE number = 3000").await,
        "l"
    );
    assert_eq!(
        name("SELECT name FROM app.people WHERE number = 3000").await,
        "last"
    );

    roll_back(&client, &pairs).await;
    assert_eq!(fingerprint(&client).await, start);
    assert_eq!(
        name("SELECT name FROM app.participant WHERE number = 3000").await,
        "last"
    );
}

#[tokio::test]
async fn rights_and_policies_of_a_column_hold_for_its_new_name() {
    let repo = Repo::new();
    let pairs = repo
        .series(
            "rename-column",
            rename("app.participant", "name", "full_name"),
        )
        .await;
    let client = repo.database().await;
    apply(&client, &pairs[..3]).await;
    raw(&client, "SET ROLE pattern_writer; INSERT INTO app.participant (full_name, number) VALUES ('hidden', 500); RESET ROLE;").await;
    raw(&client, "SET ROLE pattern_reader;").await;
    let seen = "SELECT count(*) FROM (SELECT full_name FROM app.participant) seen";
    assert_eq!(value(&client, seen).await, "60");
    raw(&client, "RESET ROLE;").await;
    apply(&client, &pairs[3..]).await;
    raw(&client, "SET ROLE pattern_reader;").await;
    assert_eq!(value(&client, seen).await, "60");
    raw(&client, "RESET ROLE;").await;
    let comment = "SELECT col_description('app.participant'::regclass, attnum) FROM pg_attribute \
                   WHERE attrelid = 'app.participant'::regclass AND attname = 'full_name' AND attstattarget = 500";
    assert_eq!(value(&client, comment).await, "Who it's \\ about");
}

#[tokio::test]
async fn a_value_that_was_lost_stops_the_last_step() {
    let repo = Repo::new();
    let pairs = repo
        .series("rename-column", rename("app.visit", "place", "location"))
        .await;
    let client = repo.database().await;
    apply(&client, &pairs[..2]).await;
    run(
        &client,
        "UPDATE app.visit SET place = 'a', location = 'b' WHERE day = 7;",
    )
    .await;
    let text = std::fs::read_to_string(&pairs[2].migration).unwrap();
    let script = enact_sql::script::analyse_text(text, "contract.sql");
    let first = script.statements().next().unwrap();
    let error = client.batch_execute(script.sql(first)).await.unwrap_err();
    let said = error.as_db_error().unwrap().message().to_owned();
    assert_eq!(
        said,
        "Migration 004 failed: rows differ in app.visit.place and app.visit.location"
    );
}

#[tokio::test]
async fn a_default_that_is_another_each_time_is_given_once() {
    let repo = Repo::new();
    repo.write(
        "migrations/001_base.sql",
        &base().replace(
            "note varchar(40)",
            "note text NOT NULL DEFAULT gen_random_uuid()::text",
        ),
    );
    repo.write(
        "fixtures/001_rows.sql",
        "INSERT INTO app.site VALUES (1, 'A'); INSERT INTO app.participant (number) SELECT generate_series(1, 20);",
    );
    let pairs = repo
        .series("rename-column", rename("app.participant", "note", "remark"))
        .await;
    assert_eq!(repo.prove(&pairs).await, ["proven"; 3]);
    let pairs = {
        let retyped = Arguments {
            of_type: Some("uuid".into()),
            using: Some("note::uuid".into()),
            ..column("app.participant", "note")
        };
        let other = Repo::new();
        other.write(
            "migrations/001_base.sql",
            &std::fs::read_to_string(repo.dir.path().join("migrations/001_base.sql")).unwrap(),
        );
        other.write(
            "fixtures/001_rows.sql",
            "INSERT INTO app.site VALUES (1, 'A'); INSERT INTO app.participant (number) SELECT generate_series(1, 20);",
        );
        let pairs = other.series("change-type", retyped).await;
        assert_eq!(
            other.prove(&pairs).await,
            ["proven", "proven", "proven", "proven", "column-order"]
        );
        pairs.len()
    };
    assert_eq!(pairs, 5);
}

#[tokio::test]
async fn a_column_of_another_type_is_written_by_old_and_new_releases() {
    let repo = Repo::new();
    let retyped = Arguments {
        of_type: Some("bigint".into()),
        using: Some("number * 10".into()),
        back: Some("number / 10".into()),
        ..column("app.participant", "number")
    };
    let pairs = repo.series("change-type", retyped).await;
    assert_eq!(pairs.len(), 5);
    let client = repo.database().await;
    let start = fingerprint(&client).await.0;
    let old_release = |number: i32| {
        format!(
            "INSERT INTO app.participant (name, number) VALUES ('n', {number});\n\
             UPDATE app.participant SET number = number + 10000 WHERE number = {number};"
        )
    };
    apply(&client, &pairs[..1]).await;
    run(&client, &old_release(700)).await;
    apply(&client, &pairs[1..3]).await;
    run(&client, &old_release(800)).await;
    assert_eq!(
        differing(&client, "app.participant", "number * 10", "number_new").await,
        "0"
    );
    let double = client
        .batch_execute("INSERT INTO app.participant (number) VALUES (5)")
        .await;
    assert_eq!(double.unwrap_err().code().unwrap().code(), "23505");

    let people = "SELECT md5(string_agg(id || shown, ',' ORDER BY id)) FROM app.people_safe";
    let shown = value(&client, people).await;
    apply(&client, &pairs[3..4]).await;
    assert_ne!(value(&client, people).await, shown);
    run(
        &client,
        "INSERT INTO app.participant (name, number) VALUES ('big', 30000000000 / 10);",
    )
    .await;
    run(
        &client,
        "UPDATE app.participant SET number = number + 5 WHERE number = 50;",
    )
    .await;
    // 55 / 10 is 5 still: what the old value cannot tell does not come back as 50.
    assert_eq!(
        value(
            &client,
            "SELECT number FROM app.participant WHERE number_former = 5"
        )
        .await,
        "55"
    );
    assert_eq!(
        differing(&client, "app.participant", "number / 10", "number_former").await,
        "0"
    );
    let options = "SELECT array_to_string(reloptions, ',') FROM pg_class WHERE oid = 'app.people_safe'::regclass";
    let wanted = match major() {
        15.. => "security_invoker=true,security_barrier=true",
        _ => "security_barrier=true",
    };
    assert_eq!(value(&client, options).await, wanted);
    raw(
        &client,
        "SET ROLE pattern_reader; SELECT count(*) FROM app.people; RESET ROLE;",
    )
    .await;
    let too_many = client
        .batch_execute(
            "SET ROLE pattern_writer; INSERT INTO app.participant (number) VALUES (100000)",
        )
        .await;
    assert_eq!(too_many.unwrap_err().code().unwrap().code(), "42501");
    raw(&client, "RESET ROLE;").await;

    let of = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'app.participant'::regclass AND attname = 'number'";
    apply(&client, &pairs[4..]).await;
    assert_eq!(value(&client, of).await, "bigint");
    assert_eq!(
        value(
            &client,
            "SELECT number FROM app.participant WHERE name = 'name 5'"
        )
        .await,
        "55"
    );
    run(
        &client,
        "DELETE FROM app.participant WHERE number > 2000000000;",
    )
    .await;
    roll_back(&client, &pairs).await;
    assert_eq!(value(&client, of).await, "integer");
    assert_eq!(
        value(
            &client,
            "SELECT number FROM app.participant WHERE name = 'name 5'"
        )
        .await,
        "5"
    );
    assert_eq!(fingerprint(&client).await.0, start);
}

#[tokio::test]
async fn nothing_and_null_are_told_apart_behind_the_switch() {
    let repo = Repo::new();
    let retyped = Arguments {
        of_type: Some("varchar(20)".into()),
        ..column("app.\"Odd table\"", "select")
    };
    let pairs = repo.series("change-type", retyped).await;
    let client = repo.database().await;
    let start = fingerprint(&client).await.0;
    let both = |id: i32| {
        format!(
            "INSERT INTO app.\"Odd table\" (id, \"select\") VALUES ({id}, NULL); INSERT INTO app.\"Odd table\" (id) VALUES ({});",
            id + 1
        )
    };
    let got = |from: i32| {
        format!(
            "SELECT string_agg(coalesce(\"select\", '-'), ',' ORDER BY id) FROM app.\"Odd table\" WHERE id >= {from}"
        )
    };
    let mut id = 10;
    for pair in pairs.chunks(1) {
        apply(&client, pair).await;
        run(&client, &both(id)).await;
        assert_eq!(
            value(&client, &got(id)).await,
            "-,it's",
            "behind {}",
            pair[0].migration.display()
        );
        id += 10;
    }
    roll_back(&client, &pairs).await;
    run(&client, &both(id)).await;
    assert_eq!(value(&client, &got(id)).await, "-,it's");
    assert_eq!(fingerprint(&client).await.0, start);
}

#[tokio::test]
async fn going_back_leaves_no_moment_without_values() {
    let repo = Repo::new();
    let pairs = repo
        .series(
            "rename-column",
            rename("app.participant", "name", "full_name"),
        )
        .await;
    let client = repo.database().await;
    apply(&client, &pairs).await;
    let text = std::fs::read_to_string(&pairs[3].rollback).unwrap();
    let script = enact_sql::script::analyse_text(text, "rollback.sql");
    for (index, segment) in script.segments.iter().enumerate() {
        let sql: Vec<&str> = segment
            .statements
            .iter()
            .map(|one| script.sql(one))
            .collect();
        raw(&client, &sql.join(";")).await;
        let seen = "SELECT count(full_name) FROM app.participant WHERE number <= 60";
        assert_eq!(value(&client, seen).await, "60", "behind segment {index}");
        raw(
            &client,
            &format!(
                "INSERT INTO app.participant (full_name, number) VALUES ('x', {})",
                200 + index
            ),
        )
        .await;
        raw(
            &client,
            "UPDATE app.participant SET full_name = full_name || '!' WHERE number = 9",
        )
        .await;
    }
    assert_eq!(
        differing(&client, "app.participant", "name", "full_name").await,
        "0"
    );
}

#[tokio::test]
async fn rows_that_were_filled_are_emptied_again_unless_they_were_changed() {
    let repo = Repo::new();
    let filled = Arguments {
        value: Some("'note of ' || name".into()),
        ..column("app.participant", "note")
    };
    let pairs = repo.series("add-not-null", filled).await;
    let client = repo.database().await;
    let notes = "SELECT string_agg(number || coalesce(note, '-'), ',' ORDER BY number) FROM app.participant WHERE number <> 3";
    let before = value(&client, notes).await;
    apply(&client, &pairs).await;
    assert_eq!(
        value(&client, "SELECT note FROM app.participant WHERE number = 6").await,
        "note of name 6"
    );
    let empty = client
        .batch_execute("UPDATE app.participant SET note = NULL WHERE number = 3")
        .await;
    assert_eq!(empty.unwrap_err().code().unwrap().code(), "23502");
    run(
        &client,
        "UPDATE app.participant SET note = 'by hand' WHERE number = 3;",
    )
    .await;
    roll_back(&client, &pairs).await;
    assert_eq!(value(&client, notes).await, before);
    assert_eq!(
        value(&client, "SELECT note FROM app.participant WHERE number = 3").await,
        "by hand"
    );
}
