SELECT '$$', '$a$;', "x" FROM (SELECT ';' AS x) s;
SELECT 'a$$b'; SELECT '$$';
