CREATE TABLE t (a int, b text);
COPY t FROM stdin DELIMITER '|' NULL 'null';
1|a;b
2|null
\.
