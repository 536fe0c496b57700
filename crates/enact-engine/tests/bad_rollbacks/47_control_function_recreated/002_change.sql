-- Migration: 002 - Change
-- Ticket: PROOF-47
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

DROP FUNCTION public.price(integer);
CREATE FUNCTION public.price(item integer, quantity integer) RETURNS integer LANGUAGE sql STABLE AS 'SELECT item * quantity * 100';
