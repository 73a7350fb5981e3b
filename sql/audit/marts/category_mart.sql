-- Audit of the category mart: count, name and version equal the counters of DDS. A row with 0 means the same as no row.
WITH counter AS (
    SELECT c.h_user_pk AS user_id, c.h_category_pk AS category_id, h.category_name AS name, c.order_cnt, c.version
    FROM dds.bv_user_category_counters AS c
    INNER JOIN dds.h_category AS h ON c.h_category_pk = h.h_category_pk
)

SELECT
    coalesce(c.user_id, m.user_id) AS user_id,
    coalesce(c.category_id, m.category_id) AS category_id,
    c.order_cnt AS counter,
    m.order_cnt AS mart,
    c.version AS counter_version,
    m.version AS mart_version
FROM counter AS c
FULL JOIN cdm.user_category_counters AS m ON c.user_id = m.user_id AND c.category_id = m.category_id
WHERE
    coalesce(c.order_cnt, 0) <> coalesce(m.order_cnt, 0)
    OR (
        c.order_cnt > 0
        AND (c.name <> m.category_name OR c.version <> m.version)
    )
