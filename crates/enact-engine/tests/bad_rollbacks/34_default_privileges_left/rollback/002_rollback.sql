-- Rollback: 002 - Change

DROP TABLE public.order_totals;
