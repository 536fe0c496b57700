select 'security label', provider, label, classoid, objoid, objsubid, null
from pg_seclabel
