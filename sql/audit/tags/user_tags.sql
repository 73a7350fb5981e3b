-- Audit of tags: every user has exactly the tags that the rules give for their counters, and the rules in force equal
-- those written.
WITH due AS (
    SELECT c.user_id, r.rule_id, r.tag
    FROM cdm.tag_rules AS r
    INNER JOIN cdm.user_category_counters AS c ON left(r.subject_key, 255) = c.category_name
    WHERE r.enabled AND r.subject = 'category' AND c.order_cnt >= r.threshold
    UNION ALL
    SELECT c.user_id, r.rule_id, r.tag
    FROM cdm.tag_rules AS r
    INNER JOIN dds.h_product AS h ON r.subject_key = h.product_id
    INNER JOIN cdm.user_product_counters AS c ON h.h_product_pk = c.product_id
    WHERE r.enabled AND r.subject = 'product' AND c.order_cnt >= r.threshold
)

SELECT coalesce(d.user_id, t.user_id) AS user_id, coalesce(d.rule_id, t.rule_id) AS rule_id, d.tag AS due, t.tag AS held
FROM due AS d
FULL JOIN cdm.user_tags AS t ON d.user_id = t.user_id AND d.rule_id = t.rule_id
WHERE d.tag IS DISTINCT FROM t.tag
UNION ALL
SELECT NULL, coalesce(r.rule_id, f.rule_id), 'the rule in force differs from the one written', f.tag
FROM cdm.tag_rules AS r
FULL JOIN cdm.tag_rules_in_force AS f ON r.rule_id = f.rule_id
WHERE
    (r.subject, r.subject_key, r.threshold, r.tag, r.enabled, false, false)
    IS DISTINCT FROM (f.subject, f.subject_key, f.threshold, f.tag, f.enabled, f.retired, f.pending)
