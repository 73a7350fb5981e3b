-- Marks rules as applied to every user. A rule whose revision has changed in the meantime stays pending.
-- $1 rule_id bigint[], $2 revision bigint[]
WITH done AS MATERIALIZED (
    SELECT d.rule_id, d.revision
    FROM unnest($1::bigint[], $2::bigint[]) AS d (rule_id, revision)
),

gone AS (
    DELETE FROM cdm.tag_rules_in_force AS f
    USING done AS d
    WHERE f.rule_id = d.rule_id AND f.revision = d.revision AND f.retired
)

UPDATE cdm.tag_rules_in_force AS f
SET pending = false
FROM done AS d
WHERE f.rule_id = d.rule_id AND f.revision = d.revision AND NOT f.retired
