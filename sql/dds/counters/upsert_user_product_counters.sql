-- Adds to product counters, creates missing rows, and returns the new values. Rows are locked in the order of the key.
-- A name replaces the stored one if it was read later. The version grows under the row's lock when the count or the
-- name changes. Therefore versions grow in the order of commits, and the counters of a rebuilt vault are newer than
-- those that CDM has.
-- $1 h_user_pk uuid[], $2 h_product_pk uuid[], $3 difference int[], $4 product_name text[], $5 name_dt timestamp[]
INSERT INTO dds.bv_user_product_counters AS c (h_user_pk, h_product_pk, order_cnt, product_name, name_dt, version)
SELECT
    n.h_user_pk, n.h_product_pk, n.difference, n.product_name, n.name_dt,
    (extract(EPOCH FROM clock_timestamp()) * 1000000)::bigint
FROM
    unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::timestamp[])
        AS n (h_user_pk, h_product_pk, difference, product_name, name_dt)
ORDER BY n.h_user_pk, n.h_product_pk
ON CONFLICT (h_user_pk, h_product_pk) DO UPDATE
SET
    order_cnt = c.order_cnt + excluded.order_cnt,
    product_name = CASE WHEN excluded.name_dt > c.name_dt THEN excluded.product_name ELSE c.product_name END,
    name_dt = greatest(c.name_dt, excluded.name_dt),
    version = CASE
        WHEN
            excluded.order_cnt <> 0
            OR (excluded.name_dt > c.name_dt AND excluded.product_name <> c.product_name)
            THEN greatest(c.version + 1, (extract(EPOCH FROM clock_timestamp()) * 1000000)::bigint)
        ELSE c.version
    END
RETURNING c.h_user_pk, c.h_product_pk, c.product_name, c.order_cnt, c.version
