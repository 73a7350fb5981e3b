-- Counters as DDS says they are now, one row a counter; returns those that changed. A row is replaced by a larger version
-- only, so messages may come twice and out of order.
--
-- The upsert itself refuses what is no news, but locks and logs each such row. Where many are expected ($6) they are looked
-- up and left out before; in a steady stream all are news, and the lookup would be for nothing. One by one: NOT EXISTS is a
-- join to the planner, which on a table that was empty when it was analysed reads the whole index, and a session keeps that
-- plan while the table grows.
-- Into the marts that choose_marts has chosen.
-- $1 user_id uuid[], $2 category_id uuid[], $3 category_name text[], $4 order_cnt int[], $5 version bigint[],
-- $6 boolean: look first
INSERT INTO user_category_counters AS c (user_id, category_id, category_name, order_cnt, version)
SELECT n.user_id, n.category_id, n.category_name, n.order_cnt, n.version
FROM
    unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[], $5::bigint[])
        AS n (user_id, category_id, category_name, order_cnt, version)
WHERE
    NOT $6::boolean
    OR coalesce(
        (
            SELECT k.version
            FROM user_category_counters AS k
            WHERE k.user_id = n.user_id AND k.category_id = n.category_id
        ) < n.version,
        true
    )
ORDER BY n.user_id, n.category_id
ON CONFLICT (user_id, category_id) DO UPDATE
SET
    category_name = excluded.category_name,
    order_cnt = excluded.order_cnt,
    version = excluded.version
WHERE c.version < excluded.version
RETURNING c.user_id, c.category_id, c.order_cnt
