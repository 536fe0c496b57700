SELECT 'it''s; here', '''', '''';
SELECT 'a'';b';
