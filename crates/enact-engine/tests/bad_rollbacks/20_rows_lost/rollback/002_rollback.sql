-- Rollback: 002 - Change

DROP TABLE public.orders_archive;
