-- Rollback: 002 - Change

COMMENT ON COLUMN public.orders.note IS NULL;
