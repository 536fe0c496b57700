-- Migration: 001 - Base
-- Ticket: PROOF-47
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml
-- Rollback: none - base of the case

CREATE FUNCTION public.price(item integer) RETURNS integer LANGUAGE sql STABLE AS 'SELECT item * 100';
REVOKE ALL ON FUNCTION public.price(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.price(integer) TO pg_monitor;
COMMENT ON FUNCTION public.price(integer) IS 'In cents';
