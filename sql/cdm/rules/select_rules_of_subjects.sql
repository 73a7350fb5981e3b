-- The rules a batch goes by: those in force about what it counts. A category and a product may share a key: the subject
-- tells.
-- $1 subject_id uuid[]
SELECT f.rule_id, f.subject, f.subject_id, f.threshold, f.tag
FROM cdm.tag_rules_in_force AS f
WHERE f.enabled AND f.subject_id = ANY($1::uuid[])
