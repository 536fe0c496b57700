SELECT 2 - -1, 2 + -1, -(-3), @ -5, |/ 4, 5::text !~ '1' FROM (SELECT '1'::text) s(x) WHERE 5::text !~ x;
