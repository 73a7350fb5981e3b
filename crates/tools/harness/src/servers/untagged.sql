-- Counts rules that are not applied to all users, and changes of tags that are not marked as sent.
SELECT
    (
        SELECT count(*)
        FROM cdm.tag_rules AS r
        FULL JOIN cdm.tag_rules_in_force AS f ON r.rule_id = f.rule_id
        WHERE
            (r.subject, r.subject_key, r.threshold, r.tag, r.enabled, false, false)
            IS DISTINCT FROM (f.subject, f.subject_key, f.threshold, f.tag, f.enabled, f.retired, f.pending)
    )
    + (SELECT count(*) FROM cdm.user_tag_events AS e WHERE e.unsent)
