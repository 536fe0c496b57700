-- Rollback: 002 - Change

UPDATE public.customers AS c SET email = b.email FROM public.customers_email_before AS b WHERE b.id = c.id;
DROP TABLE public.customers_email_before;
