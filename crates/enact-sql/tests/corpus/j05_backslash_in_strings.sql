SELECT '\echo x', $$
\connect nowhere
$$, /*
\! false
*/ 1;
-- \! false
