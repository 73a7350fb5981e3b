-- Audit of the product mart: count, name and version equal the counters of DDS. A row with 0 means the same as no row.
-- A name of many thousand bytes may be cut, if the message would exceed the broker's limit.
WITH counter AS (
    SELECT c.h_user_pk AS user_id, c.h_product_pk AS product_id, c.product_name AS name, c.order_cnt, c.version
    FROM dds.bv_user_product_counters AS c
)

SELECT
    coalesce(c.user_id, m.user_id) AS user_id,
    coalesce(c.product_id, m.product_id) AS product_id,
    c.order_cnt AS counter,
    m.order_cnt AS mart,
    c.version AS counter_version,
    m.version AS mart_version
FROM counter AS c
FULL JOIN cdm.user_product_counters AS m ON c.user_id = m.user_id AND c.product_id = m.product_id
WHERE
    coalesce(c.order_cnt, 0) <> coalesce(m.order_cnt, 0)
    OR (
        c.order_cnt > 0
        AND (
            c.version <> m.version
            OR (c.name <> m.product_name AND NOT (octet_length(c.name) > 10000 AND starts_with(c.name, m.product_name)))
        )
    )
