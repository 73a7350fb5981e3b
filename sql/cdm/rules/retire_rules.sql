-- Rules that somebody has deleted: nobody gains by them any more, and who has their tag loses it. Under lock_marts.
-- $1 rule_id bigint[]
UPDATE cdm.tag_rules_in_force AS f
SET enabled = false, retired = true, pending = true, revision = nextval('cdm.tag_rules_revision')
WHERE f.rule_id = ANY($1::bigint[])
