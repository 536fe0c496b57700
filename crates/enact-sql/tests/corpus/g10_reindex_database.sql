REINDEX (VERBOSE false) DATABASE g10_reindex_database;
REINDEX SYSTEM g10_reindex_database;
REINDEX (CONCURRENTLY) SCHEMA public;
