CREATE TYPE mood AS ENUM ('sad', 'ok');
ALTER TYPE mood ADD VALUE IF NOT EXISTS 'happy; very' AFTER 'ok';
SELECT 'happy; very'::mood;
