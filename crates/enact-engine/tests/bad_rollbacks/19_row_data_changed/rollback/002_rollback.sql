-- Rollback: 002 - Change

DROP INDEX public.customers_email_key;
