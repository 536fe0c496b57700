CREATE TABLE t (a text);
COPY t FROM stdin;
\\
a\\.b
\t;\n
\.
