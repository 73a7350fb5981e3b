-- Selects every rule, the number of users who have a tag by it, and whether its current revision is applied to all
-- users, page by page.
-- $1 id of the last rule of the previous page bigint, $2 page size bigint, NULL: all
SELECT
    r.rule_id, r.subject, r.subject_key, r.threshold, r.tag, r.enabled,
    (SELECT count(*) FROM cdm.user_tags AS t WHERE t.rule_id = r.rule_id) AS users,
    f.rule_id IS NOT NULL AND NOT f.pending AND NOT f.retired
    AND (r.subject, r.subject_key, r.threshold, r.tag, r.enabled)
    IS NOT DISTINCT FROM (f.subject, f.subject_key, f.threshold, f.tag, f.enabled) AS applied
FROM cdm.tag_rules AS r
LEFT JOIN cdm.tag_rules_in_force AS f ON r.rule_id = f.rule_id
WHERE r.rule_id > $1
ORDER BY r.rule_id
LIMIT $2
