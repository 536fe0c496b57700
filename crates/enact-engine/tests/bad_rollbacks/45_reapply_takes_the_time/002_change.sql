-- Migration: 002 - Change
-- Ticket: PROOF-45
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

DO $$ BEGIN
    EXECUTE format('ALTER TABLE public.orders ALTER COLUMN placed_at SET DEFAULT %L', clock_timestamp());
END $$;
