-- Migration: 001 - Base
-- Ticket: PROOF-31
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml
-- Rollback: none - base of the case

CREATE TABLE public.scans (id bigint PRIMARY KEY, image bytea);
ALTER TABLE public.scans ALTER COLUMN image SET STORAGE EXTERNAL;
