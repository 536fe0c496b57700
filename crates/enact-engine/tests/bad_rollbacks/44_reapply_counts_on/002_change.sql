-- Migration: 002 - Change
-- Ticket: PROOF-44
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

DO $$ BEGIN
    EXECUTE format('CREATE TABLE public.batch_%s (id bigint PRIMARY KEY)', nextval('public.batch_number'));
END $$;
