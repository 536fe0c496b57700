CREATE TABLE t (a int, b text);
COPY t FROM STDIN WITH (FORMAT csv, HEADER);
a,b
1,"x;y
z"
2,'
\.
COPY public.t(b, a) FROM STDIN (FORMAT csv, DELIMITER ';');
q;3
\.
