-- Selects a page of the tags of a user and the rules that assigned them.
-- $1 user_id uuid, $2 last tag of the previous page text, $3 its rule bigint, $4 page size bigint
SELECT t.tag, t.rule_id, t.assigned_at
FROM cdm.user_tags AS t
WHERE t.user_id = $1 AND (t.tag > $2::text OR (t.tag = $2::text AND t.rule_id > $3))
ORDER BY t.tag, t.rule_id
LIMIT $4
