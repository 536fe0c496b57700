-- included; file
SELECT 2;
\ir deeper/more.sql
SELECT 4;
