\ir inc/unterminated.sql
SELECT 2;
