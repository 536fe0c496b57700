DO $rejoin$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'enact_owner') AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
       AND NOT pg_has_role(current_user, 'enact_owner', 'USAGE') THEN
        EXECUTE format('GRANT enact_owner TO %I', current_user);
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    NULL; -- the next statement says what is lacking
END
$rejoin$;
