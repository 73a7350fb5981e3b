-- Opens memberships of a user. One that ends before it begins is inserted closed. Parameters: the user, the operation, and an array each
-- of segments, begins and ends.
INSERT INTO segments.memberships (segment_id, user_id, start_at, end_at, opened_by, closed_by)
SELECT
    segment_id,
    $1,
    start_at,
    end_at,
    $2::bigint,
    CASE WHEN end_at <= start_at THEN $2::bigint END
FROM unnest($3::int[], $4::timestamp[], $5::timestamp[]) AS given (segment_id, start_at, end_at)
ORDER BY segment_id
