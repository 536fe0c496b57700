INSERT INTO app.site VALUES (1, 'A'), (2, 'B');
INSERT INTO app.participant (name, number, site_id, note)
SELECT 'name ' || n, n, 1 + n % 2, CASE WHEN n % 3 = 0 THEN NULL ELSE 'note ' || n END FROM generate_series(1, 60) n;
INSERT INTO app.visit (participant_id, day, place, site_id)
SELECT id, number, CASE WHEN number % 2 = 0 THEN 'home' END, 1 FROM app.participant;
INSERT INTO app.measure (taken_on, id, value, unit)
SELECT date '2025-06-01' + n * 10, 'm' || n, n::text, CASE WHEN n % 2 = 0 THEN 'mg' END FROM generate_series(1, 60) n
WHERE date '2025-06-01' + n * 10 < '2027-01-01';
INSERT INTO app."Odd table" VALUES (1, 'x', 1), (2, NULL, NULL);
