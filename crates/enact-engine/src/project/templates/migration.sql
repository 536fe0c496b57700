-- =====================================================
-- Migration: {number} - {title}
-- Ticket: {ticket}
-- Author: {author}
-- Date: {date}
-- =====================================================
-- Purpose:
-- [What this migration changes, and why]
--
-- Dependencies: none
-- Impact: [Which tables, readers and writers notice it]
-- Risk: [Low, medium or high, and why]
-- Downtime: none
-- Compliance: [What it means for audit trail, access and validated state, or none]
-- =====================================================

-- Enact runs this file in a transaction of its own and records it in the same one: write no BEGIN or COMMIT.
-- Write no IF NOT EXISTS either: an object that is there already is drift, which must not pass for success.

-- FILL IN: the change.
ALTER TABLE FILL_IN_table ADD COLUMN FILL_IN_column text;

COMMENT ON COLUMN FILL_IN_table.FILL_IN_column IS 'FILL IN: what it holds';

-- Verification: an exception here undoes the whole migration.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM information_schema.columns
        WHERE table_schema = 'public'
        AND table_name = 'FILL_IN_table'
        AND column_name = 'FILL_IN_column'
    ) THEN
        RAISE EXCEPTION 'Migration {number} failed: the column was not created';
    END IF;
END $$;
