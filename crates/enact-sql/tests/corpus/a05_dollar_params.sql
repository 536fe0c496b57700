CREATE FUNCTION add(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1+$2;';
PREPARE p(int, int) AS SELECT $1+$2, $1::text||$2;
EXECUTE p(1, 2);
DEALLOCATE p;
