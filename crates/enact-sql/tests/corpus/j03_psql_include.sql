SELECT 1;
\ir inc/included.sql
SELECT 5;
