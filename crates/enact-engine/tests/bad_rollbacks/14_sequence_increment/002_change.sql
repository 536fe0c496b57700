-- Migration: 002 - Change
-- Ticket: PROOF-14
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

ALTER SEQUENCE public.order_number INCREMENT BY 50;
