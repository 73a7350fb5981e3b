-- Expected rows of the views, computed from the messages to DDS without reading DDS. Moscow has been three hours ahead
-- for years.
CREATE SCHEMA truth;

CREATE VIEW truth.orders AS
SELECT
    (p.payload ->> 'id')::bigint AS order_id,
    p.payload -> 'user' ->> 'id' AS user_id,
    p.payload -> 'restaurant' ->> 'id' AS restaurant_id,
    p.payload -> 'restaurant' ->> 'name' AS restaurant_name,
    p.payload ->> 'status' AS status,
    (p.payload ->> 'payment')::numeric AS payment,
    p.utc,
    p.utc + interval '3 hours' AS msk,
    p.payload -> 'products' AS products
FROM (
    SELECT e.enriched::json -> 'payload' AS payload, (e.enriched::json -> 'payload' ->> 'date')::timestamp AS utc
    FROM stg.order_events AS e
    WHERE e.enriched IS NOT NULL
) AS p;

-- A product of an order, whose lines of it are one.
CREATE VIEW truth.lines AS
SELECT
    o.order_id, o.user_id, o.status, o.msk,
    l.product ->> 'id' AS product_id,
    min(l.product ->> 'name') AS product_name,
    min(l.product ->> 'category') AS category_name,
    sum((l.product ->> 'quantity')::bigint) AS quantity,
    sum(round((l.product ->> 'price')::numeric, 5) * (l.product ->> 'quantity')::bigint) AS revenue
FROM truth.orders AS o
CROSS JOIN json_array_elements(o.products) AS l (product)
GROUP BY o.order_id, o.user_id, o.status, o.msk, l.product ->> 'id';

CREATE VIEW truth.sold AS SELECT * FROM truth.lines WHERE status = 'CLOSED';

-- How often each user has ordered what rules are about.
CREATE VIEW truth.counters AS
SELECT user_id, 'category' AS subject, category_name AS subject_key, count(DISTINCT order_id) AS order_cnt
FROM truth.sold
GROUP BY user_id, category_name
UNION ALL
SELECT user_id, 'product', product_id, count(DISTINCT order_id)
FROM truth.sold
GROUP BY user_id, product_id;
