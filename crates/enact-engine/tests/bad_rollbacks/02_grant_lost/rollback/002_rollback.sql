-- Rollback: 002 - Change

DROP VIEW public.order_report;
CREATE VIEW public.order_report AS SELECT id FROM public.orders;
