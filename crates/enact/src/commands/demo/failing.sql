-- Migration: 006 - Add visit reminders
-- Ticket: DIARY-118
-- Author: Ada Example
-- Date: 2026-11-20
-- Purpose: Remind participants of the next visit

CREATE TABLE diary.visit_reminders (
    reminder_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    participant_id uuid NOT NULL,
    due_on date NOT NULL
);

ALTER TABLE diary.visit_reminders
    ADD CONSTRAINT visit_reminders_participant FOREIGN KEY (participant_id) REFERENCES diary.patients (participant_id);
