\set ON_ERROR_STOP on
\echo 'hello; world'
\timing off
\pset pager off
SELECT 1;
\echo done
