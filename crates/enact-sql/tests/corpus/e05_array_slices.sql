SELECT (ARRAY[1,2,3])[1:2], (ARRAY[[1],[2]])[1:2][1:1];
CREATE TABLE t (a int[], n int);
SELECT a[1:n], a[:2], a[n:] FROM t;
