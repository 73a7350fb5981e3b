-- Selects a page of the users who have a tag; each user once, whatever the number of rules. A user whose counters a
-- rebuild has just deleted has no source id, but keeps the place by which pages are ordered.
-- $1 tag text, $2 hub key of the last user of the previous page uuid, $3 page size bigint
SELECT u.source_id, d.user_id
FROM (
    SELECT DISTINCT n.user_id
    FROM cdm.tag_rules_in_force AS f
    CROSS JOIN LATERAL (
        SELECT t.user_id
        FROM cdm.user_tags AS t
        WHERE t.rule_id = f.rule_id AND t.tag = $1 AND t.user_id > $2
        ORDER BY t.user_id
        LIMIT $3
    ) AS n
    WHERE f.tag = $1
    ORDER BY n.user_id
    LIMIT $3
) AS d
LEFT JOIN cdm.users AS u ON d.user_id = u.user_id
ORDER BY d.user_id
