-- Rollback: 002 - Change

ALTER TABLE public.orders ALTER COLUMN shop_id SET STATISTICS -1;
