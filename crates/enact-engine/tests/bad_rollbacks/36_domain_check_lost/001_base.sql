-- Migration: 001 - Base
-- Ticket: PROOF-36
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml
-- Rollback: none - base of the case

CREATE DOMAIN public.percentage AS integer CONSTRAINT percentage_range CHECK (VALUE BETWEEN 0 AND 100);
