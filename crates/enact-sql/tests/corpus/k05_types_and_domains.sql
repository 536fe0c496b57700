CREATE TYPE comp AS (a int, b text);
CREATE DOMAIN posint AS int CHECK (VALUE > 0);
CREATE TYPE r AS RANGE (subtype = float8);
CREATE CAST (comp AS text) WITH INOUT AS ASSIGNMENT;
