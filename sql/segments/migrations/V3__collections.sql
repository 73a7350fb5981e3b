-- The five collections of the customer's segmenter, as views in schema `public`. What is written to them follows the rules of the API.

-- The rules for a segment that is written by SQL.
CREATE FUNCTION segments.check_segment(name text, params json) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF name IS NULL OR octet_length(name) NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'the name of a segment has 1 to 1000 bytes' USING ERRCODE = 'check_violation';
    END IF;
    IF params IS NOT NULL AND (
        json_typeof(params) <> 'object'
        OR (SELECT count(*) FROM json_object_keys(params)) <> 1
        OR (SELECT min(key) FROM json_object_keys(params) AS key) NOT IN ('query', 'procedure', 'percent', 'tag')
    ) THEN
        RAISE EXCEPTION 'refresh_params is an object with exactly one of the keys query, procedure, percent, tag'
            USING ERRCODE = 'check_violation';
    END IF;
END
$$;

-- Closes the open memberships of a locked segment, those whose time is over first, and marks it as deleted.
CREATE FUNCTION segments.end_segment(ended int, at timestamp, actor text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    expired int;
    operation bigint;
BEGIN
    SELECT count(*) INTO expired FROM segments.memberships WHERE segment_id = ended AND closed_by IS NULL AND end_at <= at;
    IF expired > 0 THEN
        INSERT INTO segments.operations (kind, at, actor, segment_id, detail)
        VALUES ('expire', at, 'sweeper', ended, jsonb_build_object('count', expired))
        RETURNING operation_id INTO operation;
        UPDATE segments.memberships SET closed_by = operation WHERE segment_id = ended AND closed_by IS NULL AND end_at <= at;
    END IF;
    INSERT INTO segments.operations (kind, at, actor, segment_id, detail)
    SELECT 'delete_segment', at, actor, ended, jsonb_build_object('name', name) FROM segments.segments WHERE segment_id = ended
    RETURNING operation_id INTO operation;
    UPDATE segments.memberships
    SET end_at = GREATEST(start_at, at), closed_by = operation
    WHERE segment_id = ended AND closed_by IS NULL;
    UPDATE segments.segments SET actual_end = at WHERE segment_id = ended;
END
$$;

CREATE FUNCTION segments.insert_collected_segment() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    created int;
BEGIN
    PERFORM segments.check_segment(NEW.name, NEW.refresh_params);
    IF COALESCE(NEW.actual_end, 'infinity') <> 'infinity' THEN
        RAISE EXCEPTION 'a new segment has no actual_end' USING ERRCODE = 'check_violation';
    END IF;
    NEW.id := COALESCE(NEW.id, gen_random_uuid());
    NEW.actual_begin := clock_timestamp() AT TIME ZONE 'UTC';
    NEW.actual_end := 'infinity';
    NEW.refresh_auto := COALESCE(NEW.refresh_auto, false);
    INSERT INTO segments.segments (
        id, name, description, table_name, context, actual_begin, actual_end, refresh_auto, refresh_params, refresh_cron
    )
    VALUES (
        NEW.id, NEW.name, NEW.description, NEW.table_name, NEW.context, NEW.actual_begin, NEW.actual_end, NEW.refresh_auto,
        NEW.refresh_params, NEW.refresh_cron
    )
    RETURNING segment_id INTO created;
    INSERT INTO segments.operations (kind, at, actor, segment_id, detail)
    VALUES ('create_segment', NEW.actual_begin, session_user, created, jsonb_build_object('name', NEW.name));
    RETURN NEW;
END
$$;

CREATE FUNCTION segments.update_collected_segment() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    stored segments.segments;
    at timestamp;
BEGIN
    IF (NEW.id, NEW.name, NEW.actual_begin) IS DISTINCT FROM (OLD.id, OLD.name, OLD.actual_begin) THEN
        RAISE EXCEPTION 'id, name and actual_begin of a segment never change' USING ERRCODE = 'restrict_violation';
    END IF;
    PERFORM segments.check_segment(NEW.name, NEW.refresh_params);
    SELECT segment_id INTO stored.segment_id FROM segments.segments WHERE id = OLD.id;
    PERFORM pg_advisory_xact_lock(hashint8extended(stored.segment_id, 7224647963));
    -- In later statements, after the lock.
    SELECT * INTO stored FROM segments.segments WHERE id = OLD.id;
    at := clock_timestamp() AT TIME ZONE 'UTC';
    IF (NEW.description, NEW.table_name, NEW.context, NEW.refresh_auto, NEW.refresh_params::text, NEW.refresh_cron)
        IS DISTINCT FROM
        (OLD.description, OLD.table_name, OLD.context, OLD.refresh_auto, OLD.refresh_params::text, OLD.refresh_cron)
    THEN
        INSERT INTO segments.operations (kind, at, actor, segment_id, detail)
        VALUES (
            'update_segment', at, session_user, stored.segment_id,
            jsonb_build_object(
                'refresh_auto', NEW.refresh_auto, 'refresh_params', NEW.refresh_params, 'refresh_cron', NEW.refresh_cron,
                'table_name', NEW.table_name
            )
        );
        UPDATE segments.segments
        SET
            description = NEW.description,
            table_name = NEW.table_name,
            context = NEW.context,
            refresh_auto = COALESCE(NEW.refresh_auto, false),
            refresh_params = NEW.refresh_params,
            refresh_cron = NEW.refresh_cron
        WHERE segment_id = stored.segment_id;
    END IF;
    IF stored.actual_end = 'infinity' AND COALESCE(NEW.actual_end, 'infinity') <> 'infinity' THEN
        PERFORM segments.end_segment(stored.segment_id, at, session_user);
        NEW.actual_end := at;
    ELSIF stored.actual_end <> 'infinity' AND NEW.actual_end = 'infinity' THEN
        INSERT INTO segments.operations (kind, at, actor, segment_id, detail)
        VALUES ('revive_segment', at, session_user, stored.segment_id, jsonb_build_object('name', stored.name));
        UPDATE segments.segments SET actual_begin = at, actual_end = 'infinity' WHERE segment_id = stored.segment_id;
        NEW.actual_begin := at;
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION segments.insert_collected_consumer() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.name IS NULL OR octet_length(NEW.name) NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'the name of a consumer has 1 to 1000 bytes' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO segments.consumers (name, description, actual_begin)
    VALUES (NEW.name, NEW.description, clock_timestamp() AT TIME ZONE 'UTC')
    RETURNING id, actual_begin, actual_end INTO NEW.id, NEW.actual_begin, NEW.actual_end;
    INSERT INTO segments.operations (kind, at, actor, detail)
    VALUES ('create_consumer', NEW.actual_begin, session_user, jsonb_build_object('consumer', NEW.id, 'name', NEW.name));
    RETURN NEW;
END
$$;

CREATE FUNCTION segments.update_collected_consumer() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamp := clock_timestamp() AT TIME ZONE 'UTC';
BEGIN
    IF (NEW.id, NEW.name, NEW.actual_begin) IS DISTINCT FROM (OLD.id, OLD.name, OLD.actual_begin) THEN
        RAISE EXCEPTION 'id, name and actual_begin of a consumer never change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.actual_end = 'infinity' AND COALESCE(NEW.actual_end, 'infinity') <> 'infinity' THEN
        NEW.actual_end := at;
        UPDATE segments.subscriptions SET actual_end = at WHERE consumer_id = OLD.id AND actual_end = 'infinity';
    END IF;
    UPDATE segments.consumers SET description = NEW.description, actual_end = NEW.actual_end WHERE id = OLD.id;
    INSERT INTO segments.operations (kind, at, actor, detail)
    VALUES (
        CASE WHEN NEW.actual_end <> 'infinity' THEN 'delete_consumer' ELSE 'update_consumer' END,
        at, session_user, jsonb_build_object('consumer', OLD.id, 'name', OLD.name)
    );
    RETURN NEW;
END
$$;

CREATE FUNCTION segments.insert_collected_subscription() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    created int;
BEGIN
    IF NEW.target IS NULL OR NEW.target NOT IN ('webhook', 'kafka', 'csv') THEN
        RAISE EXCEPTION 'the target of a subscription is webhook, kafka or csv' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM segments.consumers WHERE id = NEW.consumer_id AND actual_end = 'infinity')
        OR NOT EXISTS (SELECT FROM segments.segments WHERE id = NEW.segment_id AND actual_end = 'infinity')
    THEN
        RAISE EXCEPTION 'consumer and segment of a subscription exist and are not deleted' USING ERRCODE = 'foreign_key_violation';
    END IF;
    INSERT INTO segments.subscriptions (consumer_id, segment_id, target, name, params, cron, actual_begin)
    VALUES (
        NEW.consumer_id, NEW.segment_id, NEW.target, COALESCE(NEW.name, '{{name}}'), COALESCE(NEW.params, '{}'), NEW.cron,
        clock_timestamp() AT TIME ZONE 'UTC'
    )
    RETURNING id, name, params, status, actual_begin, actual_end
    INTO created, NEW.name, NEW.params, NEW.status, NEW.actual_begin, NEW.actual_end;
    INSERT INTO segments.operations (kind, at, actor, segment_id, detail)
    SELECT 'create_subscription', NEW.actual_begin, session_user, segment_id, jsonb_build_object('subscription', created)
    FROM segments.segments WHERE id = NEW.segment_id;
    RETURN NEW;
END
$$;

CREATE FUNCTION segments.update_collected_subscription() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamp := clock_timestamp() AT TIME ZONE 'UTC';
    changed int;
BEGIN
    IF (NEW.consumer_id, NEW.segment_id, NEW.target, NEW.name, NEW.actual_begin)
        IS DISTINCT FROM (OLD.consumer_id, OLD.segment_id, OLD.target, OLD.name, OLD.actual_begin)
    THEN
        RAISE EXCEPTION 'of a subscription only params, cron and actual_end change' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.actual_end = 'infinity' AND COALESCE(NEW.actual_end, 'infinity') <> 'infinity' THEN
        NEW.actual_end := at;
    END IF;
    UPDATE segments.subscriptions
    SET params = NEW.params, cron = NEW.cron, actual_end = NEW.actual_end
    WHERE (consumer_id, segment_id, target, name, actual_begin)
        = (OLD.consumer_id, OLD.segment_id, OLD.target, OLD.name, OLD.actual_begin)
    RETURNING id INTO changed;
    INSERT INTO segments.operations (kind, at, actor, segment_id, detail)
    SELECT
        CASE WHEN NEW.actual_end <> 'infinity' THEN 'delete_subscription' ELSE 'update_subscription' END,
        at, session_user, segment_id, jsonb_build_object('subscription', changed)
    FROM segments.segments WHERE id = OLD.segment_id;
    RETURN NEW;
END
$$;

CREATE FUNCTION segments.reject_collected() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% of % is not possible', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'A segment, consumer or subscription ends when its actual_end is set.';
END
$$;

-- A role that may create tables must not put these triggers on its own: they run with the rights of the owner.
REVOKE EXECUTE ON FUNCTION
    segments.insert_collected_segment(), segments.update_collected_segment(),
    segments.insert_collected_consumer(), segments.update_collected_consumer(),
    segments.insert_collected_subscription(), segments.update_collected_subscription()
FROM PUBLIC;

-- Creates the views that do not exist, in schema public. One whose name is taken is left out; `check` reports it. Run it again when the
-- name is free: SELECT segments.create_collections().
CREATE FUNCTION segments.create_collections() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part record;
BEGIN
    FOR part IN
        SELECT *
        FROM (
            VALUES
                (
                    'segmenter_segments', 'segment',
                    'SELECT id, name, description, table_name, context, actual_begin, actual_end, refresh_auto, refresh_params,
                        refresh_cron
                    FROM segments.segments'
                ),
                (
                    'segmenter_consumers', 'consumer',
                    'SELECT id, name, description, actual_begin, actual_end FROM segments.consumers'
                ),
                (
                    'segmenter_subscriptions', 'subscription',
                    'SELECT consumer_id, segment_id, target, name, params, cron, status, actual_begin, actual_end
                    FROM segments.subscriptions'
                ),
                (
                    'segmenter_log', NULL,
                    'SELECT processed, action, target, id, segment_id, segment_name, coverage, first_upload_dttm, last_upload_dttm,
                        num_received, num_invalid, contact, error, existed
                    FROM segments.log'
                ),
                (
                    'segmenter', NULL,
                    'SELECT segments.id, segments.name, segments.description, segments.table_name, segments.context,
                        segments.refresh_auto, segments.refresh_params, segments.refresh_cron,
                        current.consumer_id AS update_consumer, current.target AS update_target, current.name AS update_name,
                        current.params AS update_params, current.cron AS update_cron
                    FROM segments.segments
                    LEFT JOIN (
                        segments.subscriptions AS current
                        JOIN segments.consumers ON consumers.id = current.consumer_id AND consumers.actual_end = ''infinity''
                    ) ON current.segment_id = segments.id AND current.actual_end = ''infinity''
                    WHERE segments.actual_end = ''infinity'''
                )
        ) AS given (name, noun, query)
    LOOP
        -- A view or a table of this name, or no right to create one: it is left out.
        BEGIN
            EXECUTE format('CREATE VIEW public.%I AS %s', part.name, part.query);
            IF part.noun IS NOT NULL THEN
                EXECUTE format(
                    'CREATE TRIGGER inserted INSTEAD OF INSERT ON public.%I FOR EACH ROW EXECUTE FUNCTION segments.insert_collected_%s()',
                    part.name, part.noun
                );
                EXECUTE format(
                    'CREATE TRIGGER updated INSTEAD OF UPDATE ON public.%I FOR EACH ROW EXECUTE FUNCTION segments.update_collected_%s()',
                    part.name, part.noun
                );
            END IF;
            EXECUTE format(
                'CREATE TRIGGER rejected INSTEAD OF %s ON public.%I FOR EACH ROW EXECUTE FUNCTION segments.reject_collected()',
                CASE WHEN part.noun IS NULL THEN 'INSERT OR UPDATE OR DELETE' ELSE 'DELETE' END, part.name
            );
        EXCEPTION
            WHEN duplicate_table OR insufficient_privilege OR invalid_schema_name OR wrong_object_type THEN NULL;
        END;
    END LOOP;
END
$$;

SELECT segments.create_collections();
