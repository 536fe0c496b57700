use super::*;

fn class_of(sql: &str) -> Class {
    classify(sql, 40).unwrap_or_else(|fault| panic!("{sql}: {fault:?}"))
}

fn standalone(sql: &str) -> Standalone {
    match class_of(sql) {
        Class::Standalone(standalone) => standalone,
        other => panic!("{sql}: {other:?}"),
    }
}

fn refusal(sql: &str) -> &'static str {
    match class_of(sql) {
        Class::Refused(refusal) => refusal.id,
        other => panic!("{sql}: {other:?}"),
    }
}

fn named(name: &str) -> Name {
    let (schema, name) = name
        .split_once('.')
        .map_or((None, name), |(schema, name)| (Some(schema), name));
    Name {
        schema: schema.map(str::to_owned),
        name: name.to_owned(),
    }
}

#[test]
fn statements_refused_in_a_transaction_are_standalone_with_their_facts() {
    let name = || "x".to_owned();
    let detach = Standalone::DetachPartitionConcurrently {
        parent: named("s.p"),
        child: named("c"),
    };
    for (sql, expected) in [
        ("ALTER TABLE s.p DETACH PARTITION c CONCURRENTLY", detach),
        ("VACUUM", Standalone::Vacuum),
        ("VACUUM (FULL) t", Standalone::Vacuum),
        ("CLUSTER", Standalone::Cluster),
        ("ALTER SYSTEM SET a = 1", Standalone::AlterSystem),
        (
            "CREATE DATABASE x",
            Standalone::CreateDatabase { name: name() },
        ),
        (
            "DROP DATABASE IF EXISTS x",
            Standalone::DropDatabase { name: name() },
        ),
        (
            "ALTER DATABASE x SET TABLESPACE y",
            Standalone::AlterDatabaseTablespace { name: name() },
        ),
        (
            "CREATE TABLESPACE x LOCATION '/y'",
            Standalone::CreateTablespace { name: name() },
        ),
        (
            "DROP TABLESPACE x",
            Standalone::DropTablespace { name: name() },
        ),
        (
            "CREATE SUBSCRIPTION x CONNECTION '' PUBLICATION p",
            Standalone::CreateSubscription { name: name() },
        ),
        (
            "DROP SUBSCRIPTION x",
            Standalone::DropSubscription { name: name() },
        ),
        (
            "ALTER SUBSCRIPTION x REFRESH PUBLICATION",
            Standalone::AlterSubscription { name: name() },
        ),
        (
            "ALTER SUBSCRIPTION x SET PUBLICATION p",
            Standalone::AlterSubscription { name: name() },
        ),
        (
            "ALTER SUBSCRIPTION x SET (failover = true)",
            Standalone::AlterSubscription { name: name() },
        ),
    ] {
        assert_eq!(standalone(sql), expected, "{sql}");
    }
}

#[test]
fn indexes_carry_their_names() {
    let index = standalone("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"I\" ON s.\"T\" (a)");
    let expected = Standalone::CreateIndexConcurrently {
        name: Some("I".into()),
        table: named("s.T"),
        unique: true,
        if_not_exists: true,
    };
    assert_eq!(index, expected);
    let index = standalone("create index concurrently on T (a)");
    assert!(
        matches!(index, Standalone::CreateIndexConcurrently { name: None, table, .. } if table == named("t"))
    );
    let drop = standalone("DROP INDEX CONCURRENTLY IF EXISTS s.i");
    assert_eq!(
        drop,
        Standalone::DropIndexConcurrently {
            names: vec![named("s.i")],
            if_exists: true
        }
    );
}

#[test]
fn reindex_depends_on_its_form() {
    let reindex = |kind, concurrently, name: Option<&str>| Standalone::Reindex {
        kind,
        concurrently,
        name: name.map(named),
    };
    assert_eq!(
        standalone("REINDEX TABLE CONCURRENTLY s.t"),
        reindex(ReindexKind::Table, true, Some("s.t"))
    );
    assert_eq!(
        standalone("REINDEX (CONCURRENTLY) INDEX i"),
        reindex(ReindexKind::Index, true, Some("i"))
    );
    assert_eq!(
        standalone("REINDEX SCHEMA s"),
        reindex(ReindexKind::Schema, false, Some("s"))
    );
    assert_eq!(
        standalone("REINDEX DATABASE"),
        reindex(ReindexKind::Database, false, None)
    );
    assert_eq!(class_of("REINDEX TABLE t"), Class::Transactional);
    assert_eq!(
        class_of("REINDEX (CONCURRENTLY false) TABLE t"),
        Class::Transactional
    );
}

#[test]
fn what_looks_similar_is_transactional() {
    for sql in [
        "CREATE INDEX i ON t (a)",
        "DROP INDEX i",
        "CREATE INDEX concurrently_built ON t (a)",
        "ANALYZE t",
        "CLUSTER t",
        "ALTER TABLE p DETACH PARTITION c",
        "ALTER TABLE p DETACH PARTITION c FINALIZE",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY m",
        "ALTER TYPE t ADD VALUE 'x'",
        "ALTER DATABASE x SET work_mem = '1MB'",
        "CREATE SUBSCRIPTION x CONNECTION '' PUBLICATION p WITH (connect = false)",
        "CREATE SUBSCRIPTION x CONNECTION '' PUBLICATION p WITH (create_slot = off)",
        "ALTER SUBSCRIPTION x SET PUBLICATION p WITH (refresh = false)",
        "ALTER SUBSCRIPTION x DISABLE",
        "SAVEPOINT a",
        "RELEASE a",
        "PREPARE p AS SELECT 1",
        "SELECT 'CREATE INDEX CONCURRENTLY'",
        "DO $$ BEGIN RAISE NOTICE 'COMMIT;'; PERFORM commit(1); END $$",
        "COPY t FROM stdin",
        "COPY t TO PROGRAM 'x'",
        "SET search_path = a",
        "SET LOCAL ROLE x",
        "SET client_encoding = 'UTF8'",
        "SET standard_conforming_strings = on",
        "LISTEN a",
    ] {
        assert_eq!(class_of(sql), Class::Transactional, "{sql}");
    }
}

#[test]
fn blocks_that_commit_are_found() {
    for sql in [
        "DO $$ BEGIN COMMIT; END $$",
        "DO $$ BEGIN IF a THEN rollback; END IF; END $$",
        "DO $x$ BEGIN LOOP UPDATE t SET a = 1; COMMIT AND CHAIN; END LOOP; END $x$",
        "DO 'BEGIN <<l>> BEGIN NULL; END; COMMIT; END'",
        "DO LANGUAGE plpython3u $$ plpy.commit() $$",
    ] {
        assert_eq!(standalone(sql), Standalone::CommittingDo, "{sql}");
    }
    assert_eq!(class_of("CALL s.p(1)"), Class::Call(named("s.p")));
}

#[test]
fn transaction_control() {
    for sql in ["BEGIN", "begin work", "START TRANSACTION"] {
        assert_eq!(class_of(sql), Class::Begin, "{sql}");
    }
    for sql in ["COMMIT", "END", "commit and no chain"] {
        assert_eq!(class_of(sql), Class::Commit, "{sql}");
    }
    assert_eq!(class_of("ROLLBACK TO a"), Class::RollbackTo);
    for (sql, id) in [
        ("ROLLBACK", "transaction-rollback"),
        ("ABORT", "transaction-rollback"),
        ("ROLLBACK AND CHAIN", "transaction-rollback"),
        ("COMMIT AND CHAIN", "commit-and-chain"),
        ("PREPARE TRANSACTION 'x'", "prepared-transaction"),
        ("COMMIT PREPARED 'x'", "prepared-transaction"),
        ("ROLLBACK PREPARED 'x'", "prepared-transaction"),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE", "transaction-options"),
        ("START TRANSACTION READ ONLY", "transaction-options"),
        (
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "transaction-options",
        ),
        (
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            "transaction-options",
        ),
    ] {
        assert_eq!(refusal(sql), id, "{sql}");
    }
}

#[test]
fn the_session_belongs_to_enact() {
    for sql in [
        "SET lock_timeout = 0",
        "SET LOCAL statement_timeout = '1s'",
        "SET SESSION transaction_timeout TO 0",
        "RESET idle_in_transaction_session_timeout",
        "SET lock_timeout FROM CURRENT",
        "SET default_transaction_read_only = on",
        "SET session_replication_role = replica",
        "SET ROLE x",
        "RESET ROLE",
        "SET SESSION AUTHORIZATION x",
        "SET standard_conforming_strings = off",
        "SET client_encoding = 'LATIN1'",
        "SET NAMES 'latin1'",
        "RESET ALL",
        "DISCARD ALL",
        "DISCARD TEMP",
        "SET synchronous_commit = off",
    ] {
        let id = match class_of(sql) {
            Class::Refused(refusal) => refusal.id,
            other => panic!("{sql}: {other:?}"),
        };
        assert_eq!(id, "session-state", "{sql}");
    }
}

#[test]
fn copies_that_cannot_be_sent() {
    assert_eq!(refusal("COPY t TO STDOUT"), "copy-to-client");
    assert_eq!(
        refusal("COPY t FROM STDIN WITH (FORMAT binary)"),
        "copy-binary"
    );
    assert_eq!(refusal("COPY BINARY t FROM STDIN"), "copy-binary");
}
