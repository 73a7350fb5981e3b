-- $1 rule_id bigint
DELETE FROM cdm.tag_rules AS r
WHERE r.rule_id = $1
