SELECT $a$ one; $b$ two; $b$ three; $a$;
SELECT $_tag1$ $tag1$ ; $_$ $_tag1$;
