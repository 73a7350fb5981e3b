-- Puts rules in force: later batches follow them. Requires lock_marts, so that no batch with the earlier rules is
-- running.
-- $1 rule_id bigint[], $2 subject text[], $3 subject_key text[], $4 subject_id uuid[], $5 threshold int[], $6 tag text[],
-- $7 enabled boolean[]
INSERT INTO cdm.tag_rules_in_force AS f (
    rule_id, subject, subject_key, subject_id, threshold, tag, enabled, retired, pending
)
SELECT n.rule_id, n.subject, n.subject_key, n.subject_id, n.threshold, n.tag, n.enabled, false, true
FROM
    unnest($1::bigint[], $2::text[], $3::text[], $4::uuid[], $5::int[], $6::text[], $7::boolean[])
        AS n (rule_id, subject, subject_key, subject_id, threshold, tag, enabled)
ORDER BY n.rule_id
ON CONFLICT (rule_id) DO UPDATE
SET
    subject = excluded.subject,
    subject_key = excluded.subject_key,
    subject_id = excluded.subject_id,
    threshold = excluded.threshold,
    tag = excluded.tag,
    enabled = excluded.enabled,
    retired = false,
    pending = true,
    revision = excluded.revision
