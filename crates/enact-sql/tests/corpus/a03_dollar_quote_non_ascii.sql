SELECT $größe$ ; $größ$ ; $größe$, 'ß';
SELECT 1 AS größe$x$y; SELECT 2;
