-- =====================================================
-- Rollback: {number} - {title}
-- =====================================================

-- Restores exactly what was there before the migration: `enact test` compares. Enact owns the transaction here too.
-- If this cannot be done, delete this file and write `-- Rollback: none - <reason>` in the migration's header.

-- FILL IN: undo the change, last statement first.
ALTER TABLE FILL_IN_table DROP COLUMN FILL_IN_column;

-- Verification: an exception here undoes the whole rollback.
DO $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM information_schema.columns
        WHERE table_schema = 'public'
        AND table_name = 'FILL_IN_table'
        AND column_name = 'FILL_IN_column'
    ) THEN
        RAISE EXCEPTION 'Rollback {number} failed: the column still exists';
    END IF;
END $$;
