-- Migration: 001 - Base
-- Ticket: DIARY-1
-- Author: Ana Ruiz
-- Date: 2026-03-02
-- Purpose: what patterns have to live with
-- Rollback: none - it is the beginning
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pattern_reader') THEN
        CREATE ROLE pattern_reader;
        CREATE ROLE pattern_writer;
    END IF;
END $$;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO pattern_reader, pattern_writer;

CREATE TABLE app.site (
    id integer PRIMARY KEY,
    code text NOT NULL UNIQUE
);

CREATE TABLE app.participant (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL DEFAULT 'unknown',
    number integer NOT NULL,
    site_id integer,
    note varchar(40),
    changed_at timestamptz,
    row_hash text,
    home integer DEFAULT 1,
    initial text GENERATED ALWAYS AS (left(name, 1)) STORED,
    CONSTRAINT participant_name_check CHECK (name <> ''),
    CONSTRAINT participant_number_check CHECK (number > 0),
    CONSTRAINT participant_number_key UNIQUE (number)
);
ALTER TABLE app.participant ADD CONSTRAINT participant_home_fkey FOREIGN KEY (home) REFERENCES app.site (id)
    ON UPDATE CASCADE ON DELETE SET NULL;
COMMENT ON CONSTRAINT participant_home_fkey ON app.participant IS 'A home';
COMMENT ON COLUMN app.participant.name IS 'Who it''s \ about';
COMMENT ON COLUMN app.participant.number IS 'The number';
ALTER TABLE app.participant ALTER COLUMN name SET STATISTICS 500;
CREATE INDEX participant_lower_name ON app.participant (lower(name)) WHERE name <> 'unknown';
CREATE INDEX participant_number_site ON app.participant (site_id, number DESC);
COMMENT ON INDEX app.participant_number_site IS 'An index';
GRANT SELECT (id, name, number) ON app.participant TO pattern_reader;
GRANT SELECT, INSERT, UPDATE ON app.participant TO pattern_writer;
ALTER TABLE app.participant ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON app.participant FOR SELECT TO pattern_reader USING (name <> 'hidden');
CREATE POLICY writers ON app.participant TO pattern_writer USING (true) WITH CHECK (number < 100000);

CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.changed_at := '2026-01-01'; RETURN NEW; END $$;
CREATE TRIGGER a_touch BEFORE INSERT OR UPDATE ON app.participant FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE FUNCTION app.hash() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Works under either name, and must see the name as it will be stored.
    NEW.row_hash := md5(coalesce(to_jsonb(NEW) ->> 'name', to_jsonb(NEW) ->> 'full_name'));
    RETURN NEW;
END $$;
CREATE TRIGGER z_hash BEFORE INSERT OR UPDATE ON app.participant FOR EACH ROW EXECUTE FUNCTION app.hash();

CREATE TRIGGER c_number AFTER UPDATE OF number ON app.participant FOR EACH ROW WHEN (NEW.number > 5) EXECUTE FUNCTION app.touch();
ALTER TABLE app.participant ENABLE ALWAYS TRIGGER c_number;
COMMENT ON TRIGGER c_number ON app.participant IS 'Of the number';

CREATE VIEW app.people AS SELECT id, name, number FROM app.participant;
CREATE VIEW app.people_safe WITH (security_invoker = true, security_barrier = true) AS
    SELECT id, name || ' (' || number || ')' AS shown FROM app.people;
COMMENT ON VIEW app.people IS 'People';
GRANT SELECT ON app.people TO pattern_reader;

CREATE TABLE app.visit (
    participant_id uuid NOT NULL REFERENCES app.participant,
    day integer NOT NULL,
    place text,
    site_id integer,
    PRIMARY KEY (participant_id, day)
);

GRANT SELECT (participant_id, place), UPDATE (place) ON app.visit TO pattern_reader;

CREATE TABLE app.measure (
    taken_on date NOT NULL,
    id text NOT NULL,
    value text NOT NULL DEFAULT '0' CHECK (value <> 'x'),
    unit text,
    PRIMARY KEY (taken_on, id)
) PARTITION BY RANGE (taken_on);
CREATE TABLE app.measure_2025 PARTITION OF app.measure FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE app.measure_2026 PARTITION OF app.measure FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')
    PARTITION BY RANGE (taken_on);
CREATE TABLE app.measure_2026_h1 PARTITION OF app.measure_2026 FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
CREATE TABLE app.measure_2026_h2 PARTITION OF app.measure_2026 FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');
CREATE INDEX measure_value ON app.measure (value);

CREATE TABLE app.audit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text);
CREATE RULE keep_update AS ON UPDATE TO app.audit DO INSTEAD NOTHING;
CREATE RULE keep_delete AS ON DELETE TO app.audit DO INSTEAD NOTHING;
CREATE TABLE app.log (id bigint PRIMARY KEY, what text);
CREATE FUNCTION app.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'append only'; END $$;
CREATE TRIGGER refuse BEFORE UPDATE OR DELETE ON app.log FOR EACH ROW EXECUTE FUNCTION app.refuse();

CREATE TABLE app."Odd table" (id bigint PRIMARY KEY, "select" text DEFAULT 'it''s', "a""b" integer);
