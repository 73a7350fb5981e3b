-- Inserts orders of ten times fewer users over 139 days, with 25 restaurants and 750 products in ten categories; up to
-- six products per order, of which some are ordered far more often than others.
--
-- $1 orders bigint
WITH category AS (
    INSERT INTO dds.h_category (h_category_pk, category_name, load_dt, load_src)
    SELECT md5('category ' || n)::uuid, 'Категория ' || n, now(), 'bench'
    FROM generate_series(0, 9) AS n
),

restaurant AS (
    INSERT INTO dds.h_restaurant (h_restaurant_pk, restaurant_id, load_dt, load_src)
    SELECT md5('restaurant ' || n)::uuid, 'restaurant ' || n, now(), 'bench'
    FROM generate_series(0, 24) AS n
),

product AS (
    INSERT INTO dds.h_product (h_product_pk, product_id, load_dt, load_src)
    SELECT md5('product ' || n)::uuid, 'product ' || n, now(), 'bench'
    FROM generate_series(0, 749) AS n
),

told AS (
    SELECT
        n,
        timestamp '2026-03-01' + interval '139 days' * (n::float / $1::bigint) AS order_dt,
        CASE WHEN n % 20 = 0 THEN 'CANCELLED' WHEN n % 33 = 0 THEN 'OPEN' ELSE 'CLOSED' END AS status
    FROM generate_series(1, $1::bigint) AS n
)

INSERT INTO dds.bv_order_states (
    h_order_pk, version, load_dt, h_user_pk, order_dt, h_restaurant_pk, status, cost, payment, product_pks, category_pks,
    quantities, amounts
)
SELECT
    md5('order ' || t.n)::uuid,
    '20260302120000000000-20260302120000000000-4-000001-' || lpad(t.n::text, 40, '0'),
    t.order_dt,
    md5('user ' || t.n * 7919 % greatest($1::bigint / 10, 1))::uuid,
    t.order_dt,
    md5('restaurant ' || t.n % 25)::uuid,
    t.status,
    l.amount,
    l.amount * 0.9,
    l.product_pks,
    l.category_pks,
    l.quantities,
    l.amounts
FROM told AS t
CROSS JOIN LATERAL (
    SELECT
        coalesce(sum(d.quantity * 180.5), 0) AS amount,
        array_agg(md5('product ' || d.product)::uuid) AS product_pks,
        array_agg(md5('category ' || d.product % 10)::uuid) AS category_pks,
        array_agg(d.quantity) AS quantities,
        array_agg((d.quantity * 180.5)::numeric(38, 5)) AS amounts
    FROM (
        SELECT
            t.n % 25 * 30 + floor(30 * power((t.n * 31 + k * 977) % 1000 / 1000.0, 1.7))::int AS product,
            max(1 + (t.n + k) % 3)::bigint AS quantity
        FROM generate_series(1, 1 + t.n % 6) AS k
        GROUP BY 1
    ) AS d
) AS l
ORDER BY t.n
