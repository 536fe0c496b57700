-- Migration: 002 - Change
-- Ticket: PROOF-48
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

CREATE TABLE public.customers_email_before AS SELECT id, email FROM public.customers;
UPDATE public.customers SET email = lower(email);
