-- Updates the distribution of users by number of orders of the subject of each rule. Users at or above the threshold
-- are one group.
WITH counted AS (
    SELECT r.rule_id, least(c.order_cnt, r.threshold) AS order_cnt, count(*) AS user_cnt
    FROM cdm.tag_rules_in_force AS r
    INNER JOIN cdm.user_category_counters AS c ON r.subject_id = c.category_id
    WHERE NOT r.retired AND r.subject = 'category' AND c.order_cnt > 0
    GROUP BY r.rule_id, least(c.order_cnt, r.threshold)
    UNION ALL
    SELECT r.rule_id, least(c.order_cnt, r.threshold) AS order_cnt, count(*) AS user_cnt
    FROM cdm.tag_rules_in_force AS r
    INNER JOIN cdm.user_product_counters AS c ON r.subject_id = c.product_id
    WHERE NOT r.retired AND r.subject = 'product' AND c.order_cnt > 0
    GROUP BY r.rule_id, least(c.order_cnt, r.threshold)
),

fresh AS MATERIALIZED (
    SELECT
        c.rule_id, c.order_cnt, r.tag, r.subject, r.subject_key, r.subject_id, r.threshold, r.enabled, c.user_cnt
    FROM counted AS c
    INNER JOIN cdm.tag_rules_in_force AS r ON c.rule_id = r.rule_id
),

gone AS (
    DELETE FROM cdm_summary.tag_progress AS p
    WHERE NOT EXISTS (SELECT FROM fresh AS f WHERE f.rule_id = p.rule_id AND f.order_cnt = p.order_cnt)
)

INSERT INTO cdm_summary.tag_progress AS p (
    rule_id, order_cnt, tag, subject, subject_key, subject_id, threshold, enabled, user_cnt
)
SELECT f.rule_id, f.order_cnt, f.tag, f.subject, f.subject_key, f.subject_id, f.threshold, f.enabled, f.user_cnt
FROM fresh AS f
LEFT JOIN cdm_summary.tag_progress AS h ON f.rule_id = h.rule_id AND f.order_cnt = h.order_cnt
WHERE
    (f.tag, f.subject, f.subject_key, f.subject_id, f.threshold, f.enabled, f.user_cnt)
    IS DISTINCT FROM (h.tag, h.subject, h.subject_key, h.subject_id, h.threshold, h.enabled, h.user_cnt)
ON CONFLICT (rule_id, order_cnt) DO UPDATE
SET
    tag = excluded.tag,
    subject = excluded.subject,
    subject_key = excluded.subject_key,
    subject_id = excluded.subject_id,
    threshold = excluded.threshold,
    enabled = excluded.enabled,
    user_cnt = excluded.user_cnt
