//! The heartbeat of a run: tells people who is at work. The advisory lock alone decides.

use std::convert::Infallible;
use std::time::Duration;

use tokio_postgres::types::{ToSql, Type};

use crate::connection::Connection;

/// Between two beats.
const PERIOD: Duration = Duration::from_secs(5);

/// What a run tells about itself.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub run: String,
    pub person: String,
    pub host: String,
    pub command: &'static str,
}

/// Beats until dropped. A beat that fails is no reason to stop: the lock's own connection says so if it is lost.
pub(crate) async fn beat(watch: &Connection, about: About) -> Infallible {
    loop {
        let values: [(&(dyn ToSql + Sync), Type); 5] = [
            (&about.run, Type::TEXT),
            (&about.person, Type::TEXT),
            (&about.host, Type::TEXT),
            (&about.command, Type::TEXT),
            (&watch.pid, Type::INT4),
        ];
        let _ = watch
            .client()
            .query_typed("SELECT enact.beat($1, $2, $3, $4, $5)", &values)
            .await;
        tokio::time::sleep(PERIOD).await;
    }
}
