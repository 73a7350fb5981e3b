-- Audit of tag events: changes are numbered without a gap, alternate between assigned and revoked with the same text,
-- end with the current tags, and are published.
WITH history AS (
    SELECT
        e.*,
        lag(e.action) OVER (PARTITION BY e.user_id, e.rule_id ORDER BY e.change_no) AS before,
        lag(e.tag) OVER (PARTITION BY e.user_id, e.rule_id ORDER BY e.change_no) AS tag_before,
        lag(e.seq) OVER (PARTITION BY e.user_id, e.rule_id ORDER BY e.change_no) AS seq_before,
        lead(e.action) OVER (PARTITION BY e.user_id, e.rule_id ORDER BY e.change_no) AS after,
        row_number() OVER (PARTITION BY e.user_id, e.rule_id ORDER BY e.change_no) AS place
    FROM cdm.user_tag_events AS e
)

SELECT h.user_id, h.rule_id, h.change_no, 'has a wrong change number' AS problem
FROM history AS h
WHERE h.change_no <> h.place OR h.seq <= h.seq_before
UNION ALL
SELECT h.user_id, h.rule_id, h.change_no, 'repeats the previous change'
FROM history AS h
WHERE h.action = coalesce(h.before, 'revoked')
UNION ALL
SELECT h.user_id, h.rule_id, h.change_no, 'revokes another text than the one assigned'
FROM history AS h
WHERE h.action = 'revoked' AND h.tag <> h.tag_before
UNION ALL
SELECT h.user_id, h.rule_id, h.change_no, 'is not marked as published'
FROM history AS h
WHERE h.unsent
UNION ALL
SELECT h.user_id, h.rule_id, h.change_no, 'has a counter on the wrong side of the threshold'
FROM history AS h
WHERE h.action = 'assigned' AND h.order_cnt < h.threshold
UNION ALL
SELECT coalesce(h.user_id, t.user_id), coalesce(h.rule_id, t.rule_id), h.change_no, 'differs from the current tag'
FROM (SELECT l.* FROM history AS l WHERE l.after IS NULL AND l.action = 'assigned') AS h
FULL JOIN cdm.user_tags AS t ON h.user_id = t.user_id AND h.rule_id = t.rule_id
WHERE (h.tag, h.at) IS DISTINCT FROM (t.tag, t.assigned_at)
UNION ALL
SELECT h.user_id, h.rule_id, h.change_no, 'names another user'
FROM history AS h
INNER JOIN cdm.users AS u ON h.user_id = u.user_id
WHERE h.source_id <> u.source_id
