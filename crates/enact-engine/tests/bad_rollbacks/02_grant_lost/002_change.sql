-- Migration: 002 - Change
-- Ticket: PROOF-02
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

DROP VIEW public.order_report;
CREATE VIEW public.order_report AS SELECT placed_on, id FROM public.orders;
GRANT SELECT ON public.order_report TO pg_monitor;
