-- What a refresh would change: open memberships, those of them that it opened and closes, users who join, and members after it.
-- Parameters: the segment, the time before the users were read.
SELECT
    (SELECT pg_catalog.count(*) FROM segments.memberships WHERE segment_id = $1 AND closed_by IS NULL AND by_refresh),
    (
        SELECT pg_catalog.count(*)
        FROM segments.memberships
        WHERE segment_id = $1 AND closed_by IS NULL AND by_refresh AND start_at <= $2
            AND NOT EXISTS (SELECT FROM pg_temp.desired WHERE desired.user_id = memberships.user_id)
    ),
    (
        SELECT pg_catalog.count(*)
        FROM pg_temp.desired
        WHERE NOT EXISTS (
            SELECT
            FROM segments.memberships
            WHERE memberships.segment_id = $1 AND memberships.user_id = desired.user_id AND memberships.closed_by IS NULL
        )
    ),
    (SELECT pg_catalog.count(*) FROM pg_temp.desired)
