-- Events without metadata are refused now; those of the time before 002 are as they were.
DO $$
DECLARE
    case_name text;
    change jsonb;
    event jsonb;
    violated text;
    good constant jsonb := '{
        "event_id": "e9000000-0000-4000-8000-000000000001", "record_id": "d9000000-0000-4000-8000-000000000001",
        "participant_id": "a1000000-0000-4000-8000-000000000001", "event_type": "create", "payload": {},
        "recorded_at": "2026-01-01T00:00:00Z",
        "actor_id": "a1000000-0000-4000-8000-000000000001", "actor_role": "participant",
        "occurred_at": "2026-01-01T00:00:00Z", "source": "mobile_app",
        "session_id": "f9000000-0000-4000-8000-000000000001", "database_role": "diary_api"}';
BEGIN
    FOR case_name, change IN SELECT * FROM (VALUES
        ('record_audit_attributable', '{"actor_id": null}'::jsonb),
        ('record_audit_attributable', '{"actor_role": null}'),
        ('record_audit_attributable', '{"database_role": null}'),
        ('record_audit_contemporaneous', '{"occurred_at": null}'),
        ('record_audit_contemporaneous', '{"source": null}'),
        ('record_audit_contemporaneous', '{"session_id": null}'),
        ('record_audit_actor_role_known', '{"actor_role": "sponsor"}'),
        ('record_audit_source_known', '{"source": "fax"}'),
        ('record_audit_device_info_object', '{"device_info": ["Pixel 8"]}'),
        ('record_audit_change_explained', '{"event_type": "update"}'),
        ('record_audit_change_explained', '{"event_type": "update", "change_reason": "  x  "}'),
        ('record_audit_change_explained', '{"event_type": "withdraw", "change_reason": null}'),
        ('record_audit_event_type_known', '{"event_type": "delete", "change_reason": "because"}'),
        ('record_audit_payload_object', '{"payload": 1}')
    ) AS cases LOOP
        event := good || change;
        violated := NULL;
        BEGIN
            INSERT INTO diary.record_audit (event_id, record_id, participant_id, event_type, payload, recorded_at, actor_id,
                                            actor_role, occurred_at, source, session_id, device_info, app_version,
                                            change_reason, database_role)
            SELECT r.event_id, r.record_id, r.participant_id, r.event_type, r.payload, r.recorded_at, r.actor_id,
                   r.actor_role, r.occurred_at, r.source, r.session_id, r.device_info, r.app_version,
                   r.change_reason, r.database_role
            FROM pg_catalog.jsonb_populate_record(NULL::diary.record_audit, event) AS r;
        EXCEPTION WHEN check_violation THEN
            GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME;
        END;
        IF violated IS DISTINCT FROM case_name THEN
            RAISE EXCEPTION '% should be refused by %, was by %', change, case_name, coalesce(violated, 'nothing');
        END IF;
    END LOOP;

    IF (SELECT pg_catalog.count(*) FROM diary.record_audit
        WHERE recorded_at < '2025-10-21' AND actor_id IS NULL AND database_role IS NULL) <> 6 THEN
        RAISE EXCEPTION 'the events before 002 were altered';
    END IF;
END $$;
