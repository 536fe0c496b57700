SELECT 'line one;
line two; -- no comment
\echo not a command
';
