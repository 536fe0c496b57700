-- Migration: 002 - Change
-- Ticket: PROOF-11
-- Author: Enact
-- Date: 2026-01-05
-- Purpose: Case of the proof's tests; see expected.toml

ALTER TYPE public.order_status ADD VALUE 'held' BEFORE 'done';
CREATE TABLE public.holds (order_id bigint PRIMARY KEY, status public.order_status NOT NULL);
