CREATE TABLE größe (straße text, "Öffnung;" int);
INSERT INTO größe VALUES ('Ä;', 1);
