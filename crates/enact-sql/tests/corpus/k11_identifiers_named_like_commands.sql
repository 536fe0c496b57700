CREATE TABLE copy_from (begin_at int, "end" int, "case" int);
SELECT begin_at AS begin, "end" AS end, "case" AS case FROM copy_from;
CREATE FUNCTION copy_end(a int) RETURNS int LANGUAGE sql AS 'SELECT a;';
SELECT copy_end(1);
