-- $1 rule_id bigint, $2 subject text, $3 subject_key text, $4 threshold int, $5 tag text, $6 enabled boolean
UPDATE cdm.tag_rules AS r
SET subject = $2, subject_key = $3, threshold = $4, tag = $5, enabled = $6
WHERE r.rule_id = $1
