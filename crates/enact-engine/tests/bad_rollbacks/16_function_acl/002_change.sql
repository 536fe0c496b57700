-- Migration: 002 - Change
-- Ticket: PROOF-16
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

DROP FUNCTION public.price(integer);
CREATE FUNCTION public.price(item integer) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT item::bigint * 100';
REVOKE ALL ON FUNCTION public.price(integer) FROM PUBLIC;
