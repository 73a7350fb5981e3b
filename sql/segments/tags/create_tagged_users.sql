-- Creates users with tags who do not exist, with an operation each; they join live percentages, whose segments are locked. Parameters: the
-- time, the number of users.
WITH missing AS (
    SELECT hub.user_id, hub.source_id
    FROM cdm.users AS hub
    WHERE hub.user_id IN (SELECT user_tags.user_id FROM cdm.user_tags)
        AND segments.tagged_user(hub.source_id, hub.user_id) IS NULL
    ORDER BY hub.user_id
    LIMIT $2
),
created AS (
    INSERT INTO segments.users (guid, source_id)
    SELECT missing.user_id, missing.source_id
    FROM missing
    ORDER BY missing.user_id
    ON CONFLICT DO NOTHING
    RETURNING user_id, guid
),
joined AS (
    SELECT created.user_id, live.segment_id, live.live_buckets, segments.bucket(live.name, created.guid) AS bucket
    FROM created
    JOIN segments.segments AS live
        ON live.live_buckets IS NOT NULL AND live.actual_end = 'infinity'
            AND segments.bucket(live.name, created.guid) < live.live_buckets
),
recorded AS (
    INSERT INTO segments.operations (kind, at, actor, user_id, detail)
    SELECT
        'create_user',
        $1::timestamp,
        'tags',
        created.user_id,
        COALESCE(
            (
                SELECT pg_catalog.jsonb_build_object(
                    'added',
                    pg_catalog.jsonb_agg(
                        pg_catalog.jsonb_build_object(
                            'segment_id', joined.segment_id, 'percent', joined.live_buckets / 100.0, 'bucket', joined.bucket
                        )
                    )
                )
                FROM joined
                WHERE joined.user_id = created.user_id
                HAVING pg_catalog.count(*) > 0
            ),
            '{}'
        )
    FROM created
    RETURNING operation_id, user_id
),
opened AS (
    INSERT INTO segments.memberships (segment_id, user_id, start_at, opened_by, by_refresh)
    SELECT joined.segment_id, joined.user_id, $1::timestamp, recorded.operation_id, true
    FROM joined
    JOIN recorded ON recorded.user_id = joined.user_id
    ORDER BY joined.segment_id, joined.user_id
),
touched AS (
    INSERT INTO segments.operation_segments (segment_id, at, operation_id)
    SELECT joined.segment_id, $1::timestamp, recorded.operation_id
    FROM joined
    JOIN recorded ON recorded.user_id = joined.user_id
    ORDER BY joined.segment_id, recorded.operation_id
)
SELECT created.user_id FROM created
