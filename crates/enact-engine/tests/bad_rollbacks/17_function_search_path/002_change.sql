-- Migration: 002 - Change
-- Ticket: PROOF-17
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

CREATE OR REPLACE FUNCTION public.whoami() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT lower(session_user::text)';
