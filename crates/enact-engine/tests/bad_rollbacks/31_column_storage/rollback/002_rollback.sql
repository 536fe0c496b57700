-- Rollback: 002 - Change

ALTER TABLE public.scans ALTER COLUMN image SET STORAGE EXTENDED;
