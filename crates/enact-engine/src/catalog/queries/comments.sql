select 'comment', null, description, classoid, objoid, objsubid, null
from pg_description
where objoid >= 16384 or classoid in ('pg_namespace'::regclass, 'pg_extension'::regclass)
