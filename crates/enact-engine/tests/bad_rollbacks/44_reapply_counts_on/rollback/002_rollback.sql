-- Rollback: 002 - Change

DO $$ BEGIN
    EXECUTE format('DROP TABLE public.batch_%s', (SELECT last_value FROM public.batch_number));
END $$;
