-- Rollback: 002 - Change

DO $$ BEGIN
    IF EXISTS (SELECT FROM public.orders WHERE total IS NOT NULL) THEN
        RAISE EXCEPTION 'Rollback refused: totals would be lost';
    END IF;
END $$;
ALTER TABLE public.orders DROP COLUMN total;
