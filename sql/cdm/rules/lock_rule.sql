-- Locks and returns one rule, for a change of it.
-- $1 rule_id bigint
SELECT r.subject, r.subject_key, r.threshold, r.tag, r.enabled
FROM cdm.tag_rules AS r
WHERE r.rule_id = $1
FOR UPDATE
