SELECT 'a' AS e, 'b' AS x, 'c' AS b, 'd' AS n, 'e' AS u;
SELECT e'\';' AS e;
