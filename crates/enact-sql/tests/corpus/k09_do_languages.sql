DO LANGUAGE plpgsql $$ BEGIN NULL; END $$;
DO $body$ BEGIN NULL; END $body$ LANGUAGE plpgsql;
DO 'BEGIN NULL; END';
