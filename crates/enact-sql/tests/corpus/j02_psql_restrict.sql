\restrict pJ3kx9
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLE public.t (a integer NOT NULL);
COPY public.t (a) FROM stdin;
1
\.
\unrestrict pJ3kx9
