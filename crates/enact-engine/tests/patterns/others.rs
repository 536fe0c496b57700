//! The end that other patterns promise.

use enact_engine::patterns::Arguments;

use crate::kit::{Repo, apply, arguments, major, raw, roll_back, run, value, whole_rights};

#[tokio::test]
async fn a_renamed_table_works_under_both_names() {
    if major() < 15 {
        return;
    }
    let repo = Repo::new();
    let to = Arguments {
        to: Some("subject".into()),
        ..arguments("app.participant")
    };
    repo.write("migrations/001_base.sql", &whole_rights());
    let pairs = repo.series("rename-table", to).await;
    let client = repo.database().await;
    apply(&client, &pairs[..1]).await;
    run(&client, "INSERT INTO app.participant (number) VALUES (100); INSERT INTO app.subject (number) VALUES (101);").await;
    run(
        &client,
        "UPDATE app.participant SET name = 'hidden' WHERE number = 1;",
    )
    .await;
    for table in ["app.participant", "app.subject"] {
        let names = format!(
            "SELECT string_agg(name, ',' ORDER BY number) FROM {table} WHERE number IN (1, 100, 101)"
        );
        assert_eq!(value(&client, &names).await, "hidden,unknown,unknown");
        // Row-level security holds for the view too.
        raw(&client, "SET ROLE pattern_reader").await;
        assert_eq!(
            value(&client, &format!("SELECT count(name) FROM {table}")).await,
            "61",
            "{table}"
        );
        raw(&client, "RESET ROLE").await;
    }
    apply(&client, &pairs[1..]).await;
    assert_eq!(
        value(&client, "SELECT to_regclass('app.participant')").await,
        "NULL"
    );
    roll_back(&client, &pairs).await;
    assert_eq!(
        value(&client, "SELECT count(*) FROM app.participant").await,
        "62"
    );
}

#[tokio::test]
async fn rights_on_single_columns_hold_for_the_former_name() {
    let repo = Repo::new();
    let to = Arguments {
        to: Some("appointment".into()),
        ..arguments("app.visit")
    };
    let pairs = repo.series("rename-table", to).await;
    let client = repo.database().await;
    apply(&client, &pairs[..1]).await;
    for table in ["app.visit", "app.appointment"] {
        raw(
            &client,
            &format!(
                "SET ROLE pattern_reader; UPDATE {table} SET place = 'there' WHERE place = 'home'"
            ),
        )
        .await;
        let more = client
            .batch_execute(&format!("SELECT day FROM {table}"))
            .await;
        assert_eq!(more.unwrap_err().code().unwrap().code(), "42501", "{table}");
        raw(&client, "RESET ROLE").await;
    }
}

#[tokio::test]
async fn a_foreign_key_is_checked_for_new_rows_first() {
    let repo = Repo::new();
    let key = Arguments {
        columns: vec!["site_id".into()],
        references: Some("app.site".into()),
        ..arguments("app.participant")
    };
    let pairs = repo.series("add-foreign-key", key).await;
    // An index on (site_id, number) is there already.
    assert_eq!(pairs.len(), 2);
    let client = repo.database().await;
    apply(&client, &pairs[..1]).await;
    let nowhere = client
        .batch_execute("INSERT INTO app.participant (number, site_id) VALUES (100, 9)")
        .await;
    assert_eq!(nowhere.unwrap_err().code().unwrap().code(), "23503");
    apply(&client, &pairs[1..]).await;
    let valid = "SELECT convalidated FROM pg_constraint WHERE conname = 'participant_site_id_fkey'";
    assert_eq!(value(&client, valid).await, "true");
}

#[tokio::test]
async fn an_index_of_a_partitioned_table_is_whole() {
    let repo = Repo::new();
    let index = Arguments {
        columns: vec!["unit".into()],
        condition: Some("unit <> 'kg'".into()),
        ..arguments("app.measure")
    };
    let pairs = repo.series("add-index", index).await;
    let client = repo.database().await;
    apply(&client, &pairs).await;
    let whole = "SELECT bool_and(indisvalid) || ' ' || count(*) FROM pg_index WHERE pg_get_expr(indpred, indrelid) LIKE '%kg%'";
    assert_eq!(value(&client, whole).await, "true 5");
    // A partition that comes later gets it too.
    run(&client, "CREATE TABLE app.measure_2027 PARTITION OF app.measure FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');").await;
    assert_eq!(value(&client, whole).await, "true 6");
}

#[tokio::test]
async fn a_column_that_goes_may_be_left_out_first() {
    let repo = Repo::new();
    let column = Arguments {
        column: Some("value".into()),
        ..arguments("app.measure")
    };
    let pairs = repo.series("drop-column", column).await;
    let client = repo.database().await;
    apply(&client, &pairs[..1]).await;
    run(
        &client,
        "INSERT INTO app.measure (taken_on, id, value) VALUES ('2026-02-02', 'x', NULL);",
    )
    .await;
    run(
        &client,
        "INSERT INTO app.measure (taken_on, id) VALUES ('2026-02-02', 'y');",
    )
    .await;
    apply(&client, &pairs[1..]).await;
    run(
        &client,
        "INSERT INTO app.measure (taken_on, id) VALUES ('2026-02-02', 'z');",
    )
    .await;
}

#[tokio::test]
async fn a_new_column_has_its_values() {
    let repo = Repo::new();
    let column = Arguments {
        column: Some("token".into()),
        of_type: Some("uuid".into()),
        default: Some("gen_random_uuid()".into()),
        not_null: true,
        ..arguments("app.participant")
    };
    let pairs = repo.series("add-column", column).await;
    let client = repo.database().await;
    apply(&client, &pairs[..1]).await;
    assert_eq!(
        value(&client, "SELECT count(token) FROM app.participant").await,
        "0"
    );
    run(
        &client,
        "INSERT INTO app.participant (number) VALUES (100);",
    )
    .await;
    apply(&client, &pairs[1..]).await;
    assert_eq!(
        value(&client, "SELECT count(DISTINCT token) FROM app.participant").await,
        "61"
    );
}
