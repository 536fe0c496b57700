-- Migration: 003 - Add visit reminders
-- Ticket: ORION-31
-- Author: Ada Example
-- Date: 2026-01-20
-- Purpose: Remind participants of the next visit
-- Dependencies: core >= 001, orion 001

CREATE TABLE orion.visit_reminders (
    reminder_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    participant_id uuid NOT NULL,
    due_on date NOT NULL
);

ALTER TABLE orion.visit_reminders
    ADD CONSTRAINT visit_reminders_participant FOREIGN KEY (participant_id) REFERENCES diary.patients (participant_id);
