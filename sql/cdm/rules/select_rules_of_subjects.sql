-- Selects the rules in force about the products and categories of a batch. A category and a product may have the same
-- key; the subject distinguishes them.
-- $1 subject_id uuid[]
SELECT f.rule_id, f.subject, f.subject_id, f.threshold, f.tag
FROM cdm.tag_rules_in_force AS f
WHERE f.enabled AND f.subject_id = ANY($1::uuid[])
