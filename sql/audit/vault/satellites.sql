-- Audit of satellites: each row differs from the row before it, and hashdiffs match attributes.
SELECT
    's_user_names' AS satellite,
    s.h_user_pk AS pk,
    s.load_dt,
    CASE
        WHEN s.attributes = s.previous THEN 'repeats the row before it'
        WHEN s.hashdiff = s.previous_hashdiff THEN 'has the hashdiff of the row before it'
        ELSE 'the same attributes have several hashdiffs'
    END AS problem
FROM (
    SELECT
        s.h_user_pk,
        s.load_dt,
        ROW(s.username, s.userlogin)::text AS attributes,
        s.hk_user_names_hashdiff AS hashdiff,
        lag(ROW(s.username, s.userlogin)::text) OVER later AS previous,
        lag(s.hk_user_names_hashdiff) OVER later AS previous_hashdiff,
        min(s.hk_user_names_hashdiff::text) OVER same AS least,
        max(s.hk_user_names_hashdiff::text) OVER same AS greatest
    FROM dds.s_user_names AS s
    WINDOW
        later AS (PARTITION BY s.h_user_pk ORDER BY s.load_dt),
        same AS (PARTITION BY s.h_user_pk, ROW(s.username, s.userlogin)::text)
) AS s
WHERE s.attributes = s.previous OR s.hashdiff = s.previous_hashdiff OR s.least <> s.greatest
UNION ALL
SELECT
    's_product_names',
    s.h_product_pk,
    s.load_dt,
    CASE
        WHEN s.attributes = s.previous THEN 'repeats the row before it'
        WHEN s.hashdiff = s.previous_hashdiff THEN 'has the hashdiff of the row before it'
        ELSE 'the same attributes have several hashdiffs'
    END
FROM (
    SELECT
        s.h_product_pk,
        s.load_dt,
        ROW(s.name)::text AS attributes,
        s.hk_product_names_hashdiff AS hashdiff,
        lag(ROW(s.name)::text) OVER later AS previous,
        lag(s.hk_product_names_hashdiff) OVER later AS previous_hashdiff,
        min(s.hk_product_names_hashdiff::text) OVER same AS least,
        max(s.hk_product_names_hashdiff::text) OVER same AS greatest
    FROM dds.s_product_names AS s
    WINDOW
        later AS (PARTITION BY s.h_product_pk ORDER BY s.load_dt),
        same AS (PARTITION BY s.h_product_pk, ROW(s.name)::text)
) AS s
WHERE s.attributes = s.previous OR s.hashdiff = s.previous_hashdiff OR s.least <> s.greatest
UNION ALL
SELECT
    's_restaurant_names',
    s.h_restaurant_pk,
    s.load_dt,
    CASE
        WHEN s.attributes = s.previous THEN 'repeats the row before it'
        WHEN s.hashdiff = s.previous_hashdiff THEN 'has the hashdiff of the row before it'
        ELSE 'the same attributes have several hashdiffs'
    END
FROM (
    SELECT
        s.h_restaurant_pk,
        s.load_dt,
        ROW(s.name)::text AS attributes,
        s.hk_restaurant_names_hashdiff AS hashdiff,
        lag(ROW(s.name)::text) OVER later AS previous,
        lag(s.hk_restaurant_names_hashdiff) OVER later AS previous_hashdiff,
        min(s.hk_restaurant_names_hashdiff::text) OVER same AS least,
        max(s.hk_restaurant_names_hashdiff::text) OVER same AS greatest
    FROM dds.s_restaurant_names AS s
    WINDOW
        later AS (PARTITION BY s.h_restaurant_pk ORDER BY s.load_dt),
        same AS (PARTITION BY s.h_restaurant_pk, ROW(s.name)::text)
) AS s
WHERE s.attributes = s.previous OR s.hashdiff = s.previous_hashdiff OR s.least <> s.greatest
UNION ALL
SELECT
    's_order_cost',
    s.h_order_pk,
    s.load_dt,
    CASE
        WHEN s.attributes = s.previous THEN 'repeats the row before it'
        WHEN s.hashdiff = s.previous_hashdiff THEN 'has the hashdiff of the row before it'
        ELSE 'the same attributes have several hashdiffs'
    END
FROM (
    SELECT
        s.h_order_pk,
        s.load_dt,
        ROW(s.cost, s.payment)::text AS attributes,
        s.hk_order_cost_hashdiff AS hashdiff,
        lag(ROW(s.cost, s.payment)::text) OVER later AS previous,
        lag(s.hk_order_cost_hashdiff) OVER later AS previous_hashdiff,
        min(s.hk_order_cost_hashdiff::text) OVER same AS least,
        max(s.hk_order_cost_hashdiff::text) OVER same AS greatest
    FROM dds.s_order_cost AS s
    WINDOW
        later AS (PARTITION BY s.h_order_pk ORDER BY s.load_dt),
        same AS (PARTITION BY s.h_order_pk, ROW(s.cost, s.payment)::text)
) AS s
WHERE s.attributes = s.previous OR s.hashdiff = s.previous_hashdiff OR s.least <> s.greatest
UNION ALL
SELECT
    's_order_status',
    s.h_order_pk,
    s.load_dt,
    CASE
        WHEN s.attributes = s.previous THEN 'repeats the row before it'
        WHEN s.hashdiff = s.previous_hashdiff THEN 'has the hashdiff of the row before it'
        ELSE 'the same attributes have several hashdiffs'
    END
FROM (
    SELECT
        s.h_order_pk,
        s.load_dt,
        ROW(s.status)::text AS attributes,
        s.hk_order_status_hashdiff AS hashdiff,
        lag(ROW(s.status)::text) OVER later AS previous,
        lag(s.hk_order_status_hashdiff) OVER later AS previous_hashdiff,
        min(s.hk_order_status_hashdiff::text) OVER same AS least,
        max(s.hk_order_status_hashdiff::text) OVER same AS greatest
    FROM dds.s_order_status AS s
    WINDOW
        later AS (PARTITION BY s.h_order_pk ORDER BY s.load_dt),
        same AS (PARTITION BY s.h_order_pk, ROW(s.status)::text)
) AS s
WHERE s.attributes = s.previous OR s.hashdiff = s.previous_hashdiff OR s.least <> s.greatest
UNION ALL
SELECT
    's_order_product',
    s.hk_order_product_pk,
    s.load_dt,
    CASE
        WHEN s.attributes = s.previous THEN 'repeats the row before it'
        WHEN s.hashdiff = s.previous_hashdiff THEN 'has the hashdiff of the row before it'
        ELSE 'the same attributes have several hashdiffs'
    END
FROM (
    SELECT
        s.hk_order_product_pk,
        s.load_dt,
        ROW(s.quantity, s.amount, s.h_category_pk)::text AS attributes,
        s.hk_order_product_hashdiff AS hashdiff,
        lag(ROW(s.quantity, s.amount, s.h_category_pk)::text) OVER later AS previous,
        lag(s.hk_order_product_hashdiff) OVER later AS previous_hashdiff,
        min(s.hk_order_product_hashdiff::text) OVER same AS least,
        max(s.hk_order_product_hashdiff::text) OVER same AS greatest
    FROM dds.s_order_product AS s
    WINDOW
        later AS (PARTITION BY s.hk_order_product_pk ORDER BY s.load_dt),
        same AS (PARTITION BY s.hk_order_product_pk, ROW(s.quantity, s.amount, s.h_category_pk)::text)
) AS s
WHERE s.attributes = s.previous OR s.hashdiff = s.previous_hashdiff OR s.least <> s.greatest
