-- Rollback: 002 - Change

ALTER TABLE public.orders ALTER COLUMN placed_at DROP DEFAULT;
