-- Rollback: 002 - Change

CREATE OR REPLACE VIEW public.open_orders AS SELECT id FROM public.orders WHERE is_open;
