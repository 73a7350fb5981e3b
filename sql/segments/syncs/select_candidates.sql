-- Users whose memberships of a segment began or ended in an operation that was not visible in a snapshot, perhaps repeated; the first row
-- has no user, and the number of these operations. Parameters: the segment, the snapshot, the limit of operations and of users.
WITH later AS MATERIALIZED (
    (
        SELECT operations.operation_id
        FROM segments.operations
        WHERE operations.segment_id = $1 AND operations.xid >= pg_catalog.pg_snapshot_xmin($2::text::pg_snapshot)
            AND NOT pg_catalog.pg_visible_in_snapshot(operations.xid, $2::text::pg_snapshot)
        LIMIT $3::bigint
    )
    UNION ALL
    (
        SELECT touched.operation_id
        FROM segments.operation_segments AS touched
        WHERE touched.segment_id = $1 AND touched.xid >= pg_catalog.pg_snapshot_xmin($2::text::pg_snapshot)
            AND NOT pg_catalog.pg_visible_in_snapshot(touched.xid, $2::text::pg_snapshot)
        LIMIT $3::bigint
    )
)
SELECT NULL::int, (SELECT pg_catalog.count(*) FROM later)
UNION ALL
(
    SELECT changed.user_id, NULL::bigint
    FROM later
    CROSS JOIN LATERAL (
        SELECT opened.user_id
        FROM segments.memberships AS opened
        WHERE opened.opened_by = later.operation_id AND opened.segment_id = $1
        UNION ALL
        SELECT closed.user_id
        FROM segments.memberships AS closed
        WHERE closed.closed_by = later.operation_id AND closed.segment_id = $1
    ) AS changed
    LIMIT $3::bigint
)
