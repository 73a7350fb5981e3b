-- Selects the users who have a tag, and the rules.
SELECT u.source_id, t.rule_id
FROM cdm.user_tags AS t
INNER JOIN cdm.users AS u ON t.user_id = u.user_id
