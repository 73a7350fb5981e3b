-- Selects the enabled rules about categories.
SELECT r.rule_id, r.subject_key, r.threshold
FROM cdm.tag_rules AS r
WHERE r.enabled AND r.subject = 'category'
