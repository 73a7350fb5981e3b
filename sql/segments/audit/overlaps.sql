-- Two memberships of a user and a segment overlap. Those that never counted, because their end is not after their begin, are left out.
SELECT later.segment_id, later.user_id, later.id, later.start_at, later.latest_end_before
FROM (
    SELECT
        segment_id,
        user_id,
        id,
        start_at,
        max(end_at) OVER (
            PARTITION BY segment_id, user_id ORDER BY start_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS latest_end_before
    FROM segments.memberships
    WHERE end_at > start_at
) AS later
WHERE later.start_at < later.latest_end_before
