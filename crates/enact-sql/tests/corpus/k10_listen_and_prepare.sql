LISTEN channel;
NOTIFY channel, 'semi;colon';
UNLISTEN channel;
PREPARE q AS SELECT ';';
EXECUTE q;
EXPLAIN (COSTS off) SELECT ';';
SHOW search_path;
