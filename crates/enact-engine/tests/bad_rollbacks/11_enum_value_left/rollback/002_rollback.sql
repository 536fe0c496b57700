-- Rollback: 002 - Change

DROP TABLE public.holds;
