CREATE TABLE t$a (c$1 int, d$$ text);
INSERT INTO t$a VALUES (1, 'x;y');
SELECT c$1, d$$ FROM t$a;
