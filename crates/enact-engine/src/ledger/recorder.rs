//! The statements that put up the recorder of DDL and take it down. The table with what it wrote stays.

/// Puts it up, also over an earlier one's table.
pub(crate) const INSTALL_SQL: &str = include_str!("recorder.sql");
/// Takes it down.
pub(crate) const REMOVE_SQL: &str = include_str!("recorder_remove.sql");
/// What a removal leaves to the table that stays.
pub(crate) const NOTE_SQL: &str = "\
INSERT INTO enact.ddl (xid, tag, dropped, login, role, application, client, pid)
SELECT pg_current_xact_id()::text::bigint, $1, false, session_user, current_user, current_setting('application_name'), inet_client_addr(), pg_backend_pid()";
