-- Migration: 002 - Change
-- Ticket: PROOF-36
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

ALTER DOMAIN public.percentage DROP CONSTRAINT percentage_range;
ALTER DOMAIN public.percentage ADD CONSTRAINT percentage_not_negative CHECK (VALUE >= 0);
