-- Rollback: 006 - Index audit by time

DROP INDEX CONCURRENTLY diary.record_audit_recorded_at_idx;
