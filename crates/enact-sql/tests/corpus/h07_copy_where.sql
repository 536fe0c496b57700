CREATE TABLE t (a int);
COPY t FROM stdin WHERE a > 1;
1
2
\.
