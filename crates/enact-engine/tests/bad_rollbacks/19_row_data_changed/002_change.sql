-- Migration: 002 - Change
-- Ticket: PROOF-19
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

UPDATE public.customers SET email = lower(email);
CREATE UNIQUE INDEX customers_email_key ON public.customers (email);
