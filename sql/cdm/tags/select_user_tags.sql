-- Selects the tags of a user and the rules that assigned them.
-- $1 user_id uuid
SELECT t.tag, t.rule_id, t.assigned_at
FROM cdm.user_tags AS t
WHERE t.user_id = $1
ORDER BY t.tag, t.rule_id
