//! The proxy delays, counts, cuts and freezes, and does nothing else to what goes through it.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its work fails the test"
)]

use std::time::{Duration, Instant};

use enact_testkit::{Cut, Direction, Moment, Proxy, TestPg};
use tokio_postgres::{Client, Error, NoTls, SimpleQueryMessage};

async fn connect(url: &str) -> Result<Client, Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn count(pg: &TestPg) -> i64 {
    let client = pg.client("postgres").await;
    client
        .query_one("SELECT count(*) FROM t", &[])
        .await
        .unwrap()
        .get(0)
}

async fn table(pg: &TestPg) {
    let client = pg.client("postgres").await;
    client
        .batch_execute("CREATE TABLE t (n int)")
        .await
        .unwrap();
}

#[tokio::test]
async fn each_wait_for_an_answer_takes_the_delay_and_counts_one() {
    let pg = TestPg::start();
    let delay = Duration::from_millis(40);
    let proxy = Proxy::before(&pg, delay);
    let client = connect(&proxy.url("postgres")).await.unwrap();
    assert_eq!(proxy.stats().connections, 1);
    assert_eq!(proxy.stats().round_trips, 1, "trust needs no second");
    proxy.reset();
    let since = Instant::now();
    for _ in 0..5 {
        client.batch_execute("SELECT 1").await.unwrap();
    }
    let took = since.elapsed();
    println!("5 round trips of {delay:?} took {took:?}");
    assert!(took >= 5 * delay, "{took:?}");
    assert_eq!(proxy.stats().round_trips, 5);
    assert_eq!(proxy.stats().messages, 5);
}

#[tokio::test]
async fn what_is_sent_in_a_row_overlaps() {
    let pg = TestPg::start();
    let delay = Duration::from_millis(500);
    let proxy = Proxy::before(&pg, delay);
    let client = connect(&proxy.tcp_url("postgres")).await;
    // The cluster trusts its socket; that the proxy came by TCP is nothing it could know.
    let client = client.unwrap();
    proxy.reset();
    let since = Instant::now();
    let (a, b, c) = tokio::join!(
        client.batch_execute("SELECT 1"),
        client.batch_execute("SELECT 2"),
        client.batch_execute("SELECT 3"),
    );
    a.and(b).and(c).unwrap();
    let took = since.elapsed();
    assert!(took >= delay && took < 2 * delay, "{took:?}");
    assert_eq!(proxy.stats().round_trips, 1);
    assert_eq!(proxy.stats().messages, 3);
}

#[tokio::test]
async fn much_data_comes_through_whole_and_counted() {
    let pg = TestPg::start();
    let proxy = Proxy::before(&pg, Duration::from_millis(2));
    let client = connect(&proxy.url("postgres")).await.unwrap();
    let text = "x".repeat(3_000_000);
    let answer = client
        .simple_query(&format!("SELECT '{text}'"))
        .await
        .unwrap();
    let row = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    assert_eq!(row.map(str::len), Some(text.len()));
    assert!(proxy.stats().bytes_to_server > 3_000_000);
    assert!(proxy.stats().bytes_to_client > 3_000_000);
}

#[tokio::test]
async fn a_goodbye_is_no_round_trip() {
    let pg = TestPg::start();
    let proxy = Proxy::before(&pg, Duration::ZERO);
    let client = connect(&proxy.url("postgres")).await.unwrap();
    assert_eq!(proxy.stats().messages, 1);
    drop(client);
    let since = Instant::now();
    while proxy.stats().messages < 2 {
        assert!(since.elapsed() < Duration::from_secs(20));
        tokio::task::yield_now().await;
    }
    assert_eq!(proxy.stats().round_trips, 1);
}

#[tokio::test]
async fn a_cut_before_a_message_keeps_it_from_the_server() {
    let pg = TestPg::start();
    table(&pg).await;
    let proxy = Proxy::before(&pg, Duration::from_millis(4));
    proxy.cut_when(Cut {
        connection: None,
        moment: Moment::BeforeMessage(3),
    });
    let client = connect(&proxy.url("postgres")).await.unwrap();
    client
        .batch_execute("INSERT INTO t VALUES (1)")
        .await
        .unwrap();
    assert!(
        client
            .batch_execute("INSERT INTO t VALUES (2)")
            .await
            .is_err()
    );
    assert_eq!(count(&pg).await, 1);
}

#[tokio::test]
async fn a_cut_after_a_message_lets_the_server_do_what_the_client_cannot_know() {
    let pg = TestPg::start();
    table(&pg).await;
    let proxy = Proxy::before(&pg, Duration::from_millis(4));
    proxy.cut_when(Cut {
        connection: Some(0),
        moment: Moment::AfterMessage(2),
    });
    let first = connect(&proxy.url("postgres")).await.unwrap();
    let second = connect(&proxy.url("postgres")).await.unwrap();
    assert!(
        first
            .batch_execute("INSERT INTO t VALUES (1)")
            .await
            .is_err()
    );
    second
        .batch_execute("INSERT INTO t VALUES (2)")
        .await
        .unwrap();
    let since = Instant::now();
    while count(&pg).await < 2 {
        assert!(
            since.elapsed() < Duration::from_secs(20),
            "it never arrived"
        );
    }
}

#[tokio::test]
async fn bytes_can_be_the_measure_in_either_direction() {
    let pg = TestPg::start();
    for direction in [Direction::ToServer, Direction::ToClient] {
        let proxy = Proxy::before(&pg, Duration::ZERO);
        let moment = Moment::Bytes(direction, 30);
        proxy.cut_when(Cut {
            connection: None,
            moment,
        });
        assert!(
            connect(&proxy.url("postgres")).await.is_err(),
            "{direction:?}"
        );
        let stats = proxy.stats();
        match direction {
            Direction::ToServer => assert_eq!(stats.bytes_to_server, 30),
            Direction::ToClient => assert_eq!(stats.bytes_to_client, 30),
        }
        proxy.heal();
        connect(&proxy.url("postgres")).await.unwrap();
    }
}

#[tokio::test]
async fn connections_are_cut_and_refused_by_hand() {
    let pg = TestPg::start();
    let proxy = Proxy::before(&pg, Duration::ZERO);
    let first = connect(&proxy.url("postgres")).await.unwrap();
    let second = connect(&proxy.url("postgres")).await.unwrap();
    proxy.cut(0);
    assert!(first.batch_execute("SELECT 1").await.is_err());
    second.batch_execute("SELECT 1").await.unwrap();
    proxy.refuse(true);
    proxy.cut_all();
    assert!(second.batch_execute("SELECT 1").await.is_err());
    assert!(connect(&proxy.url("postgres")).await.is_err());
    proxy.refuse(false);
    connect(&proxy.url("postgres")).await.unwrap();
}

#[tokio::test]
async fn frozen_means_silent_and_not_closed() {
    let pg = TestPg::start();
    let proxy = Proxy::before(&pg, Duration::ZERO);
    let client = connect(&proxy.url("postgres")).await.unwrap();
    proxy.freeze(true);
    let asked = client.batch_execute("SELECT 1");
    tokio::pin!(asked);
    let waited = tokio::time::timeout(Duration::from_millis(100), &mut asked).await;
    assert!(waited.is_err(), "an answer came through");
    proxy.freeze(false);
    asked.await.unwrap();
}

#[test]
fn the_program_runs_a_command_through_itself_and_prints_the_counts() {
    let pg = TestPg::start();
    let psql = pg.bin("psql").unwrap();
    let socket = pg.sandbox().socket_dir().join(".s.PGSQL.5432");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_enact-proxy"))
        .arg(&socket)
        .args(["3", "--"])
        .arg(psql)
        .args(["-XAtU", "postgres", "-c", "SELECT 42"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "42\n");
    let counts = String::from_utf8_lossy(&output.stderr);
    assert!(
        counts.contains("\"connections\":1,\"round_trips\":"),
        "{counts}"
    );
    assert!(output.status.success());
}
