-- Four memberships of each user in the segment `versions`. Week w of user u begins (u * 7919 + w * 104729) modulo three days after its
-- Monday, and lasts one hour and (u * 104729 + w * 7919) modulo three days.
INSERT INTO segments.memberships (segment_id, user_id, start_at, end_at, opened_by, closed_by)
SELECT
    (SELECT segment_id FROM segments.segments WHERE name = 'versions'),
    u,
    began,
    began + interval '1 hour' + (u::bigint * 104729 + w * 7919) % 259200 * interval '1 second',
    1,
    1
FROM generate_series(1, $ROWS) AS u
CROSS JOIN generate_series(0, 3) AS w
CROSS JOIN LATERAL (
    SELECT
        timestamp '2026-11-02' + w * interval '7 days' + (u::bigint * 7919 + w * 104729) % 259200 * interval '1 second'
) AS made (began)
ORDER BY u, w;
