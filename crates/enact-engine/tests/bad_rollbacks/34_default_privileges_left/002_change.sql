-- Migration: 002 - Change
-- Ticket: PROOF-34
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor;
CREATE TABLE public.order_totals (day date PRIMARY KEY, total numeric NOT NULL);
