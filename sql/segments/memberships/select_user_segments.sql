-- The segments in which a user has open memberships. Parameters: the user.
SELECT DISTINCT segment_id FROM segments.memberships WHERE user_id = $1 AND closed_by IS NULL ORDER BY segment_id
