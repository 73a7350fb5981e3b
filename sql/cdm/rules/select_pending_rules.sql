-- Selects rules that differ from those in force, and rules in force that are pending. A row without a subject is a
-- deleted rule.
SELECT
    coalesce(r.rule_id, f.rule_id), r.subject, r.subject_key, r.threshold, r.tag, r.enabled,
    CASE
        WHEN f.rule_id IS NULL THEN true
        WHEN r.rule_id IS NULL THEN NOT f.retired
        ELSE
            f.retired
            OR (r.subject, r.subject_key, r.threshold, r.tag, r.enabled)
            IS DISTINCT FROM (f.subject, f.subject_key, f.threshold, f.tag, f.enabled)
    END AS changed,
    f.revision
FROM cdm.tag_rules AS r
FULL JOIN cdm.tag_rules_in_force AS f ON r.rule_id = f.rule_id
WHERE
    f.rule_id IS NULL
    OR f.pending
    OR (r.rule_id IS NULL AND NOT f.retired)
    OR (
        r.rule_id IS NOT NULL
        AND (
            f.retired
            OR (r.subject, r.subject_key, r.threshold, r.tag, r.enabled)
            IS DISTINCT FROM (f.subject, f.subject_key, f.threshold, f.tag, f.enabled)
        )
    )
