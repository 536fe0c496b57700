-- =====================================================
-- Rollback: 001 - Device uploads
-- =====================================================
-- Refuses once anything is logged: the log would be lost.

DO $$
BEGIN
    IF EXISTS (SELECT FROM vega.device_uploads) THEN
        RAISE EXCEPTION 'Rollback refused: uploads are logged' USING ERRCODE = 'restrict_violation';
    END IF;
END $$;

DROP VIEW vega.last_upload;
DROP TABLE vega.device_uploads;
DROP SCHEMA vega;
