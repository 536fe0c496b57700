-- Migration: 002 - Change
-- Ticket: PROOF-31
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

ALTER TABLE public.scans ALTER COLUMN image SET STORAGE MAIN;
