-- Makes the tags of these users by these rules what the counters say, and writes down each change. Of a pair that is right
-- already nothing is written. A tag whose text has changed is revoked under the old one and assigned under the new.
--
-- Counters and tags of the pairs must not move meanwhile: the batch that asks holds the locks of the counters it has
-- moved, everybody else lock_marts.
-- $1 user_id uuid[], $2 rule_id bigint[]
WITH pair AS MATERIALIZED (
    SELECT
        p.user_id, p.rule_id, f.subject, f.threshold, f.tag, t.tag AS held,
        f.enabled AND coalesce(c.order_cnt, d.order_cnt, 0) >= f.threshold AS due,
        coalesce(c.order_cnt, d.order_cnt, 0) AS order_cnt,
        coalesce(c.category_name, d.product_name, l.subject_name, f.subject_key) AS subject_name,
        coalesce(u.source_id, l.source_id, p.user_id::text) AS source_id,
        coalesce(l.change_no, 0) AS changes,
        clock_timestamp() AT TIME ZONE 'UTC' AS at
    FROM
        unnest($1::uuid[], $2::bigint[]) AS p (user_id, rule_id)
    INNER JOIN cdm.tag_rules_in_force AS f ON p.rule_id = f.rule_id
    LEFT JOIN cdm.user_category_counters AS c
        ON f.subject = 'category' AND p.user_id = c.user_id AND f.subject_id = c.category_id
    LEFT JOIN cdm.user_product_counters AS d
        ON f.subject = 'product' AND p.user_id = d.user_id AND f.subject_id = d.product_id
    LEFT JOIN cdm.user_tags AS t ON p.user_id = t.user_id AND p.rule_id = t.rule_id
    LEFT JOIN cdm.users AS u ON p.user_id = u.user_id
    LEFT JOIN LATERAL (
        SELECT e.change_no, e.source_id, e.subject_name
        FROM cdm.user_tag_events AS e
        WHERE e.user_id = p.user_id AND e.rule_id = p.rule_id
        ORDER BY e.change_no DESC
        LIMIT 1
    ) AS l ON true
),

change AS (
    SELECT p.*, p.changes + 1 AS change_no, 'revoked' AS action, p.held AS said
    FROM pair AS p
    WHERE p.held IS NOT NULL AND (NOT p.due OR p.held <> p.tag)
    UNION ALL
    SELECT
        p.*, p.changes + CASE WHEN p.held IS NULL THEN 1 ELSE 2 END AS change_no, 'assigned' AS action, p.tag AS said
    FROM pair AS p
    WHERE p.due AND p.held IS DISTINCT FROM p.tag
),

taken AS (
    DELETE FROM cdm.user_tags AS t
    USING pair AS p
    WHERE t.user_id = p.user_id AND t.rule_id = p.rule_id AND NOT p.due
),

renamed AS (
    UPDATE cdm.user_tags AS t
    SET tag = p.tag, assigned_at = p.at
    FROM pair AS p
    WHERE t.user_id = p.user_id AND t.rule_id = p.rule_id AND p.due AND t.tag <> p.tag
),

given AS (
    INSERT INTO cdm.user_tags (user_id, rule_id, tag, assigned_at)
    SELECT p.user_id, p.rule_id, p.tag, p.at
    FROM pair AS p
    WHERE p.due AND p.held IS NULL
    ORDER BY p.user_id, p.rule_id
)

INSERT INTO cdm.user_tag_events (
    user_id, rule_id, change_no, source_id, tag, action, subject, subject_name, order_cnt, threshold, at
)
SELECT
    c.user_id, c.rule_id, c.change_no, c.source_id, c.said, c.action, c.subject, c.subject_name, c.order_cnt, c.threshold,
    c.at
FROM change AS c
ORDER BY c.user_id, c.rule_id, c.change_no
