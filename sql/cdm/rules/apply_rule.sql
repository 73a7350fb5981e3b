-- Applies one rule to some users: makes their tags match their counters, and records each change as an event. Nothing
-- is written for a user whose tag is right. If the text of a tag has changed, the old text is revoked and the new one
-- assigned.
--
-- Counters and tags must not change in the meantime. A batch holds the locks of the counters it has changed; any other
-- caller holds the locks of pause_batches and lock_shard. Each row is looked up by its key, in a form that leaves the
-- planner no choice, because the plan may have been made while the tables were empty and is kept. For the same reason,
-- changed rows are addressed by ctid: a join by user, planned for a rule that few users had, would scan all users who
-- have the tag and, for each of them, all users.
-- $1 rule_id bigint, $2 user_id uuid[], each once
WITH person AS MATERIALIZED (
    SELECT
        p.user_id, f.subject, f.threshold, f.tag, h.tag AS held, h.place,
        f.enabled AND coalesce(c.order_cnt, 0) >= f.threshold AS due,
        coalesce(c.order_cnt, 0) AS order_cnt,
        coalesce(
            c.name,
            (SELECT n.product_name FROM cdm_summary.products AS n WHERE f.subject = 'product' AND n.h_product_pk = f.subject_id),
            f.subject_key
        ) AS subject_name,
        coalesce((SELECT u.source_id FROM cdm.users AS u WHERE u.user_id = p.user_id), l.source_id, p.user_id::text)
            AS source_id,
        coalesce(l.change_no, 0) AS changes,
        (SELECT clock_timestamp() AT TIME ZONE 'UTC') AS at
    FROM cdm.tag_rules_in_force AS f
    CROSS JOIN unnest($2::uuid[]) AS p (user_id)
    LEFT JOIN LATERAL (
        SELECT k.order_cnt, k.category_name AS name
        FROM cdm.user_category_counters AS k
        WHERE f.subject = 'category' AND k.user_id = p.user_id AND k.category_id = f.subject_id
        UNION ALL
        SELECT k.order_cnt, k.product_name
        FROM cdm.user_product_counters AS k
        WHERE f.subject = 'product' AND k.user_id = p.user_id AND k.product_id = f.subject_id
        LIMIT 1
    ) AS c ON true
    LEFT JOIN LATERAL (
        SELECT t.tag, t.ctid AS place
        FROM cdm.user_tags AS t
        WHERE t.user_id = p.user_id AND t.rule_id = f.rule_id
        LIMIT 1
    ) AS h ON true
    LEFT JOIN LATERAL (
        SELECT e.change_no, e.source_id
        FROM cdm.user_tag_events AS e
        WHERE e.user_id = p.user_id AND e.rule_id = f.rule_id
        ORDER BY e.change_no DESC
        LIMIT 1
    ) AS l ON true
    WHERE f.rule_id = $1
),

change AS (
    SELECT p.*, p.changes + 1 AS change_no, 'revoked' AS action, p.held AS said
    FROM person AS p
    WHERE p.held IS NOT NULL AND (NOT p.due OR p.held <> p.tag)
    UNION ALL
    SELECT
        p.*, p.changes + CASE WHEN p.held IS NULL THEN 1 ELSE 2 END AS change_no, 'assigned' AS action, p.tag AS said
    FROM person AS p
    WHERE p.due AND p.held IS DISTINCT FROM p.tag
),

taken AS (
    DELETE FROM cdm.user_tags AS t
    WHERE t.ctid = ANY(ARRAY(SELECT p.place FROM person AS p WHERE p.held IS NOT NULL AND NOT p.due))
),

renamed AS (
    UPDATE cdm.user_tags AS t
    SET
        tag = (SELECT p.tag FROM person AS p LIMIT 1),
        assigned_at = (SELECT p.at FROM person AS p LIMIT 1)
    WHERE t.ctid = ANY(ARRAY(SELECT p.place FROM person AS p WHERE p.held <> p.tag AND p.due))
),

given AS (
    INSERT INTO cdm.user_tags (user_id, rule_id, tag, assigned_at)
    SELECT p.user_id, $1, p.tag, p.at
    FROM person AS p
    WHERE p.due AND p.held IS NULL
    ORDER BY p.user_id
)

INSERT INTO cdm.user_tag_events (
    user_id, rule_id, change_no, source_id, tag, action, subject, subject_name, order_cnt, threshold, at
)
SELECT
    c.user_id, $1, c.change_no, c.source_id, c.said, c.action, c.subject, c.subject_name, c.order_cnt, c.threshold, c.at
FROM change AS c
ORDER BY c.user_id, c.change_no
