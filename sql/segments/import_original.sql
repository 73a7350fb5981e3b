-- Imports the database of the customer's first service: its tables users, segments and users_segments in schema public of this database,
-- into an empty schema segments. Run it once, in one transaction, with psql or any other client. Ids are kept and identities continue.
--
-- Of a pair, an interval that overlaps an earlier one begins where that one ends, and is empty if it lies inside. If that one has not
-- ended yet, it ends now, and the later one begins now: no user is in a segment by two rows. Open rows of deleted users and segments are
-- closed.

BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL search_path = pg_catalog, pg_temp;

INSERT INTO segments.users (user_id, name, lastname, sex, age, status)
SELECT user_id, name, lastname, sex, age, CASE WHEN is_deleted THEN 'removed' ELSE 'active' END
FROM public.users
ORDER BY user_id;

INSERT INTO segments.segments (segment_id, name, actual_end)
SELECT segment_id, name, CASE WHEN is_deleted THEN segments.utc_now() ELSE 'infinity' END
FROM public.segments
ORDER BY segment_id;

WITH operation AS (
    INSERT INTO segments.operations (kind, actor, detail)
    SELECT 'import', current_user, pg_catalog.jsonb_build_object('rows', (SELECT pg_catalog.count(*) FROM public.users_segments))
    RETURNING operation_id, at
),

given AS (
    SELECT
        stays.id,
        stays.user_id,
        stays.segment_id,
        stays.start_date::timestamp AS start_at,
        COALESCE(stays.end_date::timestamp, 'infinity') AS end_at,
        users.is_deleted OR segments.is_deleted AS is_over
    FROM public.users_segments AS stays
    JOIN public.users USING (user_id)
    JOIN public.segments USING (segment_id)
),

-- The open rows of deleted users and segments end now.
ended AS (
    SELECT
        given.id,
        given.user_id,
        given.segment_id,
        given.start_at,
        CASE WHEN given.is_over AND given.end_at > operation.at THEN GREATEST(given.start_at, operation.at) ELSE given.end_at END AS end_at,
        operation.at AS now_at,
        operation.operation_id
    FROM given
    CROSS JOIN operation
),

-- The latest end of the earlier and of the later intervals of the pair. Empty ones overlap nothing.
neighbours AS (
    SELECT
        ended.*,
        pg_catalog.max(CASE WHEN end_at > start_at THEN end_at END) OVER (
            PARTITION BY user_id, segment_id ORDER BY start_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS before_end,
        pg_catalog.max(CASE WHEN end_at > start_at THEN end_at END) OVER (
            PARTITION BY user_id, segment_id ORDER BY start_at, id ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS after_end
    FROM ended
),

cut AS (
    SELECT
        id,
        user_id,
        segment_id,
        now_at,
        operation_id,
        CASE
            WHEN end_at <= start_at OR before_end IS NULL OR before_end <= start_at THEN start_at
            -- Inside an earlier one that has no end.
            WHEN before_end = 'infinity' THEN start_at
            -- Inside an earlier one.
            WHEN before_end >= end_at THEN before_end
            ELSE GREATEST(start_at, LEAST(before_end, now_at))
        END AS start_at,
        CASE
            WHEN end_at <= start_at THEN end_at
            WHEN before_end = 'infinity' THEN start_at
            WHEN before_end >= end_at THEN GREATEST(before_end, start_at)
            -- A later one goes on after this one, which has not ended yet.
            WHEN end_at > now_at AND after_end > end_at THEN now_at
            ELSE end_at
        END AS end_at
    FROM neighbours
)

INSERT INTO segments.memberships (id, segment_id, user_id, start_at, end_at, opened_by, closed_by)
SELECT
    id,
    segment_id,
    user_id,
    start_at,
    end_at,
    operation_id,
    CASE WHEN end_at <= GREATEST(now_at, start_at) THEN operation_id END
FROM cut
ORDER BY id;

SELECT
    pg_catalog.setval(
        pg_catalog.pg_get_serial_sequence('segments.users', 'user_id'),
        (SELECT COALESCE(pg_catalog.max(user_id), 0) + 1 FROM segments.users),
        false
    ),
    pg_catalog.setval(
        pg_catalog.pg_get_serial_sequence('segments.segments', 'segment_id'),
        (SELECT COALESCE(pg_catalog.max(segment_id), 0) + 1 FROM segments.segments),
        false
    ),
    pg_catalog.setval(
        pg_catalog.pg_get_serial_sequence('segments.memberships', 'id'),
        (SELECT COALESCE(pg_catalog.max(id), 0) + 1 FROM segments.memberships),
        false
    );

COMMIT;
