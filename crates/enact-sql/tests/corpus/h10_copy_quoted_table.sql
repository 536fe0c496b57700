CREATE TABLE "copy;t" ("from stdin" text);
copy "copy;t"("from stdin") from
  stdin
  ;
x;y
\.
SELECT 1;
