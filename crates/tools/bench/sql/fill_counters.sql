-- Inserts the counters of all states, as CDM holds them, and marks their days as stale.
WITH line AS (
    SELECT s.h_order_pk, s.h_user_pk, unnest(s.product_pks) AS product_pk, unnest(s.category_pks) AS category_pk
    FROM dds.bv_order_states AS s
    WHERE s.status = 'CLOSED'
),

product AS (
    INSERT INTO cdm.user_product_counters (user_id, product_id, product_name, order_cnt, version)
    SELECT l.h_user_pk, l.product_pk, 'Блюдо', count(*), 1772366400000000
    FROM line AS l
    GROUP BY l.h_user_pk, l.product_pk
),

category AS (
    INSERT INTO cdm.user_category_counters (user_id, category_id, category_name, order_cnt, version)
    SELECT l.h_user_pk, l.category_pk, c.category_name, count(DISTINCT l.h_order_pk), 1772366400000000
    FROM line AS l
    INNER JOIN dds.h_category AS c ON l.category_pk = c.h_category_pk
    GROUP BY l.h_user_pk, l.category_pk, c.category_name
),

known AS (
    INSERT INTO cdm.users (user_id, source_id)
    SELECT DISTINCT l.h_user_pk, l.h_user_pk::text
    FROM line AS l
)

INSERT INTO cdm_summary.stale_days (day)
SELECT DISTINCT cdm_summary.to_moscow(s.order_dt)::date
FROM dds.bv_order_states AS s
