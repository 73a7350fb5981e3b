-- Previews a rule: its effect on each user who has a counter of its subject or a tag by it, as the number of users per
-- kind of effect and the first few users. Changes nothing.
-- $1 rule_id bigint, null: a new one; $2 subject text, $3 subject_id uuid, $4 threshold int, $5 tag text,
-- $6 enabled boolean; $7 number of users listed per kind bigint
WITH counter AS (
    SELECT c.user_id, c.order_cnt
    FROM cdm.user_category_counters AS c
    WHERE $2::text = 'category' AND c.category_id = $3::uuid
    UNION ALL
    SELECT c.user_id, c.order_cnt
    FROM cdm.user_product_counters AS c
    WHERE $2::text = 'product' AND c.product_id = $3::uuid
),

held AS (
    SELECT t.user_id, t.tag
    FROM cdm.user_tags AS t
    WHERE t.rule_id = $1::bigint
),

fate AS (
    SELECT
        coalesce(c.user_id, h.user_id) AS user_id,
        coalesce(c.order_cnt, 0) AS order_cnt,
        CASE
            WHEN $6::boolean AND coalesce(c.order_cnt, 0) >= $4::int
                THEN CASE WHEN h.tag IS NULL THEN 'gains' WHEN h.tag = $5::text THEN 'keeps' ELSE 'renamed' END
            WHEN h.tag IS NOT NULL THEN 'loses'
            ELSE 'without'
        END AS kind
    FROM counter AS c
    FULL JOIN held AS h ON c.user_id = h.user_id
),

ranked AS (
    SELECT
        f.user_id, f.order_cnt, f.kind,
        count(*) OVER (PARTITION BY f.kind) AS users,
        row_number() OVER (PARTITION BY f.kind ORDER BY f.order_cnt DESC, f.user_id) AS place
    FROM fate AS f
)

SELECT r.kind, r.users, coalesce(u.source_id, r.user_id::text), r.order_cnt
FROM ranked AS r
LEFT JOIN cdm.users AS u ON r.user_id = u.user_id
WHERE r.place <= $7
ORDER BY r.kind, r.place
