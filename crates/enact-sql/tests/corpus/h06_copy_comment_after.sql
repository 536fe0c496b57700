CREATE TABLE t (a int);
COPY t FROM stdin; -- the data; follow
1
\.
COPY t /* from stdin */ FROM /* x */ stdin /* y */ ;
2
\.
