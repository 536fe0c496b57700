-- Rollback: 002 - Change

ALTER TABLE public.slots ADD CONSTRAINT slots_position_key UNIQUE (position);
