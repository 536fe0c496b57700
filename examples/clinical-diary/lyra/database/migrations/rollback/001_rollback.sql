-- =====================================================
-- Rollback: 001 - Visit windows
-- =====================================================
-- The windows come from the protocol and can be loaded again.

DROP FUNCTION lyra.is_due(uuid, date);
DROP TABLE lyra.visit_windows;
DROP SCHEMA lyra;
