-- Adds to category counters, creates missing rows, and returns the new values. Rows are locked in the order of the key.
-- The version grows under the row's lock when the count changes.
-- $1 h_user_pk uuid[], $2 h_category_pk uuid[], $3 difference int[]
INSERT INTO dds.bv_user_category_counters AS c (h_user_pk, h_category_pk, order_cnt, version)
SELECT
    n.h_user_pk, n.h_category_pk, n.difference,
    (extract(EPOCH FROM clock_timestamp()) * 1000000)::bigint
FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS n (h_user_pk, h_category_pk, difference)
ORDER BY n.h_user_pk, n.h_category_pk
ON CONFLICT (h_user_pk, h_category_pk) DO UPDATE
SET
    order_cnt = c.order_cnt + excluded.order_cnt,
    version = CASE
        WHEN excluded.order_cnt <> 0
            THEN greatest(c.version + 1, (extract(EPOCH FROM clock_timestamp()) * 1000000)::bigint)
        ELSE c.version
    END
RETURNING c.h_user_pk, c.h_category_pk, c.order_cnt, c.version
