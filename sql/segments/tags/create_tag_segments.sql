-- Creates the segments of tags that do not exist, of one user or of all. Returns them, and, with false, those of that name that are no
-- alive segment of the tag. Parameters: the hub key of the user, or null.
WITH tags AS (
    SELECT DISTINCT user_tags.tag
    FROM cdm.user_tags
    WHERE $1::uuid IS NULL OR user_tags.user_id = $1
),
created AS (
    INSERT INTO segments.segments (name, actual_begin, refresh_auto, refresh_params)
    SELECT
        tags.tag,
        pg_catalog.clock_timestamp() AT TIME ZONE 'UTC',
        true,
        pg_catalog.json_build_object('tag', pg_catalog.json_build_object('tag', tags.tag))
    FROM tags
    WHERE NOT EXISTS (SELECT FROM segments.segments WHERE segments.name = tags.tag)
    ORDER BY tags.tag
    ON CONFLICT (name) DO NOTHING
    RETURNING segment_id, name
),
recorded AS (
    INSERT INTO segments.operations (kind, at, actor, segment_id, detail)
    SELECT
        'create_segment',
        pg_catalog.clock_timestamp() AT TIME ZONE 'UTC',
        'tags',
        created.segment_id,
        pg_catalog.jsonb_build_object('name', created.name)
    FROM created
)
SELECT created.segment_id, true FROM created
UNION ALL
SELECT segments.segment_id, false
FROM tags
JOIN segments.segments ON segments.name = tags.tag
WHERE segments.actual_end <> 'infinity' OR segments.refresh_params #>> '{tag,tag}' IS DISTINCT FROM tags.tag OR NOT segments.refresh_auto
