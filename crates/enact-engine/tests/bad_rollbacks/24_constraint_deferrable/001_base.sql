-- Migration: 001 - Base
-- Ticket: PROOF-24
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml
-- Rollback: none - base of the case

CREATE TABLE public.slots (id bigint PRIMARY KEY, position integer CONSTRAINT slots_position_key UNIQUE DEFERRABLE INITIALLY DEFERRED);
