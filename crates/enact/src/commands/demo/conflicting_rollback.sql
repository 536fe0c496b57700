-- Rollback: 002 - Add site phone

ALTER TABLE diary.sites DROP COLUMN phone;
