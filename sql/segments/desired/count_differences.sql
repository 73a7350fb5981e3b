-- What a refresh would change: open memberships, users who should be members, users who join, memberships that are closed, memberships
-- whose hashes have changed. Parameters: the segment.
SELECT members.all_rows, desired.all_rows, differences.joining, differences.leaving, differences.replaced
FROM (
    SELECT pg_catalog.count(*) AS all_rows
    FROM segments.memberships
    WHERE segment_id = $1 AND closed_by IS NULL
) AS members
CROSS JOIN (SELECT pg_catalog.count(*) AS all_rows FROM pg_temp.desired) AS desired
CROSS JOIN (
    SELECT
        pg_catalog.count(*) FILTER (WHERE membership_id IS NULL) AS joining,
        pg_catalog.count(*) FILTER (WHERE NOT is_desired) AS leaving,
        pg_catalog.count(*) FILTER (WHERE is_desired AND membership_id IS NOT NULL) AS replaced
    FROM pg_temp.differences
) AS differences
