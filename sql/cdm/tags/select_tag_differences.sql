-- Selects users whose tags differ from the pending rules, in one pass over the counters without a lock. Batches update
-- the tags of the counters they change, so no difference arises after this pass.
-- $1 maximum number of rows bigint
WITH due AS (
    SELECT c.user_id, f.rule_id, f.tag
    FROM cdm.tag_rules_in_force AS f
    INNER JOIN cdm.user_category_counters AS c ON f.subject_id = c.category_id
    WHERE f.pending AND f.enabled AND f.subject = 'category' AND c.order_cnt >= f.threshold
    UNION ALL
    SELECT c.user_id, f.rule_id, f.tag
    FROM cdm.tag_rules_in_force AS f
    INNER JOIN cdm.user_product_counters AS c ON f.subject_id = c.product_id
    WHERE f.pending AND f.enabled AND f.subject = 'product' AND c.order_cnt >= f.threshold
),

held AS (
    SELECT t.user_id, t.rule_id, t.tag
    FROM cdm.tag_rules_in_force AS f
    INNER JOIN cdm.user_tags AS t ON f.rule_id = t.rule_id
    WHERE f.pending
)

SELECT coalesce(d.user_id, h.user_id), coalesce(d.rule_id, h.rule_id)
FROM due AS d
FULL JOIN held AS h ON d.user_id = h.user_id AND d.rule_id = h.rule_id
WHERE d.tag IS DISTINCT FROM h.tag
LIMIT $1
