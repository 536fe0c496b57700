SELECT '--', '/*', ';', '*/', '-- ;';
SELECT "--;" FROM (SELECT 1 AS "--;") AS "/*";
