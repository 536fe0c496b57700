select 'comment', null, description, classoid, objoid, objsubid, null
from pg_description
-- 2200 is schema public; what else initdb made is the server's own
where objoid >= 16384 or objoid = 2200
