-- Migration: 002 - Change
-- Ticket: PROOF-15
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

CREATE OR REPLACE FUNCTION public.price(item integer) RETURNS integer LANGUAGE sql STABLE AS 'SELECT item * 119';
