-- Updates tags assigned and revoked, by day in Moscow.
WITH fresh AS MATERIALIZED (
    SELECT
        cdm_summary.to_moscow(e.at)::date AS day,
        left(e.tag, 255) AS tag,
        count(*) FILTER (WHERE e.action = 'assigned') AS assigned_cnt,
        count(*) FILTER (WHERE e.action = 'revoked') AS revoked_cnt
    FROM cdm.user_tag_events AS e
    GROUP BY 1, 2
),

gone AS (
    DELETE FROM cdm_summary.tag_event_days AS d
    WHERE NOT EXISTS (SELECT FROM fresh AS f WHERE f.day = d.day AND f.tag = d.tag)
)

INSERT INTO cdm_summary.tag_event_days AS d (day, tag, assigned_cnt, revoked_cnt)
SELECT f.day, f.tag, f.assigned_cnt, f.revoked_cnt
FROM fresh AS f
LEFT JOIN cdm_summary.tag_event_days AS h ON f.day = h.day AND f.tag = h.tag
WHERE (f.assigned_cnt, f.revoked_cnt) IS DISTINCT FROM (h.assigned_cnt, h.revoked_cnt)
ON CONFLICT (day, tag) DO UPDATE
SET
    assigned_cnt = excluded.assigned_cnt,
    revoked_cnt = excluded.revoked_cnt
