-- Selects tags by the user's source id and the rule.
SELECT concat_ws('|', coalesce(u.source_id, '?'), t.rule_id), t.tag
FROM cdm.user_tags AS t
LEFT JOIN cdm.users AS u USING (user_id)
