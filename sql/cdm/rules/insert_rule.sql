-- $1 subject text, $2 subject_key text, $3 threshold int, $4 tag text, $5 enabled boolean
INSERT INTO cdm.tag_rules (subject, subject_key, threshold, tag, enabled)
VALUES ($1, $2, $3, $4, $5)
RETURNING rule_id
