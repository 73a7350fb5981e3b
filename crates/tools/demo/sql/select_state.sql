-- Selects the pending work in the database: parked orders, unsent orders, and rules and tags in progress.
SELECT
    (SELECT count(*) FROM stg.order_events AS e WHERE e.parked_at IS NOT NULL) AS parked,
    (SELECT count(*) FROM stg.order_events AS e WHERE e.unsent) AS unsent,
    (SELECT count(*) FROM cdm.user_tag_events AS t WHERE t.unsent)
    + (
        SELECT count(*)
        FROM cdm.tag_rules AS r
        LEFT JOIN cdm.tag_rules_in_force AS f ON r.rule_id = f.rule_id
        WHERE f.pending IS DISTINCT FROM false
    ) AS untagged
