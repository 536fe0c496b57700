-- Migration: 006 - Index audit by time
-- Ticket: DIARY-121
-- Author: Clinical Diary core team
-- Date: 2025-12-12
-- Purpose: Auditors read the trail by day; without an index each reading scans all of it and is cancelled
-- Dependencies: core >= 005
-- Impact: One index more on diary.record_audit
-- Risk: Low - built concurrently
-- Downtime: None
-- Compliance: No effect on what is recorded

CREATE INDEX CONCURRENTLY record_audit_recorded_at_idx ON diary.record_audit (recorded_at);
