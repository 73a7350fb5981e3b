-- Audit of order states: user, date, restaurant, latest status and cost, and held lines equal those of the vault.
WITH current_status AS (
    SELECT DISTINCT ON (s.h_order_pk) s.h_order_pk, s.status, s.load_dt
    FROM dds.s_order_status AS s
    ORDER BY s.h_order_pk, s.load_dt DESC
),

current_cost AS (
    SELECT DISTINCT ON (s.h_order_pk) s.h_order_pk, s.cost, s.payment, s.load_dt
    FROM dds.s_order_cost AS s
    ORDER BY s.h_order_pk, s.load_dt DESC
),

current_line AS (
    SELECT DISTINCT ON (s.hk_order_product_pk)
        s.hk_order_product_pk, s.quantity, s.amount, s.h_category_pk, s.load_dt
    FROM dds.s_order_product AS s
    ORDER BY s.hk_order_product_pk, s.load_dt DESC
),

vault_line AS (
    SELECT l.h_order_pk, l.h_product_pk, c.h_category_pk, c.quantity, c.amount
    FROM dds.l_order_product AS l
    INNER JOIN current_line AS c ON l.hk_order_product_pk = c.hk_order_product_pk
    WHERE c.quantity > 0
),

state_line AS (
    SELECT s.h_order_pk, l.h_product_pk, l.h_category_pk, l.quantity, l.amount
    FROM dds.bv_order_states AS s
    CROSS JOIN LATERAL unnest(s.product_pks, s.category_pks, s.quantities, s.amounts)
        AS l (h_product_pk, h_category_pk, quantity, amount)
    WHERE l.quantity > 0
)

SELECT
    coalesce(h.h_order_pk, s.h_order_pk) AS h_order_pk,
    'state and vault differ' AS problem
FROM dds.h_order AS h
FULL JOIN dds.bv_order_states AS s ON h.h_order_pk = s.h_order_pk
LEFT JOIN current_status AS t ON h.h_order_pk = t.h_order_pk
LEFT JOIN current_cost AS c ON h.h_order_pk = c.h_order_pk
LEFT JOIN dds.l_order_user AS u ON h.h_order_pk = u.h_order_pk
WHERE
    s.status IS DISTINCT FROM t.status
    OR (s.cost, s.payment) IS DISTINCT FROM (c.cost, c.payment)
    OR s.h_user_pk IS DISTINCT FROM u.h_user_pk
    OR s.order_dt IS DISTINCT FROM h.order_dt
    OR s.load_dt < greatest(t.load_dt, c.load_dt)
UNION ALL
SELECT d.h_order_pk, 'lines of state and vault differ'
FROM (
    (SELECT * FROM vault_line EXCEPT SELECT * FROM state_line)
    UNION ALL
    (SELECT * FROM state_line EXCEPT SELECT * FROM vault_line)
) AS d
UNION ALL
SELECT s.h_order_pk, 'the order was never linked to the restaurant'
FROM dds.bv_order_states AS s
LEFT JOIN dds.l_order_restaurant AS r ON s.h_order_pk = r.h_order_pk AND s.h_restaurant_pk = r.h_restaurant_pk
WHERE r.h_order_pk IS NULL
UNION ALL
-- The state keeps every product that the order ever held: a decrement that a crash left unpublished is published
-- because of it.
SELECT l.h_order_pk, 'the state lacks a product that the order once held'
FROM dds.l_order_product AS l
INNER JOIN dds.bv_order_states AS s ON l.h_order_pk = s.h_order_pk
WHERE l.h_product_pk <> ALL(s.product_pks)
