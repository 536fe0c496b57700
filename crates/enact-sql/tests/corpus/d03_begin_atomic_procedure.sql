CREATE TABLE t (a int);
CREATE PROCEDURE p(x int)
LANGUAGE sql
begin atomic
  insert into t values (x);
  insert into t values (x + 1);
end;
CALL p(1);
