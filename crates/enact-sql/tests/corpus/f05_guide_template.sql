-- database/migrations/002_device_info.sql
-- =====================================================
-- Migration: 002 - Device info
-- Ticket: TICKET-002
-- Author: Ada Lovelace
-- Date: 2025-01-24
-- =====================================================

-- Purpose:
-- Device information; for the audit trail

-- Dependencies:
-- core >= 001

BEGIN;

CREATE TABLE record_audit (id int);
ALTER TABLE record_audit ADD COLUMN IF NOT EXISTS device_info JSONB;
COMMENT ON COLUMN record_audit.device_info IS 'Device; and platform information';

DO $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM information_schema.columns
        WHERE table_name = 'record_audit'
        AND column_name = 'device_info'
    ) THEN
        RAISE EXCEPTION 'Migration failed: device_info column not created';
    END IF;
END $$;

COMMIT;
