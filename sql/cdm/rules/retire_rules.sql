-- Disables deleted rules: users no longer get their tags, and users who have them lose them. Requires lock_marts.
-- $1 rule_id bigint[]
UPDATE cdm.tag_rules_in_force AS f
SET enabled = false, retired = true, pending = true, revision = nextval('cdm.tag_rules_revision')
WHERE f.rule_id = ANY($1::bigint[])
